# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The places of values in dumped entries that all look alike. Pure.

The kernel writes the same attributes in the same order and sizes for every entry of a kind. So the
places found in one entry serve for every entry of the same length, once one comparison of all
attribute headers has shown that they fit. An entry that does not fit has to be decoded attribute
by attribute.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import Any, Callable, Dict, List, Mapping, Optional, Tuple

from ..._kernel.netlink import ATTRIBUTE

Path = Tuple[int, ...]
"""An attribute's number, after the numbers of those it is nested in."""


class Layouts:
    """Reads some values of entries, in the order in which they are wanted.

    ``wanted`` maps the paths below the outermost attribute to the letters of the struct module.
    """

    def __init__(self, wanted: Mapping[Path, str]) -> None:
        self._wanted = dict(wanted)
        self._layouts: Dict[int, _Layout] = {}

    def read(self, entry: bytes) -> Optional[Tuple[Any, ...]]:
        """Return the values, None when the entry does not fit."""
        layout = self._layouts.get(len(entry))
        if layout is None:
            layout = self._layouts[len(entry)] = _Layout(entry, self._wanted)
        return layout.read(entry)


class _Layout:
    """The places of the wanted values in an entry, and the headers that prove them."""

    def __init__(self, entry: bytes, wanted: Mapping[Path, str]) -> None:
        self._wanted = wanted
        self._nests = {path[:depth] for path in wanted for depth in range(1, len(path))}
        self._headers: List[str] = ["=HH"]
        self._values: List[str] = ["=4x"]
        self._found: List[Path] = []
        self._walk(entry, 4, len(entry), ())
        self._header_struct = struct.Struct("".join(self._headers))
        self._value_struct = struct.Struct("".join(self._values))
        self._expected: Tuple[Any, ...] = ()
        self._pick: Optional[Callable[[Tuple[Any, ...]], Tuple[Any, ...]]] = None
        if sorted(self._found) == sorted(wanted) and self._header_struct.size == len(entry):
            self._expected = self._header_struct.unpack(entry)
            self._pick = itemgetter(*(self._found.index(path) for path in wanted))

    def read(self, entry: bytes) -> Optional[Tuple[Any, ...]]:
        if self._pick is None or self._header_struct.unpack(entry) != self._expected:
            return None
        return self._pick(self._value_struct.unpack(entry))

    def _walk(self, entry: bytes, offset: int, end: int, outer: Path) -> None:
        while offset + ATTRIBUTE.size <= end:
            length, kind = ATTRIBUTE.unpack_from(entry, offset)
            size = max((length + 3) & ~3, 4) - 4
            path = (*outer, kind)
            self._headers.append("HH")
            self._values.append("4x")
            offset += 4
            if path in self._nests:
                self._walk(entry, offset, offset + size, path)
            else:
                self._headers.append("%dx" % size)
                self._values.append(self._value(path, length - 4, size))
            offset += size

    def _value(self, path: Path, length: int, size: int) -> str:
        code = self._wanted.get(path)
        if code is None or struct.calcsize("=" + code) != length:
            return "%dx" % size
        self._found.append(path)
        return "%s%dx" % (code, size - length)
