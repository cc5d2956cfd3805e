# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks, netmasks, and the scope of a purge."""

from __future__ import annotations

import ipaddress
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import (
    Scope,
    parse_network,
    parse_prefix,
)


@st.composite
def networks(draw: st.DrawFn) -> str:
    address = draw(st.ip_addresses())
    return "%s/%d" % (address, draw(st.integers(0, address.max_prefixlen)))


@given(networks(), st.ip_addresses())
def test_a_network_contains_what_python_says_it_contains(
    text: str, address: ipaddress.IPv4Address
) -> None:
    expected = address in ipaddress.ip_network(text, strict=False)
    assert (parse_address(str(address)) in parse_network(text)) == expected


@given(networks())
def test_a_network_contains_its_own_address(text: str) -> None:
    assert parse_address(text.split("/")[0]) in parse_network(text)


@given(st.integers(0, 32))
def test_a_netmask_is_its_prefix_length(prefix: int) -> None:
    netmask = str(ipaddress.ip_network("0.0.0.0/%d" % prefix).netmask)
    assert parse_prefix(netmask, "ipv4") == parse_prefix(str(prefix), "ipv4") == prefix


def test_a_bare_address_is_one_host() -> None:
    assert parse_network("192.0.2.1").prefix == 32
    assert parse_network("2001:db8::1").prefix == 128


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("192.0.2.0/33", "'192.0.2.0/33': '33' is not a prefix length of 0 to 32"),
        ("2001:db8::/129", "'2001:db8::/129': '129' is not a prefix length of 0 to 128"),
        ("192.0.2.0/", "'192.0.2.0/': '' is not a prefix length of 0 to 32"),
        ("192.0.2.0/-1", "'192.0.2.0/-1': '-1' is not a prefix length of 0 to 32"),
        ("192.0.2.0/٨", "'192.0.2.0/٨': '٨' is not a prefix length of 0 to 32"),
        ("192.0.2.0/" + "9" * 5000, "'192.0.2.0/" + "9" * 5000 + "': "),
        ("192.0.2.0/255.0.255.0", "'255.0.255.0' is not a contiguous netmask"),
        ("192.0.2.0/255.255.0", "'255.255.0' is not an IPv4 or IPv6 address"),
        ("2001:db8::/255.255.0.0", "'255.255.0.0' is not a prefix length of 0 to 128"),
        ("office", "'office' is not an IPv4 or IPv6 address"),
    ],
)
def test_what_is_no_network_is_refused_with_its_text_and_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"\A.*\Z") as caught:
        parse_network(text)
    assert reason in str(caught.value)


@given(st.lists(networks(), max_size=3), st.lists(networks(), max_size=3), st.ip_addresses())
def test_a_scope_is_inside_its_networks_and_outside_the_ignored(
    only: List[str], ignore: List[str], address: ipaddress.IPv4Address
) -> None:
    def within(listed: List[str]) -> bool:
        return any(address in ipaddress.ip_network(text, strict=False) for text in listed)

    scope = Scope(map(parse_network, only), map(parse_network, ignore))
    expected = (not only or within(only)) and not within(ignore)
    assert (parse_address(str(address)) in scope) == expected


def test_what_has_no_address_is_in_a_scope_only_when_the_scope_is_everything() -> None:
    assert None in Scope()
    assert None in Scope(ignore=[parse_network("0.0.0.0/0")])
    assert None not in Scope(only=[parse_network("0.0.0.0/0")])
