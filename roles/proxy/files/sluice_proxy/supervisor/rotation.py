# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log files put aside by size and age, and no more of them kept than is wanted.

``access.log`` becomes ``access.log.1``, that ``access.log.2``, and so on to ``keep``. What was
written between two looks at the size goes into the same file: see LOOKED_AT.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from datetime import datetime

from ..snapshot.observing import Log

LOOKED_AT = 1.0
"""Seconds between two looks at the sizes of the files."""

_TIME = re.compile(rb'"time": ?"([0-9T:.+-]+Z?)"')
_FIRST_BYTES = 512


class RotatedLog:
    """One log file; nothing is done for a log that is no file."""

    def __init__(self, log: Log, clock: Callable[[], float] = time.time) -> None:
        self._path = log.path if log.path not in (None, "-") else None
        self._rotation = log.rotation
        self._clock = clock
        self._began = 0.0
        self._file = 0
        """The inode of the file that began then."""

    def look(self) -> bool:
        """Put the file aside if it is large or old enough.

        Return whether whoever writes to it has to open it anew: also if it is there no more.
        Raises OSError.
        """
        if self._path is None:
            return False
        try:
            found = os.stat(self._path)
        except FileNotFoundError:
            return True
        due = found.st_size >= self._rotation.bytes or self._is_old(self._path, found.st_ino)
        if not found.st_size or not due:
            return False
        self._put_aside(self._path)
        return True

    def _is_old(self, path: str, file: int) -> bool:
        if self._file != file:
            self._file, self._began = file, _first_time(path) or self._clock()
        return self._clock() - self._began >= self._rotation.age

    def _put_aside(self, path: str) -> None:
        keep = self._rotation.keep
        for number in range(keep, 0, -1):
            source = path if number == 1 else f"{path}.{number - 1}"
            if os.path.exists(source):
                os.replace(source, f"{path}.{number}")
        self._remove_beyond(path, keep)

    def _remove_beyond(self, path: str, keep: int) -> None:
        """Remove what an earlier configuration kept."""
        number = keep + 1
        while os.path.exists(f"{path}.{number}"):
            os.unlink(f"{path}.{number}")
            number += 1


def _first_time(path: str) -> float | None:
    """Return when the first line was written, in seconds since 1970; None if it does not say."""
    with open(path, "rb") as file:
        found = _TIME.search(file.read(_FIRST_BYTES))
    if found is None:
        return None
    try:
        return datetime.fromisoformat(found[1].decode()).timestamp()
    except ValueError:
        return None
