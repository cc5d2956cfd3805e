# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dnat_profile_info returns: declarations that change nothing, and what was counted."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import ask

both_families = pytest.mark.parametrize("family", [4, 6])
both_protocols = pytest.mark.parametrize("kind", ["tcp", "udp"])

EVERYTHING: list[dict[str, Any]] = [
    profile(name="a", affinity=5, comment="für alle: 1"),
    profile(6, name="b", side="client", balancing="source_hash", masquerade="always"),
    profile(6, name="c", side="proxy", sources=["2001:db8::/32", "2001:db9::1"], port=81),
    profile(name="d", protocol="udp", log=True, log_level="warn", log_rate="3/minute"),
    profile(name="e", protocol="sctp", destinations=[], on_empty="drop"),
    profile(name="f", port=82, weights=(0, 6, 4), balancing="round_robin"),
    profile(name="g", port=83, weights=(0, 0), side="server", sources=["10.0.0.0/9"]),
    profile(name="h", port=84, weights=(7,), log=True, log_prefix=" x: ", log_rate="2/day"),
    profile(name="i-A_1.2", port=85, masquerade="never", comment="a, b; c {d} 'e' $f #g"),
]


def test_what_is_listed_changes_nothing_and_makes_the_same_again(edge: Edge) -> None:
    edge.run({"config": EVERYTHING})
    found = edge.info()
    assert found["damage"] == []
    assert [each["name"] for each in found["profiles"]] == [each["name"] for each in EVERYTHING]
    assert not edge.run({"config": found["profiles"], "purge": True})["changed"]
    before = edge.ruleset.listing()
    edge.run({"config": [], "purge": True})
    edge.run({"config": found["profiles"]})
    assert edge.ruleset.listing() == before
    assert edge.info()["profiles"] == found["profiles"]


def test_one_profile_is_listed_by_its_name(edge: Edge) -> None:
    edge.run({"config": EVERYTHING})
    whole = edge.info()
    one = list_profiles(edge.params({"name": "f"}))
    assert one["profiles"] == [each for each in whole["profiles"] if each["name"] == "f"]
    assert [each["name"] for each in one["details"]] == ["f"]


def at_rest(served: Edge) -> tuple[dict[str, Any], int]:
    """Return what is told and what the kernel has counted, read while no packet came.

    The last ones of a connection may be under way when its client is done.
    """
    for _attempt in range(100):
        counted = served.ruleset.counters()
        found = served.info()
        if served.ruleset.counters() == counted:
            return found, counted
    raise AssertionError("packets go on coming")


@both_families
@both_protocols
@pytest.mark.parametrize("side", ["client", "proxy", "server"])
def test_counters_move_with_traffic(served: Edge, side: str, kind: str, family: int) -> None:
    served.run(profile(family, (1, 1, 0), side=side, protocol=kind))
    source = served.host if side == "client" else served.client
    met = ask(source, VIP[family], 80, kind, 50)
    found, counted_in_all = at_rest(served)
    (detail,) = found["details"]
    packets = [entry["packets"] for entry in detail["destinations"]]
    for address, counted in zip(SERVERS[family], packets):
        assert counted >= met[label(address)]
    assert packets[2] == 0
    assert detail["packets"] == sum(packets) == counted_in_all
    assert detail["bytes"] == sum(entry["bytes"] for entry in detail["destinations"])
    assert detail["bytes"] >= 28 * detail["packets"]
    ask(source, VIP[family], 80, kind, 10)
    assert served.info()["details"][0]["packets"] >= detail["packets"] + 10


def test_counters_go_on_when_weights_change(served: Edge) -> None:
    served.run(profile(weights=(1,)))
    ask(served.client, VIP[4], 80, times=20)
    before = served.info()["details"][0]["packets"]
    served.run(profile(weights=(2, 1)))
    assert served.info()["details"][0]["packets"] >= before


def test_counting_is_no_drift(served: Edge) -> None:
    served.run(profile())
    ask(served.client, VIP[4], 80, times=20)
    assert not served.run(profile())["changed"]
