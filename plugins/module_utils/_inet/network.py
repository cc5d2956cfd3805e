# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""CIDR networks, and the scope that limits a purge."""

from __future__ import annotations

from typing import Iterable, NamedTuple, Tuple

from .address import BITS, Address, parse_address


class Network(NamedTuple):
    """An address with a prefix length; host bits are kept as written."""

    address: Address
    prefix: int

    def __str__(self) -> str:
        return "%s/%d" % (self.address, self.prefix)

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, Address) or address.family != self.address.family:
            return False
        shift = BITS[address.family] - self.prefix
        mine = int.from_bytes(self.address.packed, "big") >> shift
        return int.from_bytes(address.packed, "big") >> shift == mine


def parse_prefix(text: str, family: str) -> int:
    """Return the prefix length that ``text`` spells: a number, or an IPv4 dotted netmask.

    Raises ValueError with the reason as one clause.
    """
    bits = BITS[family]
    if "." in text and family == "ipv4":
        mask = int.from_bytes(parse_address(text).packed, "big")
        prefix = bin(mask).count("1")
        if mask != ((1 << prefix) - 1) << (bits - prefix):
            raise ValueError("%r is not a contiguous netmask" % text)
        return prefix
    if not (text.isascii() and text.isdigit() and len(text) <= 3) or int(text) > bits:
        raise ValueError("%r is not a prefix length of 0 to %d" % (text, bits))
    return int(text)


def parse_network(text: str) -> Network:
    """Return the network that ``text`` spells; a bare address is one host.

    Raises ValueError with the reason as one clause.
    """
    host, slash, prefix = text.partition("/")
    address = parse_address(host)
    if not slash:
        return Network(address, BITS[address.family])
    try:
        return Network(address, parse_prefix(prefix, address.family))
    except ValueError as error:
        raise ValueError("%r: %s" % (text, error)) from None


class Scope:
    """The addresses that a purge may remove: inside a network of ``only``, outside ``ignore``.

    An empty ``only`` stands for every address.
    """

    def __init__(self, only: Iterable[Network] = (), ignore: Iterable[Network] = ()) -> None:
        self._only: Tuple[Network, ...] = tuple(only)
        self._ignore: Tuple[Network, ...] = tuple(ignore)

    def __contains__(self, address: object) -> bool:
        if any(address in network for network in self._ignore):
            return False
        return not self._only or any(address in network for network in self._only)
