# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else did to our rules is shown and set right; what is theirs stays."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import ask


def rich() -> dict[str, Any]:
    """Return profiles that use everything."""
    return {
        "config": [
            profile(
                weights=(1, 1, 1),
                affinity=60,
                sources=["10.0.0.0/8"],
                log=True,
                log_rate="1/day",
                comment="a remark",
            ),
            profile(6, name="six", side="server", masquerade="always"),
            profile(name="datagrams", protocol="udp", side="client", balancing="source_hash"),
            profile(name="empty", weights=(), port=81, on_empty="drop"),
        ]
    }


def test_drift_is_shown_and_repaired(edge: Edge) -> None:
    params = rich()
    edge.ruleset.add_foreign()
    foreign = edge.ruleset.foreign()
    edge.run(params)
    good = edge.ruleset.listing()
    damages = edge.ruleset.damages()
    assert len(damages) > 10
    for name, damage in damages.items():
        damage()
        assert edge.ruleset.listing() != good, name
        damaged = edge.ruleset.everything()
        predicted = edge.run(params, check=True)
        assert predicted["changed"], name
        assert edge.ruleset.everything() == damaged, name
        assert edge.run(params) == predicted, name
        assert edge.ruleset.listing() == good, name
        assert edge.run(params)["operations"] == [], name
        assert edge.ruleset.foreign() == foreign, name


def test_traffic_flows_again_after_the_repair(served: Edge) -> None:
    params = rich()
    served.run(params)
    for name, damage in served.ruleset.damages().items():
        damage()
        served.run(params)
        assert set(ask(served.client, VIP[4], 80, times=40)) <= set(map(label, SERVERS[4])), name


def test_drift_of_others_does_not_hinder_a_task_for_one(edge: Edge) -> None:
    edge.run(rich())
    edge.ruleset.damages()["a destination is gone"]()
    edge.run(profile(name="new", port=99))
    assert "new" in [each["name"] for each in edge.info()["profiles"]]
    edge.run(rich())
    found = edge.info()
    assert found["damage"] == []
    assert not any(each["damage"] for each in found["details"])


@pytest.mark.parametrize("first", ["foreign", "ours"])
def test_foreign_rules_are_byte_for_byte_the_same(edge: Edge, first: str) -> None:
    before = edge.ruleset.everything()
    if first == "ours":
        edge.run(rich())
    edge.ruleset.add_foreign()
    foreign = edge.ruleset.foreign()
    steps: list[dict[str, Any]] = [
        rich(),
        profile(weights=(1, 5)),
        {"name": "six", "state": "absent"},
        {"config": [profile(name="only")], "purge": True},
        {"config": rich()["config"], "purge": True, "purge_ignore": ["only"]},
    ]
    for step in steps[:-1]:
        edge.run(step, check=True)
        assert edge.ruleset.foreign() == foreign
        edge.run(step)
        assert edge.ruleset.foreign() == foreign
    edge.run({"config": [], "purge": True})
    assert edge.ruleset.foreign() == foreign
    edge.ruleset.remove_foreign()
    assert edge.ruleset.everything() == before, "nothing of ours is left"


def test_nothing_of_ours_is_left_when_the_last_profile_goes(edge: Edge) -> None:
    edge.ruleset.add_foreign()
    before = edge.ruleset.everything()
    edge.run(rich())
    assert edge.ruleset.everything() != before
    edge.run({"config": [], "purge": True})
    assert edge.ruleset.everything() == before


def test_check_mode_of_a_clean_host_writes_nothing(edge: Edge) -> None:
    before = edge.ruleset.everything()
    assert edge.run(rich(), check=True)["changed"]
    assert edge.ruleset.everything() == before
    assert edge.info()["profiles"] == []
