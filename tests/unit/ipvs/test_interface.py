# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which address an interface or an alias label stands for in a service's declaration."""

from __future__ import annotations

from typing import Any, List

from ansible_collections.sluice.edge.plugins.module_utils._inet.network import parse_network
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.interface import choose
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    IFA_F_SECONDARY,
    InterfaceAddress,
)


def on(interface: str, address: str, **more: Any) -> InterfaceAddress:
    network = parse_network(address)
    return InterfaceAddress(interface, 2, network.address, network.prefix, **more)


OWN = on("eth0", "198.51.100.5/24")
HOST = [
    OWN,
    on("eth0", "198.51.100.6/24", flags=IFA_F_SECONDARY),
    on("eth0", "192.0.2.10/32"),
    on("eth0", "192.0.2.11/32", label="eth0:1"),
    on("eth0", "2001:db8::5/64"),
    on("eth0", "2001:db8::10/128"),
    on("eth0", "fe80::5/64"),
    on("eth1", "203.0.113.9/32"),
]


def chosen(interface: str, family: str = "ipv4") -> List[str]:
    return [str(address) for address in choose(HOST, interface, family)]


def test_a_name_stands_for_the_interfaces_own_address_whatever_virtual_ones_it_carries() -> None:
    assert chosen("eth0") == ["198.51.100.5"]


def test_ipv6_link_local_and_virtual_addresses_are_not_the_interfaces_own() -> None:
    assert chosen("eth0", "ipv6") == ["2001:db8::5"]


def test_a_label_stands_for_the_address_that_has_it() -> None:
    assert chosen("eth0:1") == ["192.0.2.11"]


def test_an_interface_with_nothing_but_a_host_address_stands_for_it() -> None:
    assert chosen("eth1") == ["203.0.113.9"]


def test_two_own_addresses_are_both_told_so_that_the_operator_chooses() -> None:
    both = choose([*HOST, on("eth0", "203.0.113.1/24")], "eth0", "ipv4")
    assert [str(address) for address in both] == ["198.51.100.5", "203.0.113.1"]


def test_an_unknown_name_stands_for_nothing() -> None:
    assert chosen("eth9") == []
    assert chosen("eth0:9") == []
