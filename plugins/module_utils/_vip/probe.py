# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""IPv4 duplicate address detection: asking by ARP before taking an address (RFC 5227)."""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterator, NamedTuple, Optional, Sequence, Tuple

from .._inet.address import Address
from .._kernel.rtnetlink import Link
from .packet import ARP_REQUEST, ETH_P_ARP, Arp, arp_probe, parse_arp
from .wire import Departure, Wire

PROBES = 3
"""PROBE_NUM of RFC 5227; they are spread over the timeout instead of over 4 to 7 seconds."""


class Question(NamedTuple):
    """Has anybody behind ``link`` this address? ``timeout`` is in seconds."""

    link: Link
    address: Address
    timeout: float


Holders = Dict[Tuple[str, Address], bytes]
"""The MAC address that answered, by interface and address."""


def find_holders(questions: Sequence[Question], own_macs: AbstractSet[bytes]) -> Holders:
    """Ask all questions at the same time; return who answered.

    ``own_macs`` are this host's: it answers for the addresses of its other interfaces itself.
    Raises OSError when an interface cannot be asked on.
    """
    asked = {(question.link.name, question.address) for question in questions}
    holders: Holders = {}

    def hear(interface: str, frame: bytes) -> None:
        arp = parse_arp(frame)
        claimed = claimed_address(arp, own_macs) if arp is not None else None
        if arp is not None and claimed is not None and (interface, claimed) in asked:
            holders.setdefault((interface, claimed), arp.sender_mac)

    with Wire([interface for interface, _address in asked], ETH_P_ARP) as wire:
        wire.run(_probes(questions), max(question.timeout for question in questions), hear)
    return holders


def claimed_address(arp: Arp, own_macs: AbstractSet[bytes]) -> Optional[Address]:
    """Return the address that somebody else uses, or is about to take, by this packet.

    RFC 5227, section 2.1.1: any packet whose sender has it, and another's probe for it.
    """
    if arp.sender_mac in own_macs:
        return None
    if not arp.sender.is_unspecified:
        return arp.sender
    return arp.target if arp.operation == ARP_REQUEST else None


def _probes(questions: Sequence[Question]) -> Iterator[Departure]:
    for link, address, timeout in questions:
        frame = arp_probe(link.mac, address)
        for turn in range(PROBES):
            yield Departure(turn * timeout / PROBES, link.name, frame)
