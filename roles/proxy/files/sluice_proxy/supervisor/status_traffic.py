# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What went on between two looks at the numbers of the workers. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import accumulate
from operator import add, sub

from ..admin.status import Traffic
from ..observe.metrics import BUCKETS, Metrics
from ..observe.metrics import Traffic as Seen

NOTHING = Traffic()
_ENDS = (*BUCKETS, BUCKETS[-1])
_NEVER_SEEN = Seen({})


@dataclass(frozen=True, slots=True)
class Rates:
    """Traffic of the whole proxy, by route, and by route and target.

    What nobody ever asked is in none of them.
    """

    whole: Traffic = NOTHING
    routes: Mapping[str, Traffic] = field(default_factory=dict)
    targets: Mapping[tuple[str, str], Traffic] = field(default_factory=dict)


class _Sum:
    """What is added up for one place."""

    __slots__ = ("counts", "failures", "in_flight", "total")

    def __init__(self) -> None:
        self.total = 0
        self.failures = 0
        self.in_flight = 0
        self.counts: list[int] | None = None
        """By bucket, of the time between the two looks; None for no request."""

    def add(self, other: _Sum) -> None:
        self.total += other.total
        self.failures += other.failures
        self.in_flight += other.in_flight
        if other.counts is not None:
            mine = self.counts
            self.counts = other.counts if mine is None else [*map(add, mine, other.counts)]

    def traffic(self, seconds: float) -> Traffic:
        counts = self.counts
        if counts is None:
            return Traffic(0.0, 0.0, None, None, self.total, self.in_flight)
        # How many took no longer than each bound.
        within = [*accumulate(counts)]
        number = within[-1]
        return Traffic(
            round(number / seconds, 3),
            round(self.failures / seconds, 3),
            _ENDS[bisect_left(within, 0.5 * number)],
            _ENDS[bisect_left(within, 0.99 * number)],
            self.total,
            self.in_flight,
        )


def rates(before: Metrics, after: Metrics, seconds: float) -> Rates:
    """Return the traffic between two looks that are ``seconds`` (more than 0) apart.

    Numbers that went back were begun anew: their route was away meanwhile. So no rate is ever
    negative. Half, and 99 of 100, are answered within the upper end of a bucket: the last bound
    stands for what took longer, too.
    """
    places = after.traffic.keys() | after.in_flight.keys()
    number = Counter(route for route, _target in places)
    whole = _Sum()
    sums = {route: _Sum() for route, several in number.items() if several > 1}
    routes: dict[str, Traffic] = {}
    targets: dict[tuple[str, str], Traffic] = {}
    for place in places:
        one = _between(before.traffic.get(place), after.traffic.get(place))
        one.in_flight = after.in_flight.get(place, 0)
        targets[place] = traffic = one.traffic(seconds)
        whole.add(one)
        route = place[0]
        if route in sums:
            sums[route].add(one)
        else:
            routes[route] = traffic
    routes.update((route, one.traffic(seconds)) for route, one in sums.items())
    return Rates(whole.traffic(seconds), routes, targets)


def _between(before: Seen | None, after: Seen | None) -> _Sum:
    made = _Sum()
    if after is None:
        return made
    counts = after.durations.counts
    made.total = sum(counts)
    if before is None:
        before = _NEVER_SEEN
    if before.durations.counts == counts:
        return made
    grown = _grown(before, after)
    if grown is None:
        before = _NEVER_SEEN
        grown = counts
    # Begun anew in a way that buckets do not show, there are no more failures than requests.
    made.failures = min(sum(grown), max(0, _failures(after) - _failures(before)))
    made.counts = grown if any(grown) else None
    return made


def _grown(before: Seen, after: Seen) -> list[int] | None:
    """Return by how much each bucket grew, None when one shrank."""
    grown = [*map(sub, after.durations.counts, before.durations.counts)]
    return None if min(grown) < 0 else grown


def _failures(seen: Seen) -> int:
    return sum(number for status, number in seen.statuses.items() if 500 <= status <= 599)
