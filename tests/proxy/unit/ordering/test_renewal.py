# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate is renewed."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sluice_proxy.ordering.policies.renewal import (
    DAY,
    HOUR,
    LATEST,
    SPREAD,
    Lifespan,
    Window,
    is_due,
    look_wait,
    place_of,
    renewal_moment,
    rest_after,
)

BEGINS = 1_800_000_000.0
places = st.floats(0, 1)
lifespans = st.builds(
    Lifespan, st.just(BEGINS), st.floats(60, 400 * DAY).map(lambda seconds: BEGINS + seconds)
)


def lasting(days: float) -> Lifespan:
    return Lifespan(BEGINS, BEGINS + days * DAY)


@pytest.mark.parametrize(("days", "least_left"), [(6, 2), (45, 15), (90, 30), (398, 132)])
def test_without_a_suggestion_a_third_of_the_lifetime_is_left(days: float, least_left: int) -> None:
    for place in (0, 0.5, 1):
        moment = renewal_moment(lasting(days), None, place, 2 / 3)
        left = (lasting(days).ends - moment) / DAY
        assert least_left <= left <= least_left + 1 + days * SPREAD


@given(lifespan=lifespans, place=places, renew_after=st.floats(0.05, 0.95))
def test_it_is_within_the_lifetime_and_not_after_the_part_that_is_set(
    lifespan: Lifespan, place: float, renew_after: float
) -> None:
    moment = renewal_moment(lifespan, None, place, renew_after)

    assert lifespan.begins < moment <= lifespan.begins + renew_after * lifespan.seconds
    assert lifespan.begins + (renew_after - SPREAD) * lifespan.seconds <= moment + 1e-3


@given(
    lifespan=lifespans,
    place=places,
    start=st.floats(-DAY, 400 * DAY),
    length=st.floats(-DAY, 10 * DAY),
)
def test_a_suggestion_counts_as_long_as_the_certificate_does_not_run_out(
    lifespan: Lifespan, place: float, start: float, length: float
) -> None:
    window = Window(BEGINS + start, BEGINS + start + length)
    moment = renewal_moment(lifespan, window, place, 2 / 3)

    assert moment <= lifespan.begins + LATEST * lifespan.seconds + 1e-3
    if moment < lifespan.begins + LATEST * lifespan.seconds - 1e-3:
        assert window.start <= moment <= max(window.start, window.end) + 1e-3


def test_a_window_that_is_over_means_now() -> None:
    moment = renewal_moment(lasting(90), Window(BEGINS - 10, BEGINS - 5), 0.5, 2 / 3)

    assert is_due(lasting(90), moment, BEGINS)


@pytest.mark.parametrize(("days", "due"), [(-0.1, True), (0, False), (59, False), (60, True)])
def test_one_that_has_not_begun_is_due_as_well(days: float, due: bool) -> None:
    assert is_due(lasting(90), BEGINS + 60 * DAY, BEGINS + days * DAY) is due


def test_one_that_is_over_is_due_whatever_was_suggested() -> None:
    assert is_due(lasting(1), BEGINS + 60 * DAY, BEGINS + 2 * DAY)


@given(subject=st.text(), fingerprint=st.text())
def test_a_certificate_keeps_its_place(subject: str, fingerprint: str) -> None:
    place = place_of(subject, fingerprint)

    assert 0 <= place < 1
    assert place == place_of(subject, fingerprint)


def test_places_are_spread() -> None:
    places = [place_of("subject", str(n)) for n in range(1000)]

    for tenth in range(10):
        assert 60 < sum(tenth <= 10 * place < tenth + 1 for place in places) < 140


@pytest.mark.parametrize(
    ("retry_after", "wait"), [(None, 6 * HOUR), (0, 60), (7200, 7200), (30 * DAY, DAY)]
)
def test_it_is_looked_again_when_the_authority_says_within_bounds(
    retry_after: float | None, wait: float
) -> None:
    assert look_wait(retry_after) == wait


@given(seconds=st.floats(-DAY, 400 * DAY))
def test_a_rest_follows_each_order(seconds: float) -> None:
    assume(seconds != 0)
    assert 0 <= rest_after(Lifespan(BEGINS, BEGINS + seconds)) <= HOUR
