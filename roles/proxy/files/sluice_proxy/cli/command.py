# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``sluice-proxy``: its subcommands, and how they end. docs/proxy/cli.md describes them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from .commands import (
    authorities,
    authority,
    certificates,
    completion,
    draining,
    log_level,
    logs,
    pages,
    routes,
    serving,
    status,
    tokens,
    top,
)
from .ending import Exit, Failure
from .options import Commands
from .showing.terminal import prepare_streams, say, say_json

FAMILIES = (
    serving, status, top, logs, routes, certificates, pages, draining, tokens,
    authorities, authority, log_level,
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    prepare_streams()
    try:
        try:
            return _run(arguments)
        finally:
            # Of help too, which argparse prints.
            sys.stdout.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _write_no_more()
        return Exit.PIPE_CLOSED
    except OSError as error:
        _write_no_more()
        say(f"sluice-proxy: {error.strerror or error}", error=True)
        return Exit.FAILED


def _run(arguments: Sequence[str] | None) -> int:
    asked = parser().parse_args(arguments)
    try:
        return int(asked.run(asked))
    except Failure as failure:
        _tell(failure, as_json=getattr(asked, "json", False))
        return failure.code


def _write_no_more() -> None:
    """Lead standard output to nowhere: Python flushes it once more at its end."""
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    made = argparse.ArgumentParser(
        prog="sluice-proxy", description="The reverse proxy of sluice.edge.", allow_abbrev=False
    )
    made.add_argument("--version", action=_Version, nargs=0, help="say which version this is")
    commands = Commands(made, "COMMAND")
    for family in FAMILIES:
        family.add(commands)
    completion.add(commands, made)
    return made


class _Version(argparse.Action):
    """Says the version and ends; it is looked for only then, as that takes a while."""

    def __call__(self, parser: argparse.ArgumentParser, *more: Any) -> None:
        say(f"sluice-proxy {serving.program_version()}")
        parser.exit()


def _tell(failure: Failure, *, as_json: bool) -> None:
    if as_json:
        told = {"error": str(failure), "status": failure.status, "problems": failure.problems}
        say_json(told, error=True, compact=True)
        return
    # The API's own line has the first problem only.
    lines = [_problem(one) for one in failure.problems] or [str(failure)]
    say(*(f"sluice-proxy: {line}" for line in lines), error=True)


def _problem(problem: Mapping[str, Any]) -> str:
    named = (problem.get("kind"), problem.get("id"))
    subject = " ".join(str(part) for part in named if part)
    place = ", ".join(str(part) for part in (subject, problem.get("field")) if part)
    return f"{place}: {problem.get('message', '')}"
