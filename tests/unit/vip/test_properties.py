# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""For any two states of a host: converging gives what is declared, and failing gives what was."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import parse_network
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    ADD,
    IFA_F_NODAD,
    AddressChange,
    InterfaceAddress,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import Host
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._vip.model import observed
from ansible_collections.sluice.edge.plugins.module_utils._vip.plan import purgeable
from ansible_collections.sluice.edge.tests.fakes.vip import FakeHost, ethernet

INTERFACES = ("lo", "eth0", "eth1")
SCOPE = ["192.0.2.0/28", "2001:db8::/124"]
# Outside of the scope, and in subnets of their own: foreign in every sense.
FOREIGN = ("198.51.100.1/24", "198.51.100.2/24", "2001:db8:f::1/64")

# An address has one prefix length throughout: with another it would be refused before a write.
ADDRESSES = [
    *("192.0.2.%d/%d" % (number, (32, 28, 28)[number % 3]) for number in range(1, 9)),
    *("2001:db8::%x/%d" % (number, (128, 64)[number % 2]) for number in range(1, 5)),
]


@st.composite
def entries(draw: st.DrawFn) -> list[dict[str, Any]]:
    places = st.tuples(st.sampled_from(ADDRESSES), st.sampled_from(INTERFACES))
    found = []
    for address, interface in draw(st.lists(places, max_size=12, unique=True)):
        item: dict[str, Any] = {"address": address, "interface": interface}
        item["preferred_lifetime"] = draw(st.sampled_from(["forever", 0, 600, 3000]))
        if ":" not in address:
            item["label"] = draw(st.sampled_from([None, interface + ":1", interface + ":2"]))
        found.append(item)
    return found


def host_with(have: list[dict[str, Any]]) -> FakeHost:
    fake = FakeHost(ethernet(2, "eth0"), ethernet(3, "eth1"))
    for foreign in FOREIGN:
        network = parse_network(foreign)
        record = InterfaceAddress(
            "eth0", 2, network.address, network.prefix, flags=IFA_F_NODAD, protocol=0
        )
        assert fake.submit([AddressChange(ADD, record)])[0].error == 0
    apply(fake, {"config": have})
    fake.writes = 0
    return fake


def apply(fake: FakeHost, params: dict[str, Any]) -> list[str]:
    outcome = Host(fake, fake, fake).converge(read_declaration(params), check=False)
    return [str(operation) for operation in outcome.plan]


def lines(fake: FakeHost) -> set[str]:
    return {observed(record).line() for record in fake.table}


def declared_lines(want: list[dict[str, Any]]) -> set[str]:
    declared = read_declaration({"config": want}).addresses
    return {re.sub(r"lft [1-9]\d*", "lft running", item.entry.line()) for item in declared}


FOREIGN_LINES = lines(host_with([]))


def left_by_purge(fake: FakeHost, want: list[dict[str, Any]]) -> set[str]:
    """The lines of addresses that a purge has to leave, those that ``want`` declares left out."""
    declared = {(item["interface"], item["address"]) for item in want}
    return {
        entry.line()
        for entry in map(observed, fake.table)
        if not purgeable(entry)
        and (entry.interface, "%s/%d" % (entry.address, entry.prefix)) not in declared
    }


@given(entries(), entries())
def test_a_purge_converges_to_the_declaration(
    have: list[dict[str, Any]], want: list[dict[str, Any]]
) -> None:
    fake = host_with(have)
    left = left_by_purge(fake, want)
    params = {"config": want, "purge": True, "purge_scope": SCOPE}
    apply(fake, params)
    assert lines(fake) == declared_lines(want) | left
    assert apply(fake, params) == []
    assert fake.parameters["net/ipv4/conf/eth0/promote_secondaries"] == "0"


@given(entries(), entries())
def test_without_purge_what_is_not_listed_stays(
    have: list[dict[str, Any]], want: list[dict[str, Any]]
) -> None:
    fake = host_with(have)
    listed = {(item["interface"], item["address"]) for item in want}
    apply(fake, {"config": want})
    stays = [item for item in have if (item["interface"], item["address"]) not in listed]
    assert lines(fake) == declared_lines(want) | declared_lines(stays) | FOREIGN_LINES


@given(entries(), entries(), st.integers(0, 40), st.booleans())
def test_a_failure_anywhere_leaves_what_was_there(
    have: list[dict[str, Any]], want: list[dict[str, Any]], place: int, breakdown: bool
) -> None:
    fake = host_with(have)
    before = lines(fake)
    left = left_by_purge(fake, want)
    fault = {"break_down" if breakdown else "refuse": lambda number: number == place}
    for name, asks in fault.items():
        setattr(fake, name, asks)
    params = {"config": want, "purge": True, "purge_scope": SCOPE}
    failed = None
    try:
        apply(fake, params)
    except Refused as error:
        failed = error
    if failed is None:
        assert lines(fake) == declared_lines(want) | left
    else:
        assert failed.not_undone == []
        assert lines(fake) == before
    assert fake.parameters["net/ipv4/conf/eth0/promote_secondaries"] == "0"


@given(entries(), entries())
def test_check_mode_predicts_and_writes_nothing(
    have: list[dict[str, Any]], want: list[dict[str, Any]]
) -> None:
    fake = host_with(have)
    declaration = read_declaration({"config": want, "purge": True, "purge_scope": SCOPE})
    predicted = Host(fake, fake, fake).converge(declaration, check=True).as_result("t", True)
    assert fake.writes == 0
    applied = Host(fake, fake, fake).converge(declaration, check=False).as_result("t", True)
    assert predicted == applied


def test_a_fault_is_really_injected() -> None:
    fake = host_with([])
    fake.refuse = lambda number: number == 1
    config = [{"address": address, "interface": "lo"} for address in ADDRESSES[:3]]
    with pytest.raises(Refused, match="Cannot allocate memory"):
        apply(fake, {"config": config})
    assert lines(fake) == FOREIGN_LINES
