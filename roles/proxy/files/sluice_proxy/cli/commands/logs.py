# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``logs``: the last lines of the logs, and what comes."""

from __future__ import annotations

import argparse
import os
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from operator import itemgetter

from ..ending import BadUsage, Exit, Failure
from ..log_files.entries import LEVELS, Entry, Wanted, read_entry, shown
from ..log_files.reading import LogReader
from ..options import Commands, add_socket, api_of
from ..showing.terminal import say, say_json

LOOK_SECONDS = 0.25
"""Between two looks at what was appended."""
JOURNAL = "journalctl --unit sluice-proxy"
_STATUS = re.compile(r"[1-5](?:[0-9]{2}|xx)\Z")
_MOST_LINES = 1_000_000


def add(commands: Commands) -> None:
    """Add the command."""
    logs = commands.command("logs", "the last lines of the logs, and what comes", _logs)
    add_socket(logs)
    logs.add_argument("log", nargs="?", choices=["access", "error"], help="one of them; else both")
    logs.add_argument(
        "--file", action="append", metavar="FILE",
        help="a log's file, for where no proxy runs; may be repeated",
    )  # fmt: skip
    logs.add_argument("-f", "--follow", action="store_true", help="go on until Ctrl-C")
    logs.add_argument(
        "-n", "--lines", type=_lines, default=20, metavar="N", help="how many at first; else 20"
    )
    logs.add_argument("--level", choices=LEVELS, help="lines of the error log from this level on")
    logs.add_argument("--route", metavar="NAME", help="requests of this route")
    logs.add_argument(
        "--status", action="append", type=_status, metavar="STATUS",
        help="requests answered so, like 502 or 5xx; may be repeated",
    )  # fmt: skip
    logs.add_argument("--text", default="", metavar="TEXT", help="lines that have this text")


def _lines(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 7 or int(text) > _MOST_LINES:
        raise argparse.ArgumentTypeError(f"{text!r}: write 0 to {_MOST_LINES}")
    return int(text)


def _status(text: str) -> str:
    if not _STATUS.match(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no status: write it like 502 or 5xx")
    return text


def _logs(asked: argparse.Namespace) -> int:
    wanted = Wanted(asked.level, asked.route, tuple(asked.status or ()), asked.text)

    def read(line: bytes) -> Entry | None:
        entry = read_entry(line)
        return entry if wanted(entry) else None

    with ExitStack() as stack:
        readers = [stack.enter_context(_reader(path)) for path in _paths(asked)]
        with _explained():
            last = [reader.last(asked.lines, read) for reader in readers]
        _show(_in_order(last)[-asked.lines :] if asked.lines else [], asked)
        while asked.follow:
            with _explained():
                came = [list(map(read, reader.appended())) for reader in readers]
            _show(_in_order([[one for one in lines if one is not None] for lines in came]), asked)
            time.sleep(LOOK_SECONDS)
    return Exit.GOOD


def _paths(asked: argparse.Namespace) -> list[str]:
    """Return the files to read; raises Failure where there is none."""
    if asked.file:
        if asked.log or asked.socket:
            raise BadUsage("--file says which log it is: leave access, error and --socket out")
        if not asked.follow:
            _look_for(asked.file)
        return list(asked.file)
    status = api_of(asked).status()
    logs = {name: status.get(f"{name}_log") for name in ("access", "error")}
    chosen = {name: path for name, path in logs.items() if asked.log in (None, name)}
    notes = [
        f"the {name} log is off" if path is None
        else f"the {name} log goes to standard output: read it with {JOURNAL}"
        for name, path in chosen.items()
        if path in (None, "-")
    ]  # fmt: skip
    paths = [str(path) for path in chosen.values() if path not in (None, "-")]
    if not paths:
        raise Failure(Exit.FAILED, "; ".join(notes))
    say(*notes, error=True)
    return list(dict.fromkeys(paths))


def _look_for(paths: Sequence[str]) -> None:
    """Refuse files that are not there, and so would have no lines: nothing waits for them."""
    with _explained():
        for path in paths:
            os.stat(path)


@contextmanager
def _reader(path: str) -> Iterator[LogReader]:
    with _explained():
        reader = LogReader(path)
    try:
        yield reader
    finally:
        reader.close()


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Failure(
            Exit.FAILED, f"{error.filename or 'a log'} cannot be read: {error.strerror}"
        ) from None


def _in_order(logs: Sequence[Sequence[Entry]]) -> list[Entry]:
    """Return the lines of logs by their times, as each worker writes when it has some together.

    One without a time belongs to the line before it.
    """
    timed: list[tuple[str, Entry]] = []
    for lines in logs:
        moment = ""
        for entry in lines:
            moment = str(entry.get("time") or moment)
            timed.append((moment, entry))
    return [entry for _moment, entry in sorted(timed, key=itemgetter(0))]


def _show(entries: Sequence[Entry], asked: argparse.Namespace) -> None:
    if asked.json:
        for entry in entries:
            say_json(entry, compact=True)
    elif entries:
        say(*map(shown, entries))
