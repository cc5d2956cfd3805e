# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The frames by which a host asks for and announces addresses, byte by byte. Pure."""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional

from .._inet.address import IPV4, Address

ETH_P_ARP = 0x0806  # linux/if_ether.h
ETH_P_IPV6 = 0x86DD
ARP_REQUEST, ARP_REPLY = 1, 2  # RFC 826

_ETHERNET = struct.Struct("!6s6sH")
_ARP = struct.Struct("!HHBBH6s4s6s4s")
_ARP_ETHERNET_IPV4 = (1, 0x0800, 6, 4)  # hardware, protocol, their sizes
_BROADCAST = b"\xff" * 6
_NOBODY = bytes(6)
_NOWHERE = bytes(4)

_ALL_NODES = bytes.fromhex("ff020000000000000000000000000001")  # RFC 4291, section 2.7.1
_ALL_NODES_MAC = bytes.fromhex("333300000001")  # RFC 2464, section 7
_IPV6 = struct.Struct("!IHBB16s16s")
_ADVERTISEMENT = struct.Struct("!BBHI16sBB6s")
_ICMPV6 = 58
_NEIGHBOUR_ADVERTISEMENT = 136
_ROUTER_FLAG, _OVERRIDE_FLAG = 1 << 31, 1 << 29
_TARGET_LINK_LAYER = 2


class Arp(NamedTuple):
    """An ARP packet for Ethernet and IPv4 (RFC 826)."""

    operation: int
    sender_mac: bytes
    sender: Address
    target_mac: bytes
    target: Address


def arp_probe(mac: bytes, address: Address) -> bytes:
    """Return the frame that asks who has ``address`` without claiming it (RFC 5227, 2.1.1)."""
    return _arp(ARP_REQUEST, mac, _NOWHERE, _NOBODY, address.packed)


def arp_announcement(mac: bytes, address: Address) -> bytes:
    """Return the gratuitous request that says ``address`` is at ``mac`` (RFC 5227, 2.3)."""
    return _arp(ARP_REQUEST, mac, address.packed, _NOBODY, address.packed)


def arp_gratuitous_reply(mac: bytes, address: Address) -> bytes:
    """Return the gratuitous reply that says the same (RFC 5944, section 4.6).

    Some neighbours listen only to requests, others only to replies.
    """
    return _arp(ARP_REPLY, mac, address.packed, mac, address.packed)


def neighbour_advertisement(mac: bytes, address: Address, router: bool) -> bytes:
    """Return the unsolicited advertisement to all nodes, override flag set (RFC 4861, 7.2.6).

    ``router`` tells whether this host forwards on the interface: without the flag its neighbours
    would drop it from their routers.
    """
    flags = _OVERRIDE_FLAG | (_ROUTER_FLAG if router else 0)
    body = _advertisement(0, flags, address, mac)
    pseudo = address.packed + _ALL_NODES + struct.pack("!I3xB", len(body), _ICMPV6)
    body = _advertisement(_checksum(pseudo + body), flags, address, mac)
    header = _IPV6.pack(6 << 28, len(body), _ICMPV6, 255, address.packed, _ALL_NODES)
    return _ETHERNET.pack(_ALL_NODES_MAC, mac, ETH_P_IPV6) + header + body


def parse_arp(frame: bytes) -> Optional[Arp]:
    """Return the ARP packet in an Ethernet frame, None when there is none for IPv4."""
    if len(frame) < _ETHERNET.size + _ARP.size:
        return None
    _destination, _source, kind = _ETHERNET.unpack_from(frame)
    if kind != ETH_P_ARP:
        return None
    fields = _ARP.unpack_from(frame, _ETHERNET.size)
    if fields[:4] != _ARP_ETHERNET_IPV4:
        return None
    operation, sender_mac, sender, target_mac, target = fields[4:]
    return Arp(operation, sender_mac, Address(IPV4, sender), target_mac, Address(IPV4, target))


def spell_mac(mac: bytes) -> str:
    """Return ``02:00:5e:10:00:01`` for six bytes."""
    return ":".join("%02x" % byte for byte in mac)


def _arp(operation: int, mac: bytes, sender: bytes, target_mac: bytes, target: bytes) -> bytes:
    packet = _ARP.pack(*_ARP_ETHERNET_IPV4, operation, mac, sender, target_mac, target)
    return _ETHERNET.pack(_BROADCAST, mac, ETH_P_ARP) + packet


def _advertisement(checksum: int, flags: int, address: Address, mac: bytes) -> bytes:
    return _ADVERTISEMENT.pack(
        _NEIGHBOUR_ADVERTISEMENT, 0, checksum, flags, address.packed, _TARGET_LINK_LAYER, 1, mac
    )


def _checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071) of an even number of bytes."""
    total: int = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
