# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the record of a name belongs: its last alias, the zone of that, and who tells of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dns.name
import dns.rdatatype

from ...validating import NotAnswered
from .asking import NameServer, asked
from .resolver import Resolver

MOST_ALIASES = 8
"""Aliases that follow each other."""

_A = dns.rdatatype.A
_AAAA = dns.rdatatype.AAAA


class Zones:
    """Asks the server that takes updates, and the system where that one is not responsible."""

    def __init__(self, server: NameServer, resolver: Resolver) -> None:
        self._server = server
        self._resolver = resolver

    async def unaliased(self, name: dns.name.Name) -> dns.name.Name:
        """Return the name that a chain of aliases leads to. Raises NotAnswered."""
        seen = [name]
        while (alias := await self._alias(seen[-1])) is not None:
            if alias in seen or len(seen) > MOST_ALIASES:
                raise NotAnswered(f"{_text(name)} is an alias that leads nowhere: {_text(alias)}")
            seen.append(alias)
        return seen[-1]

    async def zone_of(self, name: dns.name.Name) -> dns.name.Name:
        """Return the zone that has a name. Raises NotAnswered."""
        told = await asked(self._server, name, dns.rdatatype.SOA)
        if told is not None:
            for rrset in (*told.message.answer, *told.message.authority):
                if rrset.rdtype == dns.rdatatype.SOA and name.is_subdomain(rrset.name):
                    return rrset.name
        raise NotAnswered(
            f"DNS server {self._server} keeps no zone that {_text(name)} is in: check"
            " issuing.acme.dns.update"
        )

    async def servers_of(self, zone: dns.name.Name) -> Sequence[NameServer]:
        """Return the servers that authorities may ask about a zone, ours first."""
        found = {self._server.address: self._server}
        told = await asked(self._server, zone, dns.rdatatype.NS)
        hosts: list[Any] = [] if told is None else told.values(zone, dns.rdatatype.NS)
        for record in hosts:
            for address in await self._addresses(record.target):
                # At the address of ours, another port may be the world's: it is the same server.
                found.setdefault(address, NameServer(_text(record.target), address))
        return list(found.values())

    async def _alias(self, name: dns.name.Name) -> dns.name.Name | None:
        told = await asked(self._server, name, dns.rdatatype.CNAME)
        if told is None:
            return await self._resolver.alias(name)
        found: list[Any] = told.values(name, dns.rdatatype.CNAME)
        target: dns.name.Name | None = found[0].target if found else None
        return target

    async def _addresses(self, host: dns.name.Name) -> Sequence[str]:
        addresses: list[str] = []
        for kind in (_A, _AAAA):
            told = await asked(self._server, host, kind)
            if told is None:
                return await self._elsewhere(host)
            records: list[Any] = told.values(host, kind)
            addresses += [record.address for record in records]
        return addresses

    async def _elsewhere(self, host: dns.name.Name) -> Sequence[str]:
        try:
            return await self._resolver.addresses(_text(host))
        except NotAnswered:
            # Authorities find no such server either.
            return []


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True)
