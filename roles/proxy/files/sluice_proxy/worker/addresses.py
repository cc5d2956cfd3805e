# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The addresses of a connection."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from ..proxy_protocol import Command, ProxyHeader


def peer(transport: Any) -> tuple[str, int]:
    """Return the address of a connection's client, empty for a unix socket, and our port."""
    name = transport.get_extra_info("peername")
    own = transport.get_extra_info("sockname")
    if not isinstance(name, tuple) or not isinstance(own, tuple):
        return "", 0
    return str(plain_address(name[0])), int(own[1])


def both_ends(transport: Any) -> ProxyHeader:
    """Return both addresses and ports of a connection; nothing of a unix socket."""
    source = transport.get_extra_info("peername")
    destination = transport.get_extra_info("sockname")
    if not isinstance(source, tuple) or not isinstance(destination, tuple):
        return ProxyHeader(Command.LOCAL)
    return ProxyHeader(
        Command.PROXY,
        plain_address(source[0]),
        plain_address(destination[0]),
        int(source[1]),
        int(destination[1]),
    )


def plain_address(text: str) -> IPv4Address | IPv6Address:
    """Return an address of a socket: without zone, and IPv4 where it is mapped into IPv6."""
    address = ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
