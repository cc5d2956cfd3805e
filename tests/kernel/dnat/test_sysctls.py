# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel parameters: set when they are needed, shown, and refused where the task may not."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.tests.kernel.dnat.edge import OWN, PORT, Edge, profile

FORWARD = {4: "net.ipv4.ip_forward", 6: "net.ipv6.conf.all.forwarding"}
LOCALNET = "net.ipv4.conf.all.route_localnet"
TO_LOOPBACK = [{"address": "127.0.0.1", "port": PORT}]

needs = pytest.mark.parametrize(
    ("params", "needed"),
    [
        (profile(4), [FORWARD[4]]),
        (profile(6), [FORWARD[6]]),
        (profile(4, side="server"), [FORWARD[4]]),
        (profile(4, side="client"), []),
        (profile(6, side="client"), []),
        (profile(4, destinations=[{"address": OWN[4], "port": PORT}]), []),
        (profile(6, destinations=[{"address": OWN[6], "port": PORT}]), []),
        (profile(4, destinations=TO_LOOPBACK), [LOCALNET]),
        (profile(4, destinations=TO_LOOPBACK, side="client"), []),
        (profile(4, address="127.0.0.9", side="client", masquerade="always"), [LOCALNET]),
        (profile(4, ()), []),
    ],
    ids=lambda value: "+".join(value) or "nothing" if isinstance(value, list) else "",
)


def values(edge: Edge) -> dict[str, str | None]:
    return {name: edge.host.get(name.replace(".", "/")) for name in (*FORWARD.values(), LOCALNET)}


@needs
def test_what_is_needed_is_set_and_shown(
    edge: Edge, params: dict[str, Any], needed: list[str]
) -> None:
    before = values(edge)
    predicted = edge.run(params, check=True)
    assert values(edge) == before
    assert edge.run(params) == predicted
    assert values(edge) == {**before, **dict.fromkeys(needed, "1")}
    shown = [line for line in predicted["diff"]["after"].splitlines() if "sysctl" in line]
    assert shown == ["sysctl %s = 1" % name for name in needed]
    assert not edge.run(params)["changed"]


@needs
def test_without_leave_nothing_is_changed(
    edge: Edge, params: dict[str, Any], needed: list[str]
) -> None:
    edge.run(profile(name="there", port=99, side="client"))
    before = edge.ruleset.everything(), values(edge)
    for check in (True, False) if needed else ():
        with pytest.raises(InvalidInput) as caught:
            edge.run({**params, "manage_sysctl": False}, check)
        assert str(caught.value) == (
            "dnat profile www needs sysctl %s = 1: set it, or leave manage_sysctl at true"
            % needed[0]
        )
        assert (edge.ruleset.everything(), values(edge)) == before
    for name in needed:
        edge.host.set(name.replace(".", "/"), "1")
    edge.run({**params, "manage_sysctl": False})
    assert not edge.run({**params, "manage_sysctl": False})["changed"]


@pytest.mark.parametrize("family", [4, 6])
def test_a_parameter_that_is_turned_off_is_a_change(edge: Edge, family: int) -> None:
    edge.run(profile(family))
    edge.host.set(FORWARD[family].replace(".", "/"), "0")
    assert edge.run(profile(family))["operations"] == ["change sysctl %s" % FORWARD[family]]


def test_other_addresses_may_be_bound_to_all_the_same(edge: Edge) -> None:
    edge.host.set("net/ipv4/ip_nonlocal_bind", "1")
    try:
        assert FORWARD[4] in edge.run(profile())["diff"]["after"]
    finally:
        edge.host.set("net/ipv4/ip_nonlocal_bind", "0")
