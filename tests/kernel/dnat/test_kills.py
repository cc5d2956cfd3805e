# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run that is killed leaves the old rules or the new ones, and the next run converges."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial
from typing import Any

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import Edge, profile
from ansible_collections.sluice.edge.tests.kernel.dnat.processes import Process

ANYWHERE, WHILE_WRITING = 20, 40
LEAST_KILLED, MOST_RUNS = 50, 300


def many(variant: int) -> list[dict[str, Any]]:
    """Return 100 profiles; of two variants, weights, treatment and some names differ."""
    return [
        profile(
            4 if number % 2 else 6,
            name="p%d" % (number + 26 * variant),
            port=number,
            protocol=("tcp", "udp")[number % 3 == 0],
            weights=(1, 1 + variant, 5),
            masquerade=("never", "always")[variant],
        )
        for number in range(1, 101)
    ]


def test_killed_at_any_moment_the_old_or_the_new_is_there(edge: Edge) -> None:
    edge.ruleset.add_foreign()
    foreign = edge.ruleset.foreign()
    variants = [{"config": many(variant), "purge": True} for variant in (0, 1)]
    edge.run(variants[1])
    states = {1: edge.ruleset.parts()}
    edge.run(variants[0])
    states[0] = edge.ruleset.parts()
    assert all(old != new for old, new in zip(states[0], states[1]))
    spans = []
    for variant in (1, 0, 1, 0):
        started = time.monotonic()
        process = Process(partial(edge.run, variants[variant]))
        began = process.wait_until_it_writes()
        assert process.wait() == ""
        spans.append((time.monotonic() - started, time.monotonic() - began))
    whole, writing = (min(span) for span in zip(*spans))

    moments = [(False, whole * (at + 0.5) / ANYWHERE) for at in range(ANYWHERE)]
    moments += [(True, writing * at / WHILE_WRITING) for at in range(WHILE_WRITING)]
    seen: Counter[str] = Counter()
    current = 0
    while moments and sum(seen[word] for word in ("old", "new")) < MOST_RUNS:
        after_beginning, pause = moments.pop(0)
        target = 1 - current
        process = Process(partial(edge.run, variants[target]))
        if after_beginning:
            process.wait_until_it_writes()
        time.sleep(pause)
        if process.kill():
            seen["killed"] += 1
        else:
            # It was done already, as this machine is quicker now: again, and sooner.
            moments.append((after_beginning, pause * 0.7))
        found = edge.ruleset.parts()
        for part, choice in zip(found, zip(states[0], states[1])):
            assert part in choice, "a mixture, after %.3f s" % pause
        info = edge.info()
        assert info["damage"] == []
        assert not any(detail["damage"] for detail in info["details"])
        seen["new" if found == states[target] else "old"] += 1
        if found == states[target]:
            current = target
    assert seen["killed"] >= LEAST_KILLED, seen
    assert seen["old"] > 5, seen
    assert seen["new"] > 0, seen
    for variant in (1, 0):
        edge.run(variants[variant])
        assert edge.ruleset.parts() == states[variant]
        assert not edge.run(variants[variant])["changed"]
    assert edge.ruleset.foreign() == foreign
