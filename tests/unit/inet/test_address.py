# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as operators write them, compared with Python's own ipaddress."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import (
    Address,
    parse_address,
)

ANY = st.ip_addresses()


@given(ANY)
def test_an_address_is_read_from_its_text_and_printed_as_rfc_5952_asks(
    address: ipaddress.IPv4Address,
) -> None:
    parsed = parse_address(str(address))
    assert parsed.packed == address.packed
    assert parsed.family == "ipv%d" % address.version
    assert parse_address(str(parsed)) == parsed
    mapped = address.version == 6 and int(address) < 2**48
    if not mapped:  # addresses with an IPv4 tail may be printed in two ways
        assert str(parsed) == str(address)


@given(ANY)
def test_every_spelling_is_the_same_address(address: ipaddress.IPv6Address) -> None:
    for text in (address.exploded, address.exploded.upper()):
        assert parse_address(text) == Address("ipv%d" % address.version, address.packed)


@given(ANY)
def test_an_address_is_told_apart_as_python_does(address: ipaddress.IPv4Address) -> None:
    parsed = parse_address(str(address))
    assert parsed.is_multicast == address.is_multicast
    assert parsed.is_unspecified == address.is_unspecified
    assert parsed.is_link_local == address.is_link_local
    if not getattr(address, "ipv4_mapped", None):
        assert parsed.is_loopback == address.is_loopback


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "192.0.2", "192.0.2.1.1", "192.0.2.256", "192.0.2.01", "0x7f.1", "127.1"),
        *("192.0.2.1/24", "192.0.2.1:80", "[2001:db8::1]", "fe80::1%eth0", ":::", "1::2::3"),
        *("12345::", "example.org", "192.0.2.1\x00", "192.0.2.1\n", "١٩٢.0.2.1", "\ud800"),
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"\A.* is not an IPv4 or IPv6 address\Z"):
        parse_address(text)


def test_only_ipv6_needs_brackets_before_a_port() -> None:
    assert parse_address("192.0.2.1").bracketed == "192.0.2.1"
    assert parse_address("2001:db8::1").bracketed == "[2001:db8::1]"
