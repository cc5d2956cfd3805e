# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Frames, byte by byte, against captures spelled out from the RFCs."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._vip.packet import (
    Arp,
    arp_announcement,
    arp_gratuitous_reply,
    arp_probe,
    neighbour_advertisement,
    parse_arp,
    spell_mac,
)

MAC = bytes.fromhex("02005e100001")
VIP = parse_address("192.0.2.10")
VIP6 = parse_address("2001:db8::10")


def frame(*parts: str) -> bytes:
    return bytes.fromhex("".join(parts))


def test_a_probe_claims_nothing() -> None:
    assert arp_probe(MAC, VIP) == frame(
        "ffffffffffff02005e1000010806",
        "0001080006040001",
        "02005e10000100000000",
        "000000000000c000020a",
    )


def test_an_announcement_is_a_request_for_the_own_address() -> None:
    assert arp_announcement(MAC, VIP) == frame(
        "ffffffffffff02005e1000010806",
        "0001080006040001",
        "02005e100001c000020a",
        "000000000000c000020a",
    )


def test_a_gratuitous_reply_names_the_own_mac_as_target() -> None:
    assert arp_gratuitous_reply(MAC, VIP) == frame(
        "ffffffffffff02005e1000010806",
        "0001080006040002",
        "02005e100001c000020a",
        "02005e100001c000020a",
    )


@pytest.mark.parametrize(
    ("router", "checksum", "flags"), [(False, "9afc", "20000000"), (True, "1afc", "a0000000")]
)
def test_an_advertisement_overrides_and_says_whether_it_routes(
    router: bool, checksum: str, flags: str
) -> None:
    assert neighbour_advertisement(MAC, VIP6, router) == frame(
        "33330000000102005e10000186dd",
        "6000000000203aff",
        "20010db8000000000000000000000010",
        "ff020000000000000000000000000001",
        "8800" + checksum + flags,
        "20010db8000000000000000000000010",
        "020102005e100001",
    )


def test_the_advertisements_checksum_proves_right() -> None:
    sent = neighbour_advertisement(MAC, VIP6, False)
    source_and_target, body = sent[22:54], sent[54:]
    covered = source_and_target + len(body).to_bytes(4, "big") + b"\0\0\0\x3a" + body
    words = [int.from_bytes(covered[at : at + 2], "big") for at in range(0, len(covered), 2)]
    total = sum(words)
    assert (total & 0xFFFF) + (total >> 16) == 0xFFFF


def test_what_is_built_is_read() -> None:
    assert parse_arp(arp_gratuitous_reply(MAC, VIP) + bytes(18)) == Arp(2, MAC, VIP, MAC, VIP)


@pytest.mark.parametrize(
    "foreign",
    [
        b"",
        arp_probe(MAC, VIP)[:41],
        neighbour_advertisement(MAC, VIP6, False),
        arp_probe(MAC, VIP).replace(bytes.fromhex("00010800"), bytes.fromhex("00060800")),
        arp_probe(MAC, VIP).replace(bytes.fromhex("00010800"), bytes.fromhex("000186dd")),
    ],
    ids=["empty", "cut off", "ipv6", "no ethernet", "no ipv4"],
)
def test_other_frames_are_no_arp(foreign: bytes) -> None:
    assert parse_arp(foreign) is None


def test_a_mac_is_spelled_with_colons() -> None:
    assert spell_mac(MAC) == "02:00:5e:10:00:01"
