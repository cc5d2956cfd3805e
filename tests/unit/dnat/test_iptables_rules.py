# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Shares of connections as xtables counts them: thresholds, turns, hashes."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.layout import (
    chain_of,
    chance,
    described,
    description,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.source_hash import (
    slot_below,
    slot_of,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.iptables.wire.extensions import (
    MOST_INSTRUCTIONS,
    UNIT,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import Destination, Profile

WEIGHTS = st.lists(st.integers(1, 65535), min_size=2, max_size=1024)


@given(WEIGHTS)
def test_thresholds_are_as_near_as_the_kernel_can_count(weights: List[int]) -> None:
    left = sum(weights)
    for weight in weights[:-1]:
        exact = Fraction(weight * UNIT, left)
        assert abs(chance(weight, left) - exact) <= Fraction(1, 2)
        left -= weight


def test_many_equal_destinations_have_different_thresholds() -> None:
    found = [chance(1, left) for left in range(1024, 1, -1)]
    assert len(set(found)) == len(found), "a probability with five decimals repeats itself"


def test_names_of_chains_fit_and_differ_where_names_nearly_do_not() -> None:
    names = [chain_of(title) for title in ("a-b", "a_b", "A-B", "a" * 63, "a" * 62 + "b")]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 28 for name in names)


def test_the_longest_description_fits_into_a_comment_and_is_read_back() -> None:
    longest = Profile(
        title="n" * 63,
        family="ipv6",
        address="2001:db8:1111:2222:3333:4444:5555:6666",
        protocol="sctp",
        port=65535,
        side="client",
        destinations=(Destination("2001:db8::1", 1),),
        balancing="source_hash",
        affinity=604800,
        masquerade="hairpin",
        on_empty="reject",
        sources=("2001:db8::/32",),
    )
    assert len(description(longest)) < 256
    read = described(description(longest))
    assert read is not None
    assert read._replace(destinations=longest.destinations, sources=longest.sources) == longest


@pytest.mark.parametrize("net", ["192.0.2.%d", "2001:db8::%x", "2001:db8:%x::1"])
def test_neighbouring_clients_are_shared_out_evenly(net: str) -> None:
    found = Counter(slot_of(net % number, 10) for number in range(256))
    assert set(found) == set(range(10))
    # 99.9 % of a normal distribution are within 3.29 deviations of 25.6, which are 4.8 each.
    assert all(9 <= times <= 42 for times in found.values()), found


@given(st.ip_addresses(), st.integers(2, 1024), st.data())
def test_the_program_finds_the_slot_of_a_client(
    address: object, slots: int, data: st.DataObject
) -> None:
    end = data.draw(st.integers(1, slots))
    text = str(address)
    program = slot_below("ipv6" if ":" in text else "ipv4", end, slots)
    assert len(program) <= MOST_INSTRUCTIONS
    assert bool(_run(program, text)) == (slot_of(text, slots) < end)


def _run(program: List[tuple[int, int, int, int]], source: str) -> int:
    """Run a program of classic BPF as the kernel does, on a packet from a source."""
    from ipaddress import ip_address

    packed = ip_address(source).packed
    packet = bytes(12 if len(packed) == 4 else 8) + packed + bytes(16)
    a = x = place = 0
    while True:
        code, if_true, if_false, operand = program[place]
        place += 1
        if code == 0x20:
            a = int.from_bytes(packet[operand : operand + 4], "big")
        elif code == 0x07:
            x = a
        elif code == 0x24:
            a = a * operand & 0xFFFFFFFF
        elif code == 0x74:
            a >>= operand
        elif code == 0xAC:
            a ^= x
        elif code == 0x94:
            a %= operand
        elif code == 0x35:
            place += if_true if a >= operand else if_false
        elif code == 0x06:
            return operand
        else:
            raise AssertionError("an instruction that no profile needs: %#x" % code)
