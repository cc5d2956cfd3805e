# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``sluice-proxy``: its subcommands, and what they answer the shell.

==== ===========================================================================
0    all is well; of ``serve``: it was told to stop, and did
1    the configuration is in error, or the proxy cannot serve for another reason
2    the command line is in error
78   of ``serve``: the configuration is in error; starting again would not help
==== ===========================================================================
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

from ..config.problems import InvalidConfig
from ..supervisor.configuration import check_succession, read_configuration
from ..supervisor.handover import FORM
from ..supervisor.release import release
from ..supervisor.supervisor import CannotStart, Supervisor

GOOD, FAILED, BAD_USAGE, BAD_CONFIG = 0, 1, 2, 78
DATA_PLANE = "sluice_proxy.supervisor.serving:data_plane"
"""What makes the data plane in a worker."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    asked = _parser().parse_args(arguments)
    if asked.subcommand == "version":
        print(f"sluice-proxy {release()}")
        return GOOD
    if asked.subcommand == "check-config":
        return _check(asked.config, asked.handover)
    return _serve(asked.config.absolute(), asked.data_plane)


def _check(path: Path, form: int | None) -> int:
    if form not in (None, FORM):
        _to_stderr(f"the program that runs leaves something of form {form}: restart it instead")
        return FAILED
    try:
        base = read_configuration(path, 1, warn=_to_stderr)
    except InvalidConfig as invalid:
        print(invalid, file=sys.stderr)
        count = len(invalid.problems)
        _to_stderr(f"{path}: {count} error{'s' if count > 1 else ''}")
        return FAILED
    objections = [] if form is None else check_succession(base)
    for line in objections:
        _to_stderr(line)
    if objections:
        return FAILED
    snapshot = base.snapshot
    print(
        f"{path}: good: {len(snapshot.listeners)} listeners, {len(snapshot.routes)} routes,"
        f" {len(snapshot.certificates)} certificates"
    )
    return GOOD


def _serve(path: Path, data_plane: str) -> int:
    async def serve() -> None:
        await Supervisor(path, data_plane).run()

    logging.basicConfig(format="%(message)s")
    try:
        asyncio.run(serve())
    except InvalidConfig as invalid:
        _to_stderr(str(invalid))
        return BAD_CONFIG
    except (CannotStart, OSError) as error:
        _to_stderr(f"sluice-proxy: {error}")
        return FAILED
    return GOOD


def _to_stderr(message: str) -> None:
    print(message, file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sluice-proxy", description="The reverse proxy of sluice.edge."
    )
    parser.add_argument("--version", action="version", version=f"sluice-proxy {release()}")
    commands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="serve until SIGTERM; SIGHUP reads the file again")
    serve.add_argument("--config", type=Path, required=True, metavar="FILE")
    serve.add_argument("--data-plane", default=DATA_PLANE, help=argparse.SUPPRESS)
    check = commands.add_parser(
        "check-config", help="say all that is wrong with a configuration; serve nothing"
    )
    check.add_argument("config", type=Path, metavar="FILE")
    # What a program that is to take over from one that runs is asked.
    check.add_argument("--handover", type=int, help=argparse.SUPPRESS)
    commands.add_parser("version", help="say which version this is")
    return parser
