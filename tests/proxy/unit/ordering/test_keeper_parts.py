# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is due when, what is done at once, and what is told."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from running.virtual_time import now, pass_time
from samples.certificates import leaf
from sluice_proxy.ordering.keeper.agenda import Agenda
from sluice_proxy.ordering.keeper.arrivals import Arrivals
from sluice_proxy.ordering.keeper.flights import ENDING, Flights, Urgency
from sluice_proxy.ordering.model import Obtained, Wish

subjects = st.sampled_from("abcdefgh")
PAIR = leaf("a.test")


def obtained(authority: str) -> Obtained:
    return Obtained(Wish(("a.test",)), authority, PAIR.chain, PAIR.key_pem())


@given(st.lists(st.tuples(subjects, st.floats(0, 100) | st.just(math.inf)), max_size=300))
def test_the_last_moment_of_each_counts_and_the_first_ones_come_first(
    settings: list[tuple[str, float]],
) -> None:
    agenda = Agenda()
    last: dict[str, float] = {}
    for subject, moment in settings:
        agenda.set(subject, moment)
        last[subject] = moment

    wanted = sorted(moment for moment in last.values() if moment <= 50)
    first = min((one for one in last.values() if one != math.inf), default=None)
    assert agenda.first() == first
    due = list(agenda.due(50))
    assert [last[subject] for subject in due] == wanted
    assert len(set(due)) == len(due)
    assert list(agenda.due(50)) == []
    assert len(list(agenda.due(100))) == sum(50 < one <= 100 for one in last.values())


class Work:
    """Work that takes a second, and what was done of it in which order."""

    def __init__(self, flights: Flights) -> None:
        self.flights = flights
        self.begun: list[str] = []
        self.at_once = 0
        self.most = 0

    def begin(self, subject: str, urgency: Urgency, rank: float = 0) -> None:
        async def work() -> None:
            self.begun.append(subject)
            self.at_once += 1
            self.most = max(self.most, self.at_once)
            await asyncio.sleep(1)
            self.at_once -= 1
            if subject == "bad":
                raise ValueError("as it is")

        self.flights.begin(subject, urgency, rank, work)


def test_urgent_work_goes_first_then_by_rank_and_some_room_is_kept_for_it() -> None:
    async def scenario() -> None:
        work = Work(Flights(at_once=3, kept_free=1))
        for subject, urgency, rank in (
            ("r1", Urgency.REST, 0),
            ("r2", Urgency.REST, 0),
            ("n2", Urgency.RENEWAL, 2),
            ("n1", Urgency.RENEWAL, 1),
            ("m1", Urgency.MISSING, 9),
            ("n1", Urgency.REST, 0),
            ("n3", Urgency.RENEWAL, 3),
        ):
            work.begin(subject, urgency, rank)
        await asyncio.sleep(0.5)
        assert work.begun == ["r1", "r2"]
        work.begin("d1", Urgency.DEMANDED)
        work.begin("n3", Urgency.DEMANDED)
        await asyncio.sleep(10)
        assert work.begun == ["r1", "r2", "d1", "n3", "m1", "n1", "n2"]
        assert work.most == 3

    pass_time(scenario())


def test_there_is_one_for_each_subject_and_one_that_fails_hinders_nobody() -> None:
    async def scenario() -> None:
        work = Work(Flights(at_once=2, kept_free=0))
        for subject in ("bad", "bad", "a", "b", "c", "a"):
            work.begin(subject, Urgency.MISSING)
        work.flights.drop("c")
        await asyncio.sleep(10)
        assert work.begun == ["bad", "a", "b"]
        work.begin("bad", Urgency.MISSING)
        await asyncio.sleep(10)
        assert work.begun[-1] == "bad"

    pass_time(scenario())


def test_closing_ends_what_goes_on_and_begins_nothing_more() -> None:
    async def scenario() -> None:
        work = Work(Flights(at_once=1, kept_free=0))
        work.begin("a", Urgency.MISSING)
        work.begin("b", Urgency.MISSING)
        await asyncio.sleep(0.5)
        await work.flights.close()
        await asyncio.sleep(10)
        assert work.begun == ["a"]

    pass_time(scenario())


def test_closing_waits_for_what_is_put_in_order_but_not_long() -> None:
    in_order: list[str] = []

    async def scenario() -> None:
        async def work(name: str, seconds: float) -> None:
            try:
                await asyncio.sleep(3600)
            finally:
                await asyncio.sleep(seconds)
                in_order.append(name)

        flights = Flights()
        flights.begin("quick", Urgency.REST, 0, lambda: work("quick", ENDING / 2))
        flights.begin("slow", Urgency.REST, 0, lambda: work("slow", 60.0))
        await asyncio.sleep(1)
        begun = now()
        await flights.close()
        assert now() - begun == ENDING

    pass_time(scenario())
    assert in_order == ["quick"]


class Told:
    """Who is told; refuses as often as it is said."""

    def __init__(self) -> None:
        self.refusals = 0
        self.batches: list[dict[str, str]] = []

    async def __call__(self, arrived: Mapping[str, Obtained]) -> None:
        await asyncio.sleep(1)
        if self.refusals:
            self.refusals -= 1
            raise RuntimeError("not now")
        self.batches.append({name: one.authority for name, one in arrived.items()})


def test_many_are_told_at_once_and_the_newest_of_each() -> None:
    async def scenario() -> None:
        told = Told()
        arrivals = Arrivals(told)
        running = asyncio.create_task(arrivals.run())
        arrivals.add("a", obtained("one"))
        await asyncio.sleep(0.5)
        for number in range(50):
            arrivals.add(f"b{number}", obtained("one"))
        first = arrivals.add("a", obtained("one"))
        arrivals.add("a", obtained("two"))
        await first
        assert [len(batch) for batch in told.batches] == [1, 51]
        assert told.batches[1]["a"] == "two"
        running.cancel()

    pass_time(scenario())


def test_what_is_refused_is_told_again_unless_nobody_wants_it_any_more() -> None:
    async def scenario() -> None:
        told = Told()
        told.refusals = 2
        arrivals = Arrivals(told)
        running = asyncio.create_task(arrivals.run())
        kept, dropped = arrivals.add("kept", obtained("one")), arrivals.add("gone", obtained("one"))
        await asyncio.sleep(1.5)
        arrivals.drop("gone")
        await kept
        assert dropped.cancelled()
        assert told.batches == [{"kept": "one"}]
        running.cancel()

    pass_time(scenario())
