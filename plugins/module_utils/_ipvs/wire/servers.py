# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decoding thousands of dumped real servers, and what they count. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List

from ..._inet.address import family_of_number
from ..model import Server, ServiceId
from . import attributes as a
from .codec import Counters, decode_server, decode_server_counters, make_server
from .layout import Layouts, Path

_PROPERTIES: Dict[Path, str] = {
    (a.DEST_ADDR_FAMILY,): "H",
    (a.DEST_ADDR,): "16s",
    (a.DEST_PORT,): "2s",
    (a.DEST_FWD_METHOD,): "I",
    (a.DEST_WEIGHT,): "I",
    (a.DEST_U_THRESH,): "I",
    (a.DEST_L_THRESH,): "I",
    (a.DEST_TUN_TYPE,): "B",
    (a.DEST_TUN_PORT,): "2s",
    (a.DEST_TUN_FLAGS,): "H",
}
_CONNECTIONS: Dict[Path, str] = {
    (a.DEST_ACTIVE_CONNS,): "I",
    (a.DEST_INACT_CONNS,): "I",
    (a.DEST_PERSIST_CONNS,): "I",
}
_STATISTICS: Dict[Path, str] = {
    (a.DEST_STATS64, number): "Q" for number in range(1, len(a.STATISTICS) + 1)
}


class ServerDecoder:
    """Decodes dumped real servers; one decoder serves a whole read."""

    def __init__(self) -> None:
        self._layouts = Layouts(_PROPERTIES)

    def decode(self, service: ServiceId, entries: Iterable[bytes]) -> List[Server]:
        """Return the real servers of ``service`` that ``entries`` describe."""
        servers = []
        read = self._layouts.read
        for entry in entries:
            values = read(entry)
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


class CounterDecoder:
    """Decodes what dumped real servers count; one decoder serves a whole read."""

    def __init__(self) -> None:
        self._layouts = Layouts({**_CONNECTIONS, **_STATISTICS})

    def decode(self, entry: bytes) -> Counters:
        """Return the connection counts and statistics of a dumped server."""
        values = self._layouts.read(entry)
        if values is None:
            return decode_server_counters(entry)
        active, inactive, persistent = values[: len(_CONNECTIONS)]
        return Counters(active, inactive, persistent, values[len(_CONNECTIONS) :])
