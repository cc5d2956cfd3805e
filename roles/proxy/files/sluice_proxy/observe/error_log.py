# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error log: what went wrong in the proxy itself.

In a file it is a JSON object on each line; on standard output it is text for people, with the
priorities of sd-daemon(3) where systemd's journal reads it.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from logging.handlers import WatchedFileHandler

from ..snapshot.observing import Logs

_PRIORITIES = {logging.ERROR: 3, logging.WARNING: 4, logging.INFO: 6, logging.DEBUG: 7}
_root = logging.getLogger("sluice_proxy")


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


def write_error_log(logs: Logs) -> None:
    """Send the error log where ``logs`` says from now on; raises OSError.

    A file that was put aside is left for a new one by itself.
    """
    handler: logging.Handler
    path = logs.error.path
    if path is None:
        handler = logging.NullHandler()
    elif path == "-":
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(PlainLines(journal="JOURNAL_STREAM" in os.environ))
    else:
        handler = WatchedFileHandler(path, encoding="utf-8")
        handler.setFormatter(JsonLines())
    former = list(_root.handlers)
    _root.handlers = [handler]
    _root.setLevel(logs.level.upper())
    _root.propagate = False
    for one in former:
        one.close()
