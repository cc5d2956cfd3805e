# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers of workers: carried to the supervisor, added up, printed."""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.supervisor.channel import Channel, channel_pair
from sluice_proxy.supervisor.metrics_form import AT_ONCE, decode_metrics, encode_metrics, pieces
from sluice_proxy.supervisor.worker import Worker

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


@pytest.mark.parametrize("number", [0, 1, AT_ONCE, AT_ONCE + 1, 3 * AT_ONCE])
def test_many_routes_are_told_in_pieces_that_make_one_whole(number: int) -> None:
    made = Metrics()
    for place in range(number):
        made.of(f"r{place}", "t").count(200, 0.1, 1, 1)
    told = list(pieces(made))

    assert len(told) == 2 + -(-number // AT_ONCE)
    assert decode_metrics(b"".join(told)).render({}) == made.render({})


def test_what_is_counted_while_numbers_are_told_harms_nothing() -> None:
    made = Metrics()
    for place in range(3 * AT_ONCE):
        made.of(f"r{place}", "t").count(200, 0.1, 1, 1)
    told = []
    for number, piece in enumerate(pieces(made)):
        told.append(piece)
        made.of(f"new{number}", "t").count(200, 0.1, 1, 1)
        made.of(f"r{3 * AT_ONCE - 1}", "t").count(500, 0.1, 1, 1)
    read = decode_metrics(b"".join(told)).traffic

    assert len(read) == 3 * AT_ONCE
    last = read[f"r{3 * AT_ONCE - 1}", "t"]
    assert sum(last.statuses.values()) == sum(last.durations.counts) > 1


def test_who_asks_a_worker_gets_no_numbers_from_before_the_question() -> None:
    async def scenario() -> None:
        ours, theirs = channel_pair()
        worker = Worker(os.getpid(), ours, lambda _worker: None, lambda _worker, _question: None)
        other = Channel(theirs, lambda _message: None, lambda: None)
        first, second, third = (worker.report() for _unused in range(3))
        for number, done in ((1, [True, False, False]), (3, [True, True, True])):
            made = Metrics()
            made.add("answers", number)
            other.send("report", {"number": number}, [encode_metrics(made)])
            await (first if number == 1 else third)
            assert [one.done() for one in (first, second, third)] == done
            assert worker.metrics.counters["answers", ()] == number
        asyncio.get_running_loop().remove_reader(worker._process)
        os.close(worker._process)
        worker.channel.close()
        other.close()

    asyncio.run(scenario())


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
