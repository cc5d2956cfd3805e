# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error log: what went wrong in the proxy itself.

In a file it is a JSON object on each line; on standard output it is text for people, with the
priorities of sd-daemon(3) where systemd's journal reads it. Each process writes so many lines a
second at most: what clients or a full disk bring about again and again must not fill the disk.
"""

from __future__ import annotations

import json
import logging
import os
import time

from ..snapshot.observing import Logs
from .log_file import STANDARD_OUTPUT, open_log

MOST_A_SECOND = 100
"""Lines of one process; those beyond are left out, and counted in the next line."""

LEVELS = ("debug", "info", "warning", "error")
"""What a log may begin with, from the most lines to the fewest."""
_PRIORITIES = {logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
_root = logging.getLogger("sluice_proxy")


def set_level(level: str) -> None:
    """Have this process log from ``level`` on, until an ErrorLog is put in use."""
    _root.setLevel(level.upper())


class JsonLines(logging.Formatter):
    """One object with time, level, process, the part of the proxy, and the message."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, without its end."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry = {
            "time": f"{stamp}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "process": record.process,
            "part": record.name.removeprefix("sluice_proxy."),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["trace"] = self.formatException(record.exc_info)
        return json.dumps(entry)


class PlainLines(logging.Formatter):
    """A text; ``journal`` puts a priority before it, as systemd reads it."""

    def __init__(self, *, journal: bool) -> None:
        super().__init__()
        self._journal = journal

    def format(self, record: logging.LogRecord) -> str:
        """Return the text, without its end."""
        # Names that clients choose must not begin a line of their own.
        message = record.getMessage().replace("\n", "\\n").replace("\r", "\\r")
        if record.exc_info:
            message += "\n" + self.formatException(record.exc_info)
        if not self._journal:
            return f"{record.levelname.lower()}: {message}"
        priority = _PRIORITIES.get(record.levelno, 6)
        return "\n".join(f"<{priority}>{line}" for line in message.split("\n"))


class Flood(logging.Filter):
    """Lets MOST_A_SECOND records of each second pass."""

    def __init__(self) -> None:
        super().__init__()
        self._second = 0
        self._passed = 0
        self._left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes; it may say how many before it did not."""
        second = int(record.created)
        if second != self._second:
            self._second, self._passed = second, 0
        if self._passed >= MOST_A_SECOND:
            self._left_out += 1
            return False
        self._passed += 1
        if self._left_out:
            record.msg = f"{record.getMessage()} ({self._left_out} lines before this were left out)"
            record.args = None
            self._left_out = 0
        return True


class LineHandler(logging.Handler):
    """Appends a line for each record to a file, or to standard output."""

    def __init__(self, path: str) -> None:
        """Raises CannotLog."""
        super().__init__()
        self._path = path
        self._descriptor = open_log(path)
        self._torn = b""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; one that the disk does not take is lost."""
        text = self.format(record)
        try:
            self._follow()
            data = self._torn + text.encode("utf-8", "backslashreplace") + b"\n"
            done = os.write(self._descriptor, data)
        except OSError:
            # Where would one tell?
            return
        self._torn = b"" if done == len(data) else b"\n"

    def reopen(self) -> None:
        """Open the file anew; while that does not work, the one in use stays."""
        try:
            descriptor = open_log(self._path)
        except OSError:
            return
        os.close(self._descriptor)
        self._descriptor = descriptor

    def close(self) -> None:
        """Write no more."""
        super().close()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _follow(self) -> None:
        """Leave a file that was put aside."""
        if self._path == STANDARD_OUTPUT:
            return
        try:
            there = os.stat(self._path).st_ino == os.fstat(self._descriptor).st_ino
        except FileNotFoundError:
            there = False
        if not there:
            self.reopen()


class ErrorLog:
    """The error log that ``logs`` asks for: opened now, in use when told so."""

    def __init__(self, logs: Logs) -> None:
        """Raises CannotLog."""
        self._level = logs.level
        self._handler: logging.Handler = logging.NullHandler()
        path = logs.error.path
        if path is not None:
            self._handler = LineHandler(path)
            self._handler.addFilter(Flood())
            journal = "JOURNAL_STREAM" in os.environ
            self._handler.setFormatter(
                PlainLines(journal=journal) if path == STANDARD_OUTPUT else JsonLines()
            )

    def use(self) -> None:
        """Send everything here from now on, in place of where it went."""
        former = list(_root.handlers)
        _root.handlers = [self._handler]
        set_level(self._level)
        _root.propagate = False
        for one in former:
            if one is not self._handler:
                one.close()

    def reopen(self) -> None:
        """Open the file anew, for one that put it aside."""
        if isinstance(self._handler, LineHandler):
            self._handler.reopen()

    def close(self) -> None:
        """Forget it: it was not used."""
        self._handler.close()
