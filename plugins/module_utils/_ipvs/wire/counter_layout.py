# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decoding the counters of thousands of dumped real servers that all look alike. Pure.

As in layout.py, the places found in one entry serve for every entry of the same length whose
attribute headers are the same, those of the nested statistics included.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import attributes as a
from .codec import Counters, decode_server_counters

_CONNECTIONS = (a.DEST_ACTIVE_CONNS, a.DEST_INACT_CONNS, a.DEST_PERSIST_CONNS)
_HEADER = struct.Struct("=HH")
_NESTED = struct.Struct("=" + "HHQ" * len(a.STATISTICS))


class _Layout:
    """The places of the counters in an entry, and the headers that prove them."""

    def __init__(self, entry: bytes) -> None:
        self._headers: List[str] = ["=HH"]
        self._values: List[str] = ["=4x"]
        self._order: List[int] = []
        self._statistics = -1
        offset = 4
        while offset + 4 <= len(entry):
            length, kind = _HEADER.unpack_from(entry, offset)
            size = max((length + 3) & ~3, 4) - 4
            self._add(kind, size)
            offset += 4 + size
        self._header_struct = struct.Struct("".join(self._headers))
        self._value_struct = struct.Struct("".join(self._values))
        self._expected: Optional[Tuple[int, ...]] = None
        self._pick: Callable[[Tuple[Any, ...]], Tuple[int, ...]] = tuple
        if self._is_complete(entry):
            self._expected = self._header_struct.unpack(entry)
            self._pick = itemgetter(*(self._order.index(kind) for kind in _CONNECTIONS))

    def read(self, entry: bytes) -> Optional[Counters]:
        """Return the counters, None when the entry does not fit."""
        if self._expected is None or self._header_struct.unpack(entry) != self._expected:
            return None
        values = self._value_struct.unpack(entry)
        active, inactive, persistent = self._pick(values)
        first = self._statistics
        return Counters(active, inactive, persistent, values[first : first + len(a.STATISTICS)])

    def _add(self, kind: int, size: int) -> None:
        self._headers.append("HH")
        self._values.append("4x")
        if kind == a.DEST_STATS64 and size == _NESTED.size:
            self._statistics = len(self._order)
            self._order += [0] * len(a.STATISTICS)
            self._headers.append("HH8x" * len(a.STATISTICS))
            self._values.append("4xQ" * len(a.STATISTICS))
            return
        self._headers.append("%dx" % size)
        if kind in _CONNECTIONS and size == 4:
            self._order.append(kind)
            self._values.append("I")
        else:
            self._values.append("%dx" % size)

    def _is_complete(self, entry: bytes) -> bool:
        if self._statistics < 0 or self._header_struct.size != len(entry):
            return False
        if any(self._order.count(kind) != 1 for kind in _CONNECTIONS):
            return False
        statistics = a.split(a.split(entry)[a.CMD_ATTR_DEST])[a.DEST_STATS64]
        numbers = _NESTED.unpack(statistics)[1::3]
        return numbers == tuple(range(1, len(a.STATISTICS) + 1))


class CounterDecoder:
    """Decodes the counters of dumped real servers; one decoder serves a whole read."""

    def __init__(self) -> None:
        self._layouts: Dict[int, _Layout] = {}

    def decode(self, entry: bytes) -> Counters:
        """Return the connection counts and statistics of a dumped server."""
        layout = self._layouts.get(len(entry))
        if layout is None:
            layout = self._layouts[len(entry)] = _Layout(entry)
        counters = layout.read(entry)
        return decode_server_counters(entry) if counters is None else counters
