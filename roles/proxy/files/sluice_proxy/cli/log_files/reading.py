# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A log file: its last lines, and what is appended, over rotations."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import TypeVar

T = TypeVar("T")

BLOCK = 64 * 1024
LONGEST_LINE = 1024 * 1024
"""Bytes after which a line that does not end is cut."""
AT_ONCE = 4 * 1024 * 1024
"""Bytes of what was appended that are read before some are shown."""


class LogReader:
    """The file at a path, as it is now and as it goes on.

    One that is not there yet has no lines. All methods raise OSError where it cannot be read.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._begun = b""
        self._quiet = False
        self._now = 0
        self._descriptor = self._open()
        if self._descriptor is not None:
            self._now = _end_of_lines(self._descriptor)
            os.lseek(self._descriptor, self._now, os.SEEK_SET)

    def last(self, most: int, read: Callable[[bytes], T | None]) -> list[T]:
        """Return what ``read`` makes of the last lines there were, in the order of the file: at
        most so many, those that it returns None for left out."""
        found: list[T] = []
        if self._descriptor is None or most <= 0:
            return found
        for line in _backwards(self._descriptor, self._now):
            value = read(line)
            if value is not None:
                found.append(value)
                if len(found) == most:
                    break
        return found[::-1]

    def appended(self) -> list[bytes]:
        """Return the lines that were finished since, without their ends; to be called again and
        again, with a moment between."""
        if self._descriptor is None:
            self._descriptor = self._open()
            return [] if self._descriptor is None else self._read(self._descriptor)
        put_aside = self._is_put_aside(self._descriptor)
        lines = self._read(self._descriptor)
        # Those who write it go over to the next one a moment after it was put aside.
        if put_aside and not lines and self._quiet:
            self.close()
        self._quiet = put_aside and not lines
        return lines

    def close(self) -> None:
        """Forget the file; one that is at the path then is read from its beginning."""
        if self._descriptor is not None:
            os.close(self._descriptor)
        self._descriptor, self._begun = None, b""

    def _open(self) -> int | None:
        try:
            # A pipe in place of a log would hold everything up.
            return os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            return None

    def _is_put_aside(self, descriptor: int) -> bool:
        own = os.fstat(descriptor)
        if own.st_size < os.lseek(descriptor, 0, os.SEEK_CUR):
            # It was emptied in place.
            os.lseek(descriptor, 0, os.SEEK_SET)
            self._begun = b""
        try:
            there = os.stat(self._path)
        except FileNotFoundError:
            # The next one is not there yet: this one may get more.
            return False
        return (there.st_dev, there.st_ino) != (own.st_dev, own.st_ino)

    def _read(self, descriptor: int) -> list[bytes]:
        parts = [self._begun]
        size = 0
        while size < AT_ONCE and (block := os.read(descriptor, BLOCK)):
            parts.append(block)
            size += len(block)
        *lines, self._begun = b"".join(parts).split(b"\n")
        if len(self._begun) > LONGEST_LINE:
            lines.append(self._begun)
            self._begun = b""
        return [line for line in lines if line]


def _end_of_lines(descriptor: int) -> int:
    """Return where the last line that is finished ends: what is after it belongs to the next."""
    end = os.fstat(descriptor).st_size
    begin = max(end - BLOCK, 0)
    return begin + (os.pread(descriptor, end - begin, begin).rfind(b"\n") + 1 or end - begin)


def _backwards(descriptor: int, end: int) -> Iterator[bytes]:
    """Yield the lines of a file that end before ``end``, the last one first."""
    later = b""
    while end > 0:
        begin = max(end - BLOCK, 0)
        first, *lines = (os.pread(descriptor, end - begin, begin) + later).split(b"\n")
        yield from (line for line in reversed(lines) if line)
        later = first[:LONGEST_LINE]
        end = begin
    if later:
        yield later
