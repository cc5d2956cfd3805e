# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing a profile while clients keep coming: each of them is served."""

from __future__ import annotations

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    PORT,
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import ask

COMMITS = 30
MANY_COMMITS = 300


def to(**weights: int) -> list[dict[str, Any]]:
    return [
        {"address": address, "port": PORT, "weight": weights[name]}
        for name, address in zip(("a", "b", "c"), SERVERS[4])
        if name in weights
    ]


def under_load(
    edge: Edge, change: Callable[[int], None], kind: str = "tcp", commits: int = COMMITS
) -> Counter[str]:
    """Make the changes, one after the other, while two clients connect without a pause."""
    answers: Counter[str] = Counter()
    done = threading.Event()

    def load() -> None:
        while not done.is_set():
            answers.update(ask(edge.client, VIP[4], 80, kind, times=20, timeout=2))

    clients = [threading.Thread(target=load) for _client in range(2)]
    started = time.monotonic()
    for each in clients:
        each.start()
    try:
        for turn in range(commits):
            change(turn)
            # As many connections as it takes between two changes, however slow the machine is.
            goal = sum(answers.values()) + 40
            while sum(answers.values()) < goal and clients[0].is_alive():
                time.sleep(0.01)
    finally:
        done.set()
        for each in clients:
            each.join()
    rate = sum(answers.values()) / (time.monotonic() - started)
    assert rate > 200, "only %d connections a second" % rate
    return answers


@pytest.mark.parametrize(
    "destinations",
    [
        [to(a=1), to(b=1), to(c=1)],
        [to(a=1, b=1), to(c=1)],
        [to(a=1, b=1, c=1), to(a=5, b=1, c=1), to(a=1, b=9, c=2)],
        [to(a=2, b=1, c=1), to(a=1), to(a=1, b=5), to(a=0, b=0, c=1)],
        [to(a=1, b=1, c=1), to(a=1, b=1), to(a=100, b=200, c=301), to(c=1)],
    ],
    ids=["all replaced", "half replaced", "weights", "number of shares", "up and down"],
)
@pytest.mark.parametrize("balancing", ["random", "round_robin", "source_hash"])
def test_replacing_destinations_refuses_nobody(
    served: Edge, balancing: str, destinations: list[list[dict[str, Any]]]
) -> None:
    states = itertools.cycle(destinations)
    served.run(profile(destinations=next(states), balancing=balancing))

    def change(_turn: int) -> None:
        assert served.run(profile(destinations=next(states), balancing=balancing))["changed"]

    found = under_load(served, change)
    assert set(found) <= {label(address) for address in SERVERS[4]}, found


def test_a_packet_that_meets_a_commit_is_translated(served: Edge) -> None:
    # Each change is a chain of rules that was not there before. Who is led to it too early would
    # go untranslated, once in some thousand connections.
    states = itertools.cycle([to(a=1, b=1, c=1), to(a=5, b=1, c=1), to(a=1, b=9, c=2)])
    served.run(profile(destinations=next(states)))

    def change(_turn: int) -> None:
        served.run(profile(destinations=next(states)))

    found = under_load(served, change, commits=MANY_COMMITS)
    assert set(found) <= {label(address) for address in SERVERS[4]}, found


def test_changing_the_treatment_refuses_nobody(served: Edge) -> None:
    treatments = itertools.cycle(
        [
            {"balancing": "round_robin"},
            {"masquerade": "always"},
            {"affinity": 60},
            {"log": True, "log_rate": "1/day"},
            {"sources": ["10.0.0.0/8"]},
            {"on_empty": "drop"},
        ]
    )
    served.run(profile())

    def change(_turn: int) -> None:
        assert served.run(profile(**next(treatments)))["changed"]

    found = under_load(served, change)
    assert set(found) <= {label(address) for address in SERVERS[4]}, found


def test_changing_the_neighbours_refuses_nobody(served: Edge) -> None:
    served.run(profile())

    def change(turn: int) -> None:
        others = [
            profile(name="p%d" % number, port=1000 + number, weights=(1, 1 + turn % 3))
            for number in range(20)
        ]
        kept = profile()
        served.run({"config": [kept, *others[: 20 * (turn % 2)]], "purge": True})

    found = under_load(served, change)
    assert set(found) <= {label(address) for address in SERVERS[4]}, found


def test_datagrams_are_all_answered_at_the_latest_when_sent_again(served: Edge) -> None:
    states = itertools.cycle([to(a=1), to(b=1, c=3), to(a=1, b=1, c=1)])
    served.run(profile(destinations=next(states), protocol="udp"))

    def change(_turn: int) -> None:
        assert served.run(profile(destinations=next(states), protocol="udp"))["changed"]

    found = under_load(served, change, "udp")
    assert set(found) <= {label(address) for address in SERVERS[4]}, found
