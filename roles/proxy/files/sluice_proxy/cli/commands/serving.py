# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``serve``, ``check-config``, ``version``: what needs no proxy that runs."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..ending import Exit
from ..options import Commands
from ..showing.terminal import say, say_json

if TYPE_CHECKING:
    from ...config.problems import InvalidConfig

DATA_PLANE = "sluice_proxy.supervisor.serving:data_plane"
"""What makes the data plane in a worker."""


def add(commands: Commands) -> None:
    """Add the commands."""
    serve = commands.command(
        "serve", "serve until SIGTERM; SIGHUP reads the file again", _serve, json=False
    )
    serve.add_argument("--config", type=Path, required=True, metavar="FILE")
    serve.add_argument("--data-plane", default=DATA_PLANE, help=argparse.SUPPRESS)
    check = commands.command(
        "check-config", "say all that is wrong with a configuration; serve nothing", _check
    )
    check.add_argument("config", type=Path, metavar="FILE")
    # What a program that is to take over from one that runs is asked.
    check.add_argument("--handover", type=int, help=argparse.SUPPRESS)
    commands.command("version", "say which version this is", _say_version)


def program_version() -> str:
    """Return the version of the installed package."""
    from ...release import release

    return release()


def _say_version(asked: argparse.Namespace) -> int:
    if asked.json:
        say_json({"version": program_version()})
    else:
        say(f"sluice-proxy {program_version()}")
    return Exit.GOOD


def _check(asked: argparse.Namespace) -> int:
    from ...config.problems import InvalidConfig
    from ...supervisor.configuration import check_succession, read_configuration
    from ...supervisor.handover import FORM
    from ...supervisor.orders_foreseen import foreseen

    path: Path = asked.config
    if asked.handover not in (None, FORM):
        form = asked.handover
        say(
            f"the program that runs leaves something of form {form}: restart it instead", error=True
        )
        return Exit.FAILED
    warnings: list[str] = []
    try:
        base = read_configuration(path, 1, warn=warnings.append)
    except InvalidConfig as invalid:
        say(*warnings, error=True)
        return _bad(path, invalid, warnings, as_json=asked.json)
    warnings += foreseen(base)
    say(*warnings, error=True)
    if asked.handover is not None and (objections := check_succession(base)):
        say(*objections, error=True)
        return Exit.FAILED
    snapshot = base.snapshot
    numbers = {
        "listeners": len(snapshot.listeners),
        "routes": len(snapshot.routes),
        "certificates": len(snapshot.certificates),
    }
    if asked.json:
        say_json({"good": True, **numbers, "problems": [], "warnings": warnings})
    else:
        say(f"{path}: good: {', '.join(f'{number} {name}' for name, number in numbers.items())}")
    return Exit.GOOD


def _bad(path: Path, invalid: InvalidConfig, warnings: list[str], *, as_json: bool) -> int:
    if as_json:
        problems = [
            {"line": one.line, "column": one.column, "field": one.field, "message": one.message}
            for one in invalid.problems
        ]
        say_json({"good": False, "problems": problems, "warnings": warnings})
    count = len(invalid.problems)
    errors = f"{path}: {count} error{'s' if count > 1 else ''}"
    say(*str(invalid).splitlines(), errors, error=True)
    return Exit.FAILED


def _serve(asked: argparse.Namespace) -> int:
    import asyncio
    import logging

    from ...config.problems import InvalidConfig
    from ...supervisor.supervisor import CannotStart, Supervisor

    async def serve() -> None:
        await Supervisor(asked.config.absolute(), asked.data_plane).run()

    logging.basicConfig(format="%(message)s")
    try:
        asyncio.run(serve())
    except InvalidConfig as invalid:
        say(*str(invalid).splitlines(), error=True)
        return Exit.BAD_CONFIG
    except (CannotStart, OSError) as error:
        say(*f"sluice-proxy: {error}".splitlines(), error=True)
        return Exit.FAILED
    return Exit.GOOD
