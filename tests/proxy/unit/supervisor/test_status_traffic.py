# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rates and latencies of the time between two looks at the numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.admin.status import Traffic
from sluice_proxy.observe.metrics import BUCKETS, Metrics
from sluice_proxy.supervisor.status_traffic import Rates, rates

PLACES = [("", ""), ("one", ""), ("one", "a"), ("one", "b"), ("two", "a")]
Requests = list[tuple[tuple[str, str], int, float]]
REQUESTS = st.lists(
    st.tuples(st.sampled_from(PLACES), st.integers(100, 599), st.floats(0, 100)), max_size=30
)
UNDER_WAY = st.dictionaries(st.sampled_from(PLACES), st.integers(0, 9))


def numbers(*requests: tuple[tuple[str, str], int, float]) -> Metrics:
    made = Metrics()
    for place, status, seconds in requests:
        made.of(*place).count(status, seconds, 0, 0)
    return made


def all_of(found: Rates) -> list[Traffic]:
    return [found.whole, *found.routes.values(), *found.targets.values()]


def bound_of(seconds: float) -> float:
    return next((bound for bound in BUCKETS if seconds <= bound), BUCKETS[-1])


@given(REQUESTS, REQUESTS, UNDER_WAY)
def test_rates_are_of_the_requests_between_the_two_looks(
    earlier: Requests, since: Requests, under_way: dict[tuple[str, str], int]
) -> None:
    before, after = numbers(*earlier), numbers(*earlier, *since)
    after.in_flight = under_way
    found = rates(before, after, 2.0)

    def judge(traffic: Traffic, *places: tuple[str, str]) -> None:
        mine = [one for one in since if one[0] in places]
        failed = sum(status >= 500 for _place, status, _seconds in mine)
        durations = sorted(seconds for _place, _status, seconds in mine)
        assert traffic.per_second == len(mine) / 2
        assert traffic.failures_per_second == failed / 2
        assert traffic.total == sum(one[0] in places for one in (*earlier, *since))
        assert traffic.in_flight == sum(under_way.get(place, 0) for place in places)
        if not mine:
            assert traffic.p50 is None
            assert traffic.p99 is None
        else:
            # At least so many of them took no longer.
            assert traffic.p50 == bound_of(durations[-(-len(mine) // 2) - 1])
            assert traffic.p99 == bound_of(durations[-(-99 * len(mine) // 100) - 1])

    judge(found.whole, *PLACES)
    for route, traffic in found.routes.items():
        judge(traffic, *(place for place in PLACES if place[0] == route))
    for place, traffic in found.targets.items():
        judge(traffic, place)
    assert found.targets.keys() == after.traffic.keys() | under_way.keys()
    assert found.routes.keys() == {route for route, _target in found.targets}


@given(REQUESTS, REQUESTS)
def test_no_rate_is_negative_whatever_was_begun_anew(before: Requests, after: Requests) -> None:
    for traffic in all_of(rates(numbers(*before), numbers(*after), 1.0)):
        assert traffic.per_second >= 0
        assert 0 <= traffic.failures_per_second <= traffic.per_second
        assert (traffic.p50 is None) == (traffic.per_second == 0)


def test_numbers_that_went_back_count_from_nothing() -> None:
    slow, quick = (("one", "a"), 500, 20.0), (("one", "a"), 200, 0.0)
    found = rates(numbers(slow, slow), numbers(slow, quick, quick), 1.0).whole

    assert (found.per_second, found.failures_per_second, found.p50) == (3, 1, BUCKETS[0])


@pytest.mark.parametrize(
    ("durations", "p50", "p99"),
    [
        ([0.0009], 0.001, 0.001),
        ([0.002] * 99 + [3.0], 0.0025, 0.0025),
        ([0.002] * 98 + [3.0] * 2, 0.0025, 5.0),
        ([3600.0], 30.0, 30.0),
    ],
)
def test_latencies_are_the_upper_ends_of_buckets(
    durations: list[float], p50: float, p99: float
) -> None:
    after = numbers(*((("one", "a"), 200, seconds) for seconds in durations))
    found = rates(Metrics(), after, 1.0).whole

    assert (found.p50, found.p99) == (p50, p99)
