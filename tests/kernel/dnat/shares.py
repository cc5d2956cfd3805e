# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what was answered is what weights promise, by statistics that hardly ever err."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable

CONNECTIONS = 2000
COVERAGE = 0.999


def assert_share(sample: Callable[[], Counter[str]], weights: dict[str, int]) -> None:
    """Find each share within the 99.9 % interval of its weight.

    Of three right shares, one is outside in 1 of 330 samples. So a second sample is taken then,
    and must not have the same share outside on the same side: 1 of 700,000 right cases fails.
    """
    off, first = _outside(sample(), weights)
    if off:
        again, second = _outside(sample(), weights)
        assert not off & again, (first, second)


def _outside(found: Counter[str], weights: dict[str, int]) -> tuple[set[tuple[str, str]], str]:
    assert set(found) <= set(weights), "%s answered, of %s" % (dict(found), dict(weights))
    total = sum(found.values())
    off = set()
    for name, weight in weights.items():
        least, most = interval(total, weight / sum(weights.values()))
        if found[name] < least:
            off.add((name, "too few"))
        elif found[name] > most:
            off.add((name, "too many"))
    return off, "%s of weights %s" % (dict(found), dict(weights))


@functools.lru_cache(maxsize=None)
def interval(total: int, share: float, coverage: float = COVERAGE) -> tuple[int, int]:
    """Return the least and most hits of so many that a share has with that probability."""
    if share in (0.0, 1.0):
        return (total, total) if share else (0, 0)
    tail = (1 - coverage) / 2
    chances = [_chance(total, hits, share) for hits in range(total + 1)]
    least, most = 0, total
    below, above = chances[0], chances[total]
    while below < tail:
        least += 1
        below += chances[least]
    while above < tail:
        most -= 1
        above += chances[most]
    return least, most


def _chance(total: int, hits: int, share: float) -> float:
    ways = math.lgamma(total + 1) - math.lgamma(hits + 1) - math.lgamma(total - hits + 1)
    return math.exp(ways + hits * math.log(share) + (total - hits) * math.log1p(-share))


def uneven(found: Counter[str], destinations: int) -> float:
    """Return how many standard deviations chi-square is off for destinations that weigh the same.

    For many destinations, chi-square is close to a normal distribution of mean ``d`` and variance
    ``2 d``, where ``d`` is their number less one.
    """
    expected = sum(found.values()) / destinations
    seen = sum((hits - expected) ** 2 / expected for hits in found.values())
    seen += (destinations - len(found)) * expected
    return (seen - (destinations - 1)) / math.sqrt(2 * (destinations - 1))
