# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The access log: a JSON object on a line for each request.

Lines are collected and written together, so that a request costs no system call. Several workers
append to one file: a write of whole lines to a file opened with O_APPEND is not torn.
"""

from __future__ import annotations

import os
import time
from json.encoder import encode_basestring_ascii as quote

MOST_HELD = 1 << 20
"""Bytes held at most while the disk does not take them; then lines are dropped and counted."""
_LINES_AT_ONCE = 256
_STANDARD_OUTPUT = 1


class AccessLog:
    """Appends lines to a file; ``flush`` is to be called by a clock too.

    ``path`` is a file, ``-`` for standard output, or None for no log at all.
    """

    def __init__(self, path: str | None) -> None:
        self._path = path
        self._descriptor = -1
        self._lines: list[str] = []
        self._second = -1
        self._stamp = ""
        self.dropped = 0
        """How many lines were lost."""
        self.reopen()

    def reopen(self) -> None:
        """Open the file anew: after a rotation, and at the start. Raises OSError."""
        self.close()
        if self._path == "-":
            self._descriptor = os.dup(_STANDARD_OUTPUT)
        elif self._path is not None:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o640)

    def close(self) -> None:
        """Write what is left, and log no more."""
        self.flush()
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

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
        if self._descriptor < 0:
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

    def flush(self) -> None:
        """Write what was collected; what the disk does not take is tried again, up to a bound."""
        if not self._lines or self._descriptor < 0:
            return
        data = "".join(self._lines).encode("ascii", "backslashreplace")
        try:
            done = os.write(self._descriptor, data)
        except OSError:
            done = 0
        if done == len(data):
            self._lines.clear()
            return
        rest = data[done:].decode("ascii")
        if len(rest) > MOST_HELD:
            self.dropped += rest.count("\n")
            rest = ""
        self._lines = [rest] if rest else []
