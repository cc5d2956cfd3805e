# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is looked up elsewhere than at the server that takes updates: as the system does it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from ...validating import NotAnswered

PATIENCE = 10.0
"""Seconds for what is looked up."""


class Resolver(Protocol):
    """Looks names up."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host. Raises NotAnswered."""

    async def alias(self, name: dns.name.Name) -> dns.name.Name | None:
        """Return what a name is an alias of (CNAME), None where it is none. Raises NotAnswered."""


class SystemResolver:
    """Looks names up where the system does."""

    async def addresses(self, host: str) -> Sequence[str]:
        """Return the addresses of a host. Raises NotAnswered."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            reason = error.strerror or "no answer"
            raise NotAnswered(f"DNS server {host} has no address: {reason}") from None
        return list(dict.fromkeys(str(place[0]) for *_unused, place in found))

    async def alias(self, name: dns.name.Name) -> dns.name.Name | None:
        """Return what a name is an alias of (CNAME), None where it is none. Raises NotAnswered."""
        try:
            found = await dns.asyncresolver.Resolver().resolve(
                name, dns.rdatatype.CNAME, raise_on_no_answer=False, lifetime=PATIENCE, search=False
            )
        except dns.resolver.NXDOMAIN:
            return None
        except (dns.exception.DNSException, OSError):
            raise NotAnswered(
                f"{name.to_text(omit_final_dot=True)} cannot be looked up: the system's resolver"
                " does not answer"
            ) from None
        for record in found.rrset or ():
            target: dns.name.Name = record.target
            return target
        return None
