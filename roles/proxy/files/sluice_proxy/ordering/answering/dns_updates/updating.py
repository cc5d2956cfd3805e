# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""TXT records by updates."""

from __future__ import annotations

from ipaddress import ip_address

import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.update

from ....snapshot.issuing import DnsUpdate
from ...validating import NotAnswered
from .asking import NameServer, NotDone, sent
from .key import signing_key
from .resolver import Resolver, SystemResolver
from .showing import shown
from .zones import Zones


class UpdatedRecords:
    """Has a server change its zone; ``propagation`` is how long its other servers may take, in
    seconds."""

    def __init__(
        self, update: DnsUpdate, propagation: float, resolver: Resolver | None = None
    ) -> None:
        self._update = update
        self._propagation = propagation
        self._resolver = resolver or SystemResolver()
        # Where records went, as aliases may change before they are to go.
        self._places: dict[tuple[str, str], tuple[dns.name.Name, dns.name.Name]] = {}

    async def set(self, name: str, value: str) -> None:
        """Have a record, and return when the servers of its zone show it. Raises NotAnswered."""
        server = await self._server()
        zones = Zones(server, self._resolver)
        zone, owner = await self._place(zones, name)
        update = self._message(zone)
        update.add(owner, self._update.ttl, _record(value))
        # Who gets no answer does not know whether it is there: it is withdrawn all the same.
        self._places[name, value] = (zone, owner)
        try:
            await sent(server, update, f"set {_text(owner)}")
        except NotDone:
            del self._places[name, value]
            raise
        await shown(await zones.servers_of(zone), owner, value, self._propagation)

    async def unset(self, name: str, value: str) -> None:
        """Have no record that was set here. Raises NotAnswered."""
        place = self._places.pop((name, value), None)
        if place is None:
            return
        zone, owner = place
        update = self._message(zone)
        update.delete(owner, _record(value))
        await sent(await self._server(), update, f"remove {_text(owner)}")

    async def _server(self) -> NameServer:
        host, port = self._update.server, self._update.port
        try:
            return NameServer(host, str(ip_address(host)), port)
        except ValueError:
            pass
        addresses = await self._resolver.addresses(host)
        if not addresses:
            raise NotAnswered(f"DNS server {host} has no address")
        return NameServer(host, addresses[0], port)

    async def _place(self, zones: Zones, name: str) -> tuple[dns.name.Name, dns.name.Name]:
        """Return the zone that a record belongs in, and the name that it has there."""
        owner = await zones.unaliased(dns.name.from_text(name))
        if not self._update.zone:
            return await zones.zone_of(owner), owner
        zone = dns.name.from_text(self._update.zone)
        if not owner.is_subdomain(zone):
            raise NotAnswered(
                f"{_text(owner)} is not in the zone {self._update.zone}: make it an alias of a name"
                " there, or change issuing.acme.dns.update.zone"
            )
        return zone, owner

    def _message(self, zone: dns.name.Name) -> dns.update.UpdateMessage:
        return dns.update.UpdateMessage(zone, keyring=signing_key(self._update))


def _record(value: str) -> dns.rdata.Rdata:
    return dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.TXT, f'"{value}"')


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True)
