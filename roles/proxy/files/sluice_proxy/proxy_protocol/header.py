# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a PROXY header says. Section numbers are those of haproxy's proxy-protocol.txt."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
"""The first twelve bytes of version 2 (section 2.2)."""
V1_MOST_BYTES = 107
"""The longest line of version 1, with its CRLF (section 2.1)."""
TLV_CRC32C = 0x03


class BadProxyHeader(Exception):
    """Bytes that are no PROXY header, or one over a bound: the connection has to be closed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Command(IntEnum):
    """Who opened the connection (section 2.2)."""

    LOCAL = 0
    """The proxy itself, for example to check health: addresses mean nothing."""
    PROXY = 1
    """A client, on whose behalf the proxy connected."""


@dataclass(frozen=True, slots=True)
class Tlv:
    """One additional value of version 2."""

    type: int
    value: bytes


@dataclass(frozen=True, slots=True)
class ProxyHeader:
    """A header that was understood.

    Addresses are None where they are unknown: LOCAL, UNKNOWN, AF_UNSPEC. Of unix sockets only the
    paths are known, without trailing zeros; ports are 0.
    """

    command: Command
    source: IPv4Address | IPv6Address | bytes | None = None
    destination: IPv4Address | IPv6Address | bytes | None = None
    source_port: int = 0
    destination_port: int = 0
    datagram: bool = False
    tlvs: tuple[Tlv, ...] = ()
