# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Round robin, source hash and affinity: which destination a client meets, and for how long."""

from __future__ import annotations

import time
from collections import Counter

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.conftest import AFFINE_FAMILIES
from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    SERVERS,
    VIP,
    Edge,
    crowd,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.shares import CONNECTIONS, assert_share
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import answers, ask

both_families = pytest.mark.parametrize("family", [4, 6])
both_protocols = pytest.mark.parametrize("kind", ["tcp", "udp"])
affine_families = pytest.mark.parametrize("family", AFFINE_FAMILIES)


@both_families
@both_protocols
def test_round_robin_takes_one_after_the_other(served: Edge, kind: str, family: int) -> None:
    served.run(profile(family, (1, 1, 1), balancing="round_robin", protocol=kind))
    heard = answers(served.client, VIP[family], 80, kind, [None] * 300)
    assert set(heard[:3]) == {label(address) for address in SERVERS[family]}
    assert heard == heard[:3] * 100


@both_families
def test_round_robin_gives_each_weight_exactly_its_turns(served: Edge, family: int) -> None:
    served.run(profile(family, (3, 2, 1), balancing="round_robin"))
    heard = answers(served.client, VIP[family], 80, "tcp", [None] * 600)
    assert heard == heard[:6] * 100
    assert Counter(heard) == dict(zip(map(label, SERVERS[family]), (300, 200, 100)))


@both_families
@both_protocols
def test_source_hash_sticks_to_the_client_and_is_fair(served: Edge, kind: str, family: int) -> None:
    params = profile(family, (3, 2, 1), balancing="source_hash", protocol=kind)
    served.run(params)
    clients = crowd(family, CONNECTIONS)
    first = answers(served.client, VIP[family], 80, kind, clients)
    assert answers(served.client, VIP[family], 80, kind, clients[:300]) == first[:300]
    samples = iter((clients, crowd(family, 2 * CONNECTIONS)[CONNECTIONS:]))
    assert_share(
        lambda: Counter(answers(served.client, VIP[family], 80, kind, next(samples))),
        dict(zip(map(label, SERVERS[family]), (3, 2, 1))),
    )


def test_source_hash_goes_on_when_rules_are_made_anew(served: Edge) -> None:
    params = profile(balancing="source_hash")
    served.run(params)
    clients = crowd(4, 100)
    first = answers(served.client, VIP[4], 80, "tcp", clients)
    served.run({"config": [], "purge": True})
    served.run(params)
    assert answers(served.client, VIP[4], 80, "tcp", clients) == first


@affine_families
@both_protocols
@pytest.mark.parametrize("balancing", ["random", "round_robin"])
def test_affinity_sticks_to_the_client_and_is_fair(
    served: Edge, balancing: str, kind: str, family: int
) -> None:
    served.run(profile(family, (1, 1, 1), affinity=600, balancing=balancing, protocol=kind))
    clients = crowd(family, 2 * CONNECTIONS)
    samples = iter((clients[:CONNECTIONS], clients[CONNECTIONS:]))
    assert_share(
        lambda: Counter(answers(served.client, VIP[family], 80, kind, next(samples))),
        dict.fromkeys(map(label, SERVERS[family]), 1),
    )
    # Legacy iptables remembers the last 100 for each destination.
    first = answers(served.client, VIP[family], 80, kind, clients[:60])
    assert answers(served.client, VIP[family], 80, kind, clients[:60]) == first


@affine_families
@both_protocols
def test_affinity_ends_after_its_time_without_a_new_connection(
    served: Edge, kind: str, family: int
) -> None:
    served.run(profile(family, (1, 1, 1), affinity=2, protocol=kind))
    clients = crowd(family, 100)
    first = answers(served.client, VIP[family], 80, kind, clients)
    for _turn in range(3):
        time.sleep(0.8)
        assert answers(served.client, VIP[family], 80, kind, clients) == first
    time.sleep(3)
    # That all of them meet the same server again has a chance of 1 in 3 to the power of 100.
    assert answers(served.client, VIP[family], 80, kind, clients) != first


@affine_families
def test_affinity_ends_when_the_destination_takes_no_more(served: Edge, family: int) -> None:
    params = profile(family, (1, 1, 1), affinity=600)
    served.run(params)
    clients = crowd(family, 60)
    first = answers(served.client, VIP[family], 80, "tcp", clients)
    for weight in (0, None):
        kept = [dict(entry) for entry in params["destinations"]]
        if weight is None:
            del kept[0]
        else:
            kept[0]["weight"] = weight
        served.run({**params, "destinations": kept})
        assert served.run({**params, "destinations": kept})["operations"] == []
        now = answers(served.client, VIP[family], 80, "tcp", clients)
        gone = label(SERVERS[family][0])
        assert gone in first
        assert gone not in now
        moved = [(was, now) for was, now in zip(first, now) if was != now]
        assert {was for was, _now in moved} <= {gone}, "others stay where they are"


@affine_families
def test_changing_something_else_forgets_no_client(served: Edge, family: int) -> None:
    params = profile(family, (1, 1, 1), affinity=600)
    served.run(params)
    clients = crowd(family, 60)
    first = answers(served.client, VIP[family], 80, "tcp", clients)
    served.run({**params, "comment": "other"})
    served.run({**profile(family, (1, 2, 2), affinity=600), "masquerade": "always"})
    assert answers(served.client, VIP[family], 80, "tcp", clients) == first


def test_profiles_remember_the_same_client_each_for_itself(served: Edge) -> None:
    config = [
        profile(weights=(1, 1, 1), name="p%d" % number, port=80 + number, affinity=600)
        for number in range(20)
    ]
    served.run({"config": config})
    met = set()
    for number in range(20):
        (server,) = ask(served.client, VIP[4], 80 + number, times=5)
        met.add(server)
    # All 20 at one server by chance: 1 in a thousand million.
    assert len(met) > 1
