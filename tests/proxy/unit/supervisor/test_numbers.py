# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of workers: carried to the supervisor, added up, printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.supervisor.metrics_form import decode_metrics, encode_metrics

NAMES = st.text(max_size=8)


@st.composite
def metrics(draw: st.DrawFn) -> Metrics:
    made = Metrics()
    for route, target, status, seconds in draw(
        st.lists(st.tuples(NAMES, NAMES, st.integers(100, 599), st.floats(0, 100)), max_size=5)
    ):
        made.of(route, target).count(status, seconds, 3, 4)
    for name, value, amount in draw(
        st.lists(st.tuples(NAMES, NAMES, st.integers(0, 2**50)), max_size=5)
    ):
        made.add(name, amount, (("label", value),))
        made.gauges[name, ()] = amount
        made.in_flight[name, value] = amount
    return made


@given(metrics())
def test_what_is_carried_is_what_arrives(made: Metrics) -> None:
    assert decode_metrics(encode_metrics(made)).render({}) == made.render({})


@given(metrics(), metrics())
def test_adding_up_is_the_same_in_any_order(one: Metrics, other: Metrics) -> None:
    first, second = Metrics(), Metrics()
    for part in (one, other):
        first.merge(part)
    for part in (other, one):
        second.merge(part)

    assert sorted(first.render({}).splitlines()) == sorted(second.render({}).splitlines())


def test_large_counters_are_printed_to_the_last_digit() -> None:
    made = Metrics()
    made.add("big", 123_456_789_012)

    assert "big 123456789012\n" in made.render({})


def test_of_what_is_gone_only_what_was_counted_stays() -> None:
    made = Metrics()
    made.add("counted", 2)
    made.gauges["present", ()] = 3
    made.in_flight["route", "target"] = 4

    assert made.without_gauges().counters == {("counted", ()): 2}
    assert made.without_gauges().gauges == {}
    assert made.without_gauges().in_flight == {}


@pytest.mark.parametrize("wrong", [b"", b"[]", b"{}", b'{"traffic": [1], "counters": []}'])
def test_what_is_no_numbers_is_refused(wrong: bytes) -> None:
    with pytest.raises(ValueError, match="not the numbers of a worker"):
        decode_metrics(wrong)
