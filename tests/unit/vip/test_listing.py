# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing: what is a declaration, what is only a detail, and in which order."""

from __future__ import annotations

from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_PERMANENT,
    IFA_F_TENTATIVE,
    InterfaceAddress,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.listing import describe
from ansible_collections.sluice.edge.tests.fakes.vip import ethernet


def record(address: str, prefix: int, **more: Any) -> InterfaceAddress:
    return InterfaceAddress("eth0", 2, parse_address(address), prefix, **more)


def test_a_declaration_holds_what_vip_takes() -> None:
    found = describe(
        [
            record("192.0.2.10", 32, label="eth0:1", flags=IFA_F_PERMANENT | IFA_F_DEPRECATED),
            record("192.0.2.9", 24, label="eth0"),
        ],
        [],
    )
    assert found["addresses"] == [
        {
            "address": "192.0.2.9",
            "prefix": 24,
            "interface": "eth0",
            "preferred_lifetime": "forever",
        },
        {
            "address": "192.0.2.10",
            "prefix": 32,
            "interface": "eth0",
            "preferred_lifetime": 0,
            "label": "eth0:1",
        },
    ]


def test_what_vip_cannot_declare_is_only_a_detail() -> None:
    dad_failed = IFA_F_PERMANENT | IFA_F_TENTATIVE | IFA_F_DADFAILED
    records = [
        record("192.0.2.1", 24, preferred_lifetime=1800, valid_lifetime=3600),
        record("192.0.2.2", 32, peer=parse_address("192.0.2.3")),
        record("127.0.0.1", 8, scope=254),
        record("2001:db8::1", 64, flags=dad_failed),
    ]
    found = describe(records, [])
    assert found["addresses"] == []
    assert len(found["details"]) == 4


def test_an_address_with_two_prefixes_is_declared_once() -> None:
    found = describe([record("192.0.2.1", 32), record("192.0.2.1", 24)], [])
    assert [entry["prefix"] for entry in found["addresses"]] == [24]
    assert len(found["details"]) == 2


def test_interfaces_come_with_their_counters() -> None:
    link = ethernet(2, "eth0")._replace(statistics={"rx_bytes": 2**40})
    (shown,) = describe([], [link])["interfaces"]
    assert shown == {
        "name": "eth0",
        "mac": "02:00:00:00:00:02",
        "mtu": 1500,
        "up": True,
        "carrier": True,
        "statistics": {"rx_bytes": 2**40},
    }
