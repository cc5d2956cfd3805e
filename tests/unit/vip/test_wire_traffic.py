# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asking and announcing: whose answer counts, and what leaves when."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._vip.announce import Announcement, rounds
from ansible_collections.sluice.edge.plugins.module_utils._vip.packet import (
    arp_announcement,
    arp_gratuitous_reply,
    arp_probe,
    neighbour_advertisement,
    parse_arp,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.probe import claimed_address
from ansible_collections.sluice.edge.tests.fakes.vip import ethernet

ETH0 = ethernet(2, "eth0")
OTHER = bytes.fromhex("020000000099")
VIP = parse_address("192.0.2.10")
VIP6 = parse_address("2001:db8::10")


@pytest.mark.parametrize("build", [arp_probe, arp_announcement, arp_gratuitous_reply])
def test_whatever_another_says_about_an_address_claims_it(build: object) -> None:
    arp = parse_arp(build(OTHER, VIP))
    assert arp is not None
    assert claimed_address(arp, {ETH0.mac}) == VIP


@pytest.mark.parametrize("build", [arp_probe, arp_announcement, arp_gratuitous_reply])
def test_what_this_host_says_claims_nothing(build: object) -> None:
    arp = parse_arp(build(ETH0.mac, VIP))
    assert arp is not None
    assert claimed_address(arp, {ETH0.mac}) is None


def test_a_reply_that_names_nobody_claims_nothing() -> None:
    arp = parse_arp(arp_probe(OTHER, VIP))
    assert arp is not None
    assert claimed_address(arp._replace(operation=2), {ETH0.mac}) is None


def test_rounds_are_shared_by_all_addresses() -> None:
    announcements = [
        Announcement(ETH0, VIP, times=3, interval=1.1, router=False),
        Announcement(ETH0, VIP6, times=2, interval=1.1, router=True),
    ]
    departures = sorted(rounds(announcements))
    moments = [departure.offset for departure in departures]
    assert moments == pytest.approx([0, 0, 0, 1.1, 1.1, 1.1, 2.2, 2.2])
    assert {departure.frame for departure in departures} == {
        arp_announcement(ETH0.mac, VIP),
        arp_gratuitous_reply(ETH0.mac, VIP),
        neighbour_advertisement(ETH0.mac, VIP6, True),
    }


def test_no_times_is_no_frame() -> None:
    assert list(rounds([Announcement(ETH0, VIP, 0, 1.1, False)])) == []
