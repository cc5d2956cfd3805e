# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers of fwmark services that are declared without a port. Pure.

The kernel tells servers apart by address and port under a firewall mark too, so that one address
can be there with several ports. A declaration without a port means whichever are there.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from .._converge.resource import State
from .._declare.item import Item
from .._inet.address import Address
from .model import Entry, Server, ServerId, ServiceId

Place = Tuple[ServiceId, Address]


class ExistingPorts:
    """Finds the servers that exist under an address; made anew for each state."""

    def __init__(self, have: State[Entry]) -> None:
        self._have = have
        self._by_place: Optional[Dict[Place, List[ServerId]]] = None

    def identities(self, key: ServerId, any_port: bool) -> List[ServerId]:
        """Return what ``key`` stands for: itself, or with ``any_port`` its address's servers.

        With ``any_port`` the list is in the order of the ports, and empty when there is none.
        """
        if not any_port:
            return [key]
        if self._by_place is None:
            self._by_place = {}
            for entry in self._have.values():
                if isinstance(entry, Server) and entry.key.service.address is None:
                    place = (entry.key.service, entry.key.address)
                    self._by_place.setdefault(place, []).append(entry.key)
        return sorted(self._by_place.get((key.service, key.address), []))

    def settle(self, server: Server, any_port: bool) -> Server:
        """Return the server with the port it has already, where the declaration leaves it open."""
        if any_port:
            for key in self.identities(server.key, any_port):
                return server._replace(key=key)
        return server


class DistinctServers:
    """Refuses a server that an earlier entry of the same declaration names too."""

    def __init__(self) -> None:
        self._labels: Dict[ServerId, str] = {}
        self._places: Dict[Place, Tuple[str, bool]] = {}

    def add(self, item: Item, label: str, key: ServerId, any_port: bool) -> None:
        """Take note of the server that ``item``, called ``label``, declares; raise InvalidInput."""
        first = self._labels.setdefault(key, label)
        if first != label:
            raise item.error("%s declares the same real server" % first)
        if key.service.address is not None:
            return
        other, open_port = self._places.setdefault((key.service, key.address), (label, any_port))
        if other != label and (any_port or open_port):
            raise item.error("%s declares a server of this address too: give both a port" % other)
