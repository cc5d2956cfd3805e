# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decoding thousands of dumped real servers that all look alike. Pure.

The kernel writes the same attributes in the same order and sizes for every server. So the places
found in one entry serve for every entry of the same length, once one comparison of all attribute
headers has shown that they fit. An entry that does not fit is decoded attribute by attribute.
"""

from __future__ import annotations

import struct
from operator import itemgetter
from typing import Any, Callable, Dict, Iterable, List, Optional, Tuple

from ..._inet.address import family_of_number
from ..model import Server, ServiceId
from . import attributes as a
from .codec import decode_server, make_server

_WANTED = {
    a.DEST_ADDR_FAMILY: "H",
    a.DEST_ADDR: "16s",
    a.DEST_PORT: "2s",
    a.DEST_FWD_METHOD: "I",
    a.DEST_WEIGHT: "I",
    a.DEST_U_THRESH: "I",
    a.DEST_L_THRESH: "I",
    a.DEST_TUN_TYPE: "B",
    a.DEST_TUN_PORT: "2s",
    a.DEST_TUN_FLAGS: "H",
}
_HEADER = struct.Struct("=HH")


class _Layout:
    """The places of the wanted values in an entry, and the headers that prove them."""

    def __init__(self, entry: bytes) -> None:
        headers = ["=HH"]
        values = ["=4x"]
        order: List[int] = []
        offset = 4
        while offset < len(entry):
            length, kind = _HEADER.unpack_from(entry, offset)
            size = max((length + 3) & ~3, 4) - 4
            code = _WANTED.get(kind, "")
            rest = size - struct.calcsize("=" + code)
            headers.append("HH%dx" % size)
            values.append("4x%s%dx" % (code, rest) if code and rest >= 0 else "%dx" % (4 + size))
            if code and rest >= 0:
                order.append(kind)
            offset += 4 + size
        self._headers = struct.Struct("".join(headers))
        self._values = struct.Struct("".join(values))
        self._pick: Optional[Callable[[Tuple[Any, ...]], Tuple[Any, ...]]] = None
        self._expected: Tuple[Any, ...] = ()
        if sorted(order) == sorted(_WANTED) and self._headers.size == len(entry):
            self._expected = self._headers.unpack(entry)
            self._pick = itemgetter(*(order.index(kind) for kind in _WANTED))

    def read(self, entry: bytes) -> Optional[Tuple[Any, ...]]:
        """Return the values in the order of _WANTED, None when the entry does not fit."""
        if self._pick is None or self._headers.unpack(entry) != self._expected:
            return None
        return self._pick(self._values.unpack(entry))


class ServerDecoder:
    """Decodes dumped real servers; one decoder serves a whole read."""

    def __init__(self) -> None:
        self._layouts: Dict[int, _Layout] = {}

    def decode(self, service: ServiceId, entries: Iterable[bytes]) -> List[Server]:
        """Return the real servers of ``service`` that ``entries`` describe."""
        servers = []
        layouts = self._layouts
        for entry in entries:
            layout = layouts.get(len(entry))
            if layout is None:
                layout = layouts[len(entry)] = _Layout(entry)
            values = layout.read(entry)
            if values is None:
                servers.append(decode_server(service, entry))
                continue
            number, packed, port, forward, weight, upper, lower, kind, tunnel_port, flags = values
            servers.append(
                make_server(
                    service,
                    family_of_number(number) or service.family,
                    packed,
                    int.from_bytes(port, "big"),
                    forward,
                    weight,
                    upper,
                    lower,
                    kind,
                    int.from_bytes(tunnel_port, "big"),
                    flags,
                )
            )
        return servers
