# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bytes of the DNAT table, held against what nft 1.0.6 wrote and Linux 6.18 listed."""

from __future__ import annotations

from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.sets import shape_of
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire import (
    elements,
    messages,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.wire import (
    expressions as ex,
)
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netlink import each_attribute

# Of a set of nft's own: key type, lengths, and what nft keeps beside it.
LISTED_SETS = {
    "profiles4_proxy": (
        (8, 0x730D, 12, 0xFFFFFF00, 16),
        "000400000000010400000000030800040d0000000100060400000000",
    ),
    "traffic6_proxy": ((0, 0x0830D20D, 44, 0, 0), "000400000000030800040d0000000100"),
    "sources4_proxy": ((0x84, 0x1CC347, 16, 0, 0), "000400000000030800040d0000000100"),
    "affinity4_proxy": (
        (0x38, 0x1CC347, 16, 0x1CD, 8),
        "000400000000010400000000030800040d0000000100040800040d0000000100060400000000",
    ),
}
KEY = bytes.fromhex("c00002010600000000500000")


@pytest.mark.parametrize("name", LISTED_SETS)
def test_sets_are_as_nft_makes_them(name: str) -> None:
    numbers, userdata = LISTED_SETS[name]
    shape = shape_of(name)
    assert shape is not None
    assert shape[:5] == numbers
    assert shape.userdata.hex() == userdata


@pytest.mark.parametrize(
    "name", ["mine", "slots4_proxy_icmp", "slots4_proxy", "profiles4_proxy_x", "sticky4_proxy_"]
)
def test_other_names_are_no_sets_of_ours(name: str) -> None:
    assert shape_of(name) is None


@pytest.mark.parametrize(("place", "number"), [(0, 1), (4, 2), (12, 4), (1, 9), (11, 19), (15, 23)])
def test_registers_have_the_kernels_numbers(place: int, number: int) -> None:
    assert ex.register(place) == number


def test_a_counting_element_is_as_the_kernel_lists_it() -> None:
    listed = elements.counter(0, 0) + elements.comment("weight 1")
    assert listed.hex() == (
        "2c000700" "0c000100636f756e74657200" "1c000200"
        "0c0001000000000000000000" "0c0002000000000000000000"
        "0f000600" "0009776569676874203100" "00"
    )  # fmt: skip
    counted, rest = elements.split_counter(elements.counter(7, 700) + elements.comment("weight 1"))
    assert elements.read_counter(counted) == (7, 700)
    assert elements.read_comment(rest) == "weight 1"


def test_an_element_that_leads_to_a_chain_is_as_the_kernel_lists_it() -> None:
    chain = "proxy4.tcp"
    rest = elements.goto(chain) + elements.comment("a")
    assert rest.hex() == (
        "20000200" "1c000200" "08000100fffffffc" "0f000200" "70726f7879342e74637000" "00"
        "08000600" "00026100"
    )  # fmt: skip
    assert elements.read_goto(rest) == chain
    assert elements.read_comment(rest) == "a"
    assert elements.read_goto(elements.data(b"\0" * 8)) is None


def test_a_range_is_deleted_by_both_its_ends() -> None:
    end = elements.range_end(b"\xff" * 12)
    (request,) = elements.delete("t", "s", [(KEY, end + elements.comment("x"))])
    assert elements.read(request.attributes, 12) == {KEY: end}
    assert elements.read_range_end(end) == b"\xff" * 12


@given(
    st.dictionaries(
        st.binary(min_size=12, max_size=12),
        st.sampled_from([b"", elements.data(b"\1" * 8), elements.comment("text")]),
        max_size=40,
    )
)
def test_elements_are_read_as_they_were_written(written: Dict[bytes, bytes]) -> None:
    found: Dict[bytes, bytes] = {}
    for request in elements.add("sluice", "a", written.items()):
        assert elements.name_in(request.attributes) == "a"
        found.update(elements.read(request.attributes, 12))
    assert found == written


def test_many_elements_are_several_messages() -> None:
    many = {number.to_bytes(12, "big"): b"" for number in range(5000)}
    requests = list(elements.add("sluice", "a", many.items()))
    assert len(requests) > 1
    for request in requests:
        assert all(
            len(payload) < 65536 - 4 for _kind, payload in each_attribute(request.attributes)
        )


def test_rules_are_read_as_they_were_written() -> None:
    rule = (
        *ex.has_bit(ex.STATUS_DNAT),
        ex.limit(7, "hour"),
        ex.log("x: ", 4),
        ex.jhash(11, 16, 3, 1, 6),
        ex.update("affinity", 10, 60),
    )
    chain, found = messages.read_rule(messages.new_rule("sluice", "c", rule).attributes)
    assert (chain, found) == ("c", rule)
    assert ex.read_limit(found[2]) == (7, "hour")
    assert ex.read_log(found[3]) == ("x: ", 4)


def test_a_rule_may_have_what_the_kernel_fills_in_but_nothing_else() -> None:
    rule = (ex.dnat(2, 1),)
    filled = (rule[0]._replace(attributes=(*rule[0].attributes, (4, b"\0\0\0\1"))),)
    assert ex.is_as_written(filled, rule)
    assert not ex.is_as_written(rule, filled)
    assert not ex.is_as_written((*filled, ex.masquerade()), rule)
    assert not ex.is_as_written((ex.dnat(10, 1),), rule)


def test_a_chain_of_another_table_is_none() -> None:
    request = messages.new_chain("other", "prerouting", messages.PLAIN)
    assert messages.read_chain("sluice", request.attributes) is None


def test_a_base_chain_tells_its_hook() -> None:
    header = messages.Header("nat", 4, -100)
    request = messages.new_chain("sluice", "postrouting", header)
    assert messages.read_chain("sluice", request.attributes) == ("postrouting", header)
