# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes whole lines to a descriptor in a thread of its own: a slow disk holds nobody up.

What is not written yet is bounded; beyond that, lines are dropped and counted.
"""

from __future__ import annotations

import os
import threading
from collections import deque

MOST_HELD = 8 << 20
"""Bytes that wait to be written, at most."""
RETRY = 0.25
"""Seconds until what the disk did not take is tried again."""


class LogWriter:
    """Appends to ``descriptor``, which it owns from now on."""

    def __init__(self, descriptor: int, most_held: int = MOST_HELD) -> None:
        self._descriptor = descriptor
        self._most_held = most_held
        self._waiting: deque[bytes] = deque()
        self._held = 0
        self._next: int | None = None
        self._ending = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def put(self, lines: bytes) -> bool:
        """Have whole lines written; return whether they are, and not dropped."""
        with self._changed:
            if self._held + len(lines) > self._most_held:
                return False
            self._waiting.append(lines)
            self._held += len(lines)
            self._changed.notify_all()
        if self._thread is None:
            # A daemon: a disk that takes nothing keeps no process from ending.
            self._thread = threading.Thread(target=self._write, name="log", daemon=True)
            self._thread.start()
        return True

    def change(self, descriptor: int) -> None:
        """Write to another descriptor from now on; what waits goes there too."""
        with self._changed:
            former, self._next = self._next, descriptor
            self._changed.notify_all()
        if former is not None:
            os.close(former)
        if self._thread is None:
            self._take_next()

    def settle(self, patience: float) -> bool:
        """Return whether all that was put is written, after ``patience`` seconds at most."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._held, patience)

    def close(self, patience: float) -> None:
        """Write what waits, and return when that is done or ``patience`` seconds are over."""
        with self._changed:
            self._ending = True
            self._changed.notify_all()
        if self._thread is None:
            os.close(self._descriptor)
        else:
            self._thread.join(patience)

    def _write(self) -> None:
        """Write until told to end, in the thread."""
        while True:
            with self._changed:
                while not (self._waiting or self._ending or self._next is not None):
                    self._changed.wait()
                lines = self._waiting[0] if self._waiting else b""
                ended = self._ending and not lines
            self._take_next()
            if ended:
                break
            if lines:
                self._write_all(lines)
        os.close(self._descriptor)

    def _write_all(self, lines: bytes) -> None:
        done = 0
        while done < len(lines):
            try:
                done += os.write(self._descriptor, memoryview(lines)[done:])
            except OSError:
                with self._changed:
                    self._changed.wait_for(lambda: self._next is not None or self._ending, RETRY)
                    if self._ending and self._next is None:
                        break
                self._take_next()
        with self._changed:
            self._waiting.popleft()
            self._held -= len(lines)
            self._changed.notify_all()

    def _take_next(self) -> None:
        with self._changed:
            following, self._next = self._next, None
        if following is not None:
            os.close(self._descriptor)
            self._descriptor = following
