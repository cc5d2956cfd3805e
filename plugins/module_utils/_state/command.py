# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command ``sluice-state``: the records of this host, by hand and at boot."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, TextIO

from .._converge.collector import collector_paused
from .._converge.errors import EdgeError
from .._kernel.service_status import tell_service_manager
from .._record.store import DIRECTORY, RecordName, Store
from .kinds import KINDS, Kind
from .records import Done, Found, Problems, forget, read_records, restore, withdraw

SAME, DIFFERENT, UNKNOWN = 0, 1, 2
"""What ``check`` ends with: no drift, drift, or that it cannot be told."""

DONE, FAILED = 0, 1
"""What the others end with."""

_PURPOSE = "What this host's network edge shall be, as recorded: shown, checked, brought back."
_ABOUT = {
    "show": "print every recorded entry on a line",
    "check": "compare the kernel with the records and change nothing; print what apply would do",
    "apply": "bring the kernel to the records: settings, services, profiles, addresses",
    "withdraw": "take recorded addresses, profiles, services out of the kernel; records stay",
    "export": "print the records as JSON, equal ones as equal bytes",
    "forget": "drop entries from a record; the kernel stays as it is",
}
_MORE = """
A record is a file for each kind of resources, and for each network namespace: vip.json,
vip@NAMESPACE.json. Tasks of Ansible write them. What is recorded nowhere is never touched, except
servers of a service that was declared with a complete list of them.

exit status:
  show, apply, withdraw, export, forget
        0  done
        1  something was not: a broken record, an entry that the kernel refuses
  check
        0  the kernel is as recorded
        1  it differs: a line for each difference on standard output
        2  it cannot be told: a broken record, a kernel that cannot be read
  all   2  wrong use
  Whatever is wrong is a line on standard error. It never blocks the rest.

examples:
  sluice-state check --kind vip
  sluice-state withdraw && sleep 30 && systemctl reboot
  sluice-state forget vip "virtual address 192.0.2.100/32 on eth0"

files:
  /etc/sluice/state.d    the records
"""


class Terminal:
    """Where the command speaks: what it was asked for, and what is wrong."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out = out
        self._err = err
        self.problems: Problems = []
        """Everything that was complained of."""

    def say(self, lines: Sequence[str]) -> None:
        self._out.writelines(line + "\n" for line in lines)

    def complain(self, problems: Problems) -> None:
        self.problems += problems
        self._warn(problems)

    def tell(self, done: Done) -> Done:
        """Say what was done with a record, and what is wrong; return it."""
        self.say(done.lines)
        self.complain(done.problems)
        self._warn(["warning: " + warning for warning in done.warnings])
        return done

    def _warn(self, lines: Sequence[str]) -> None:
        self._err.writelines("sluice-state: %s\n" % line for line in lines)


class Request(NamedTuple):
    """What was asked for: the records it is about, in order, and what to do with them."""

    store: Store
    found: List[Found]
    options: argparse.Namespace
    terminal: Terminal


def main(arguments: Optional[Sequence[str]] = None, kinds: Sequence[Kind] = tuple(KINDS)) -> int:
    """Run the command; return its exit status. Errors are lines on standard error."""
    options = _parser(kinds).parse_args(arguments)
    with collector_paused():
        return _run(options, kinds)


def _run(options: argparse.Namespace, kinds: Sequence[Kind]) -> int:
    terminal = Terminal(sys.stdout, sys.stderr)
    failed = UNKNOWN if options.command == "check" else FAILED
    status = failed
    try:
        store = Store(options.records)
        found, problems = read_records(store, kinds, _selection(options))
        terminal.complain(problems)
        work = _COMMANDS[options.command]
        status = work(Request(store, found, options, terminal))
    except EdgeError as error:
        terminal.complain([str(error)])
    if options.command == "apply":
        tell_service_manager(_summary(terminal.problems))
    return failed if terminal.problems else status


def _selection(options: argparse.Namespace) -> Callable[[RecordName], bool]:
    if options.command == "forget":
        return lambda name: str(name) == options.record
    return lambda name: options.kind in (None, name.kind)


def _summary(problems: Problems) -> str:
    if not problems:
        return "the kernel is as recorded"
    more = " (and %d more, see the journal)" % (len(problems) - 1) if len(problems) > 1 else ""
    return problems[0] + more


def _show(request: Request) -> int:
    for record in request.found:
        request.terminal.say(["%s: %d entries" % (str(record.name), len(record.entries))])
        request.terminal.say(sorted("  " + entry.line() for entry in record.entries))
    return DONE


def _export(request: Request) -> int:
    records = {str(record.name): record.resources for record in request.found}
    request.terminal.say([json.dumps(records, indent=2, sort_keys=True)])
    return DONE


def _check(request: Request) -> int:
    status = SAME
    for record in request.found:
        if request.terminal.tell(restore(record, check=True)).lines:
            status = DIFFERENT
    return status


def _apply(request: Request) -> int:
    for record in request.found:
        request.terminal.tell(restore(record, check=False))
    return DONE


def _withdraw(request: Request) -> int:
    for record in reversed(request.found):
        request.terminal.tell(withdraw(record))
    return DONE


def _forget(request: Request) -> int:
    if not request.found and not request.terminal.problems:
        path = request.store.path(RecordName.parse(request.options.record))
        request.terminal.complain(["there is no record %s" % path])
    for record in request.found:
        lines, problems = forget(request.store, record, request.options.entry)
        request.terminal.say(lines)
        request.terminal.complain(problems)
    return DONE


_COMMANDS: Dict[str, Callable[[Request], int]] = {
    "show": _show,
    "check": _check,
    "apply": _apply,
    "withdraw": _withdraw,
    "export": _export,
    "forget": _forget,
}


def _parser(kinds: Sequence[Kind]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sluice-state",
        description=_PURPOSE,
        epilog=_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--records", default=DIRECTORY, metavar="DIRECTORY", help="default: %(default)s"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, about in _ABOUT.items():
        command = commands.add_parser(name, help=about, description=about)
        if name == "forget":
            command.add_argument("record", metavar="RECORD", help="for example vip or vip@edge")
            command.add_argument(
                "entry",
                metavar="ENTRY",
                nargs="+",
                help="its name in check, or its line in show",
            )
            continue
        command.add_argument(
            "--kind", choices=[kind.name for kind in kinds], help="only records of this kind"
        )
    return parser
