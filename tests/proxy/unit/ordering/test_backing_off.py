# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When what failed is tried again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.ordering.policies.backing_off import (
    DAY,
    LEAST_URGENT,
    MINUTE,
    MOST_ASKED_FOR,
    SPREAD,
    WAITS,
    asked_wait,
    next_wait,
    usual_wait,
)

fractions = st.floats(0, 1)


@pytest.mark.parametrize(
    ("failures", "wait"),
    [(0, 60), (1, 60), (2, 300), (3, 1800), (4, 3600), (5, 21600), (6, 43200), (7, DAY), (99, DAY)],
)
def test_waits_grow_from_a_minute_to_a_day(failures: int, wait: float) -> None:
    assert usual_wait(failures, 0.5) == wait


@given(failures=st.integers(0, 1000), fraction=fractions)
def test_a_wait_is_spread_and_bounded(failures: int, fraction: float) -> None:
    wait = usual_wait(failures, fraction)

    assert (1 - SPREAD) * WAITS[0] - 1e-6 <= wait <= (1 + SPREAD) * WAITS[-1] + 1e-6
    assert wait <= usual_wait(failures + 1, fraction)


@pytest.mark.parametrize(
    ("retry_after", "usual", "wait"),
    [
        (3600, 60, 3600),
        (120, 3600, 360),
        (0, 60, 60),
        (90, 300, 90),
        (365 * DAY, 60, MOST_ASKED_FOR),
    ],
)
def test_an_authority_makes_it_longer_or_shorter_within_bounds(
    retry_after: float, usual: float, wait: float
) -> None:
    assert asked_wait(retry_after, usual) == wait


@given(
    failures=st.integers(1, 100),
    fraction=fractions,
    asked=st.lists(st.none() | st.floats(0, 1e9), max_size=5),
    left=st.none() | st.floats(-1e6, 1e8),
)
def test_nobody_is_asked_all_the_time(
    failures: int, fraction: float, asked: list[float | None], left: float | None
) -> None:
    wait = next_wait(failures, fraction, asked, left)

    assert (1 - SPREAD) * MINUTE - 1e-6 <= wait <= MOST_ASKED_FOR
    if all(one is not None and one > wait for one in asked) and asked:
        # None of them wanted to be asked as early, unless for longer than it may.
        assert wait == MOST_ASKED_FOR


@given(left=st.floats(2 * LEAST_URGENT, 60 * DAY), fraction=fractions, failures=st.integers(0, 50))
def test_as_a_certificate_runs_out_it_is_tried_before_the_end(
    left: float, fraction: float, failures: int
) -> None:
    tries = 0
    while left > LEAST_URGENT * (1 + SPREAD):
        left -= next_wait(failures, fraction, [None], left)
        failures, tries = failures + 1, tries + 1

    assert left > 0
    assert tries >= 1


def test_an_authority_that_may_be_asked_sooner_is_not_waited_for_with_the_others() -> None:
    assert next_wait(4, 0.5, [DAY, None]) == 3600
    assert next_wait(4, 0.5, [DAY, 2 * DAY]) == DAY
    assert next_wait(4, 0.5, [DAY, 600]) == 600
