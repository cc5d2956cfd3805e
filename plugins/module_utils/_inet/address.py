# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv4 and IPv6 addresses in canonical form.

An Address sorts and compares by its packed bytes and prints as RFC 5952 asks.
"""

from __future__ import annotations

import socket
from typing import NamedTuple, Optional

IPV4 = "ipv4"
IPV6 = "ipv6"
FAMILIES = (IPV4, IPV6)
BITS = {IPV4: 32, IPV6: 128}
_AF = {IPV4: socket.AF_INET, IPV6: socket.AF_INET6}
_FAMILY_OF_AF = {int(number): family for family, number in _AF.items()}


class Address(NamedTuple):
    """One address: its family (``ipv4`` or ``ipv6``) and 4 or 16 bytes, network order."""

    family: str
    packed: bytes

    def __str__(self) -> str:
        return socket.inet_ntop(_AF[self.family], self.packed)

    @property
    def bracketed(self) -> str:
        """The form that a port can follow: IPv6 in brackets (RFC 3986, section 3.2.2)."""
        text = str(self)
        return "[%s]" % text if self.family == IPV6 else text

    @property
    def is_unspecified(self) -> bool:
        return not any(self.packed)

    @property
    def is_loopback(self) -> bool:
        if self.family == IPV4:
            return self.packed[0] == 127
        return self.packed == b"\x00" * 15 + b"\x01"

    @property
    def is_multicast(self) -> bool:
        return self.packed[0] == 0xFF if self.family == IPV6 else 224 <= self.packed[0] <= 239

    @property
    def is_unicast(self) -> bool:
        """True for an address that one host can have: not ``::``, multicast or broadcast."""
        first = self.packed[0]
        if self.family == IPV4:
            return 0 < first < 224
        return first != 0xFF and any(self.packed)

    @property
    def is_link_local(self) -> bool:
        if self.family == IPV4:
            return self.packed[:2] == b"\xa9\xfe"
        return self.packed[0] == 0xFE and self.packed[1] & 0xC0 == 0x80

    @property
    def is_broadcast(self) -> bool:
        """True for 255.255.255.255, the limited broadcast address."""
        return self.packed == b"\xff\xff\xff\xff"


def address_family_number(family: str) -> int:
    """Return AF_INET or AF_INET6 for ``ipv4`` or ``ipv6``."""
    return int(_AF[family])


def family_of_number(number: int) -> Optional[str]:
    """Return ``ipv4`` or ``ipv6`` for AF_INET or AF_INET6, None for another number."""
    return _FAMILY_OF_AF.get(number)


def parse_address(text: str) -> Address:
    """Return the address that ``text`` spells.

    Raises ValueError, with the reason as one clause, when it is none (names, ports, prefixes,
    zones and leading zeros included).
    """
    family = IPV6 if ":" in text else IPV4
    try:
        return Address(family, socket.inet_pton(_AF[family], text))
    except (OSError, ValueError, UnicodeEncodeError):
        raise ValueError("%r is not an IPv4 or IPv6 address" % (text,)) from None
