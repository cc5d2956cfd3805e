# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Telling the neighbours where an address is now: gratuitous ARP and neighbour advertisements."""

from __future__ import annotations

from typing import Iterator, List, NamedTuple, Sequence

from .._inet.address import IPV4, Address
from .._kernel.rtnetlink import Link
from .packet import arp_announcement, arp_gratuitous_reply, neighbour_advertisement
from .wire import Departure, Wire


class Announcement(NamedTuple):
    """Tell behind ``link``, so many ``times``, every ``interval`` seconds, who has ``address``.

    ``router`` is true when the host forwards IPv6 on that interface.
    """

    link: Link
    address: Address
    times: int
    interval: float
    router: bool


def announce(announcements: Sequence[Announcement]) -> None:
    """Send all announcements, round by round: many addresses take no longer than one.

    Raises OSError when an interface cannot be sent on.
    """
    if announcements:
        with Wire([announcement.link.name for announcement in announcements]) as wire:
            wire.run(rounds(announcements))


def rounds(announcements: Sequence[Announcement]) -> Iterator[Departure]:
    """Yield every frame with its moment. Pure."""
    for announcement in announcements:
        frames = _frames(announcement)
        for turn in range(announcement.times):
            for frame in frames:
                yield Departure(turn * announcement.interval, announcement.link.name, frame)


def _frames(announcement: Announcement) -> List[bytes]:
    mac, address = announcement.link.mac, announcement.address
    if address.family == IPV4:
        return [arp_announcement(mac, address), arp_gratuitous_reply(mac, address)]
    return [neighbour_advertisement(mac, address, announcement.router)]
