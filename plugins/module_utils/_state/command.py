# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command ``sluice-state``: the records of this host, by hand and at boot."""

from __future__ import annotations

import argparse
import json
import sys
from typing import List, NamedTuple, Optional, Sequence, TextIO

from .._converge.errors import EdgeError
from .._record.store import DIRECTORY, Store
from .kinds import KINDS, Kind
from .records import Done, Found, Problems, read_records, restore, withdraw

SAME, DIFFERENT, UNKNOWN = 0, 1, 2
"""What ``check`` ends with: no drift, drift, or that it cannot be told."""

DONE, FAILED = 0, 1
"""What the others end with."""

_PURPOSE = "What this host's network edge shall be, as recorded: shown, checked, brought back."
_ABOUT = {
    "show": "print every recorded entry on a line",
    "check": "compare the kernel with the records: 0 same, 1 different, 2 cannot tell",
    "apply": "bring the kernel to the records: settings, services, profiles, addresses",
    "withdraw": "take recorded addresses, profiles, services out of the kernel; records stay",
    "export": "print the records as JSON, equal ones as equal bytes",
}


class Terminal(NamedTuple):
    """Where the command speaks: what it was asked for, and what is wrong."""

    out: TextIO
    err: TextIO

    def say(self, lines: Sequence[str]) -> None:
        self.out.writelines(line + "\n" for line in lines)

    def complain(self, problems: Problems) -> None:
        self.err.writelines("sluice-state: %s\n" % problem for problem in problems)

    def tell(self, done: Done) -> Done:
        """Say what was done with a record, and what is wrong; return it."""
        self.say(done.lines)
        self.complain(done.problems + ["warning: " + warning for warning in done.warnings])
        return done


def main(arguments: Optional[Sequence[str]] = None, kinds: Sequence[Kind] = tuple(KINDS)) -> int:
    """Run the command; return its exit status. Errors are lines on standard error."""
    options = _parser(kinds).parse_args(arguments)
    terminal = Terminal(sys.stdout, sys.stderr)
    asked = UNKNOWN if options.command == "check" else FAILED
    try:
        found, problems = read_records(Store(options.records), kinds, options.kind)
        terminal.complain(problems)
        status = _COMMANDS[options.command](found, terminal)
    except EdgeError as error:
        terminal.complain([str(error)])
        return asked
    return asked if problems else status


def _show(found: List[Found], terminal: Terminal) -> int:
    for record in found:
        terminal.say(["%s: %d entries" % (str(record.name), len(record.entries))])
        terminal.say(sorted("  " + entry.line() for entry in record.entries))
    return DONE


def _export(found: List[Found], terminal: Terminal) -> int:
    records = {str(record.name): record.resources for record in found}
    terminal.say([json.dumps(records, indent=2, sort_keys=True)])
    return DONE


def _check(found: List[Found], terminal: Terminal) -> int:
    status = SAME
    for record in found:
        done = terminal.tell(restore(record, check=True))
        status = max(status, UNKNOWN if done.problems else DIFFERENT if done.lines else SAME)
    return status


def _apply(found: List[Found], terminal: Terminal) -> int:
    status = DONE
    for record in found:
        done = terminal.tell(restore(record, check=False))
        status = max(status, FAILED if done.problems else DONE)
    return status


def _withdraw(found: List[Found], terminal: Terminal) -> int:
    status = DONE
    for record in reversed(found):
        done = terminal.tell(withdraw(record))
        status = max(status, FAILED if done.problems else DONE)
    return status


_COMMANDS = {
    "show": _show,
    "check": _check,
    "apply": _apply,
    "withdraw": _withdraw,
    "export": _export,
}


def _parser(kinds: Sequence[Kind]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="sluice-state", description=_PURPOSE)
    parser.add_argument(
        "--records", default=DIRECTORY, metavar="DIRECTORY", help="default: %(default)s"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, about in _ABOUT.items():
        command = commands.add_parser(name, help=about, description=about)
        command.add_argument(
            "--kind", choices=[kind.name for kind in kinds], help="only records of this kind"
        )
    return parser
