# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access log: a JSON object on a line for each request.

Lines are collected and written together, so that a request costs no system call. Several workers
append to one file: a write of whole lines to a file opened with O_APPEND is not torn.
"""

from __future__ import annotations

import time
from json.encoder import encode_basestring_ascii as quote

from .log_file import open_log
from .log_writer import LogWriter

PATIENCE = 2.0
"""Seconds that the disk has, at the end, to take what is left."""
_LINES_AT_ONCE = 256


class AccessLog:
    """Appends lines to a file; ``flush`` is to be called by a clock too.

    ``path`` is a file, ``-`` for standard output, or None for no log at all.
    """

    def __init__(self, path: str | None) -> None:
        """Raises CannotLog."""
        self._path: str | None = None
        self._writer: LogWriter | None = None
        self._lines: list[str] = []
        self._second = -1
        self._stamp = ""
        self.dropped = 0
        """How many lines were lost."""
        self.move(path)

    def move(self, path: str | None) -> None:
        """Log to ``path`` from now on. Raises CannotLog, and goes on as before then."""
        self.flush()
        if path is None:
            self._close(0.0)
        elif self._writer is None:
            self._writer = LogWriter(open_log(path))
        else:
            self._writer.change(open_log(path))
        self._path = path

    def reopen(self) -> None:
        """Open the file anew, after a rotation. Raises CannotLog, and goes on as before then."""
        self.move(self._path)

    def close(self) -> None:
        """Write what is left, as far as the disk takes it in time, and log no more."""
        self.flush()
        self._close(PATIENCE)

    def _close(self, patience: float) -> None:
        if self._writer is not None:
            self._writer.close(patience)
            self._writer = None

    def write(
        self,
        client: str,
        method: bytes,
        host: str,
        target: bytes,
        status: int,
        seconds: float,
        bytes_in: int,
        bytes_out: int,
        place: str,
        request_id: bytes,
        error: str,
    ) -> None:
        """Note one request.

        Sizes are in bytes. ``place`` is route and upstream as JSON members, ``error`` is empty
        where nothing went wrong. ``client``, ``method``, ``host`` and ``request_id`` are of
        characters that JSON takes as they are.
        """
        if self._writer is None:
            return
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        text = target.decode("latin-1")
        self._lines.append(
            '{"time":"%s.%03dZ","client":"%s","method":"%s","host":"%s","target":%s,"status":%d,'
            '"seconds":%.6f,"bytes_in":%d,"bytes_out":%d,%s,"id":"%s"%s}\n'
            % (
                self._stamp,
                (now - second) * 1000,
                client,
                method.decode(),
                host,
                quote(text),
                status,
                seconds,
                bytes_in,
                bytes_out,
                place,
                request_id.decode(),
                ',"error":' + quote(error) if error else "",
            )
        )
        if len(self._lines) >= _LINES_AT_ONCE:
            self.flush()

    def settle(self, patience: float) -> bool:
        """Flush, and return whether all is written, after ``patience`` seconds at most."""
        self.flush()
        return self._writer is None or self._writer.settle(patience)

    def flush(self) -> None:
        """Have what was collected written; what the disk does not take is dropped at a bound."""
        if not self._lines or self._writer is None:
            return
        data = "".join(self._lines).encode("ascii", "backslashreplace")
        if not self._writer.put(data):
            self.dropped += len(self._lines)
        self._lines.clear()
