# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keeper of one node: what is wished for is there, and is renewed in time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from running.fake_authority import DAY, problem
from running.ordering_fleet import UNHURRIED, Fleet, settings, wish
from running.virtual_time import now, pass_time
from sluice_proxy.ordering.keeper.entry import Entry
from sluice_proxy.ordering.keeper.flights import AT_ONCE
from sluice_proxy.ordering.model import NotObtained, Standing
from sluice_proxy.snapshot.issuing import ChallengeType, KeyType


def test_what_is_wished_for_is_obtained_and_told() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.wish("a.test", "b.test")
        for name in ("a.test", "b.test"):
            state = await node.until(name, Standing.HELD)
            assert state.authority == "one"
            assert state.failures == 0
            assert state.renew_at is not None
            assert state.renew_at > now()
            assert node.in_force[name].wish.names == (name,)
        assert sorted(fleet.ca["one"].names_ordered) == [("a.test",), ("b.test",)]
        assert node.answering.there == []
        await fleet.close()

    pass_time(scenario())


@pytest.mark.parametrize("former_stays", [True, False], ids=["beside", "in its place"])
def test_another_wish_for_the_same_certificate_is_told_what_is_there(*, former_stays: bool) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        # As for a host of a route that is declared by itself as well, or no more.
        wishes = {"doc": wish("a.test")}
        held = dict(node.in_force) if former_stays else {}
        if former_stays:
            wishes["a.test"] = wish("a.test")
        node.keeper.wish(wishes, held)
        await asyncio.sleep(60.0)

        assert node.in_force["doc"] == node.in_force["a.test"]
        assert len(fleet.ca["one"].names_ordered) == 1
        await fleet.close()

    pass_time(scenario())


def test_what_this_node_ordered_is_not_taken_for_another_nodes() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        # What it shares is there for a while before it knows, and it looks at all moments.
        node.shared.delay = 3.0
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        for turn in range(20):
            await asyncio.sleep(turn / 3)
            former = node.in_force["a.test"]
            await node.keeper.renew("a.test")
            while node.in_force["a.test"] is former:
                await asyncio.sleep(0.1)
        numbers = node.keeper.numbers
        assert (numbers.renewed, numbers.adopted) == (20, 0)
        await fleet.close()

    pass_time(scenario())


def test_a_certificate_is_renewed_before_it_ends_and_names_the_former_one() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        first = node.in_force["a.test"]
        begun = now()
        while node.in_force["a.test"] is first:
            await asyncio.sleep(600)
        assert 55 * DAY < now() - begun < 61 * DAY
        assert fleet.ca["one"].replaced == [None, first.chain.decode()]
        assert node.keeper.numbers.renewed == 1
        await fleet.close()

    pass_time(scenario())


@pytest.mark.parametrize("seconds", [6 * DAY, 45 * DAY, 90 * DAY, 600.0])
def test_any_lifetime_is_renewed_in_its_last_third(seconds: float) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED, seconds=seconds)
        fleet.ca["one"].backdated = 0
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        for _turn in range(3):
            former, begun = node.in_force["a.test"], now()
            while node.in_force["a.test"] is former:
                await asyncio.sleep(seconds / 100)
            assert 0.6 * seconds < now() - begun < 0.72 * seconds
        await fleet.close()

    pass_time(scenario())


def test_a_valid_certificate_stays_while_renewal_fails_and_is_replaced_before_it_ends() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED, seconds=6 * DAY)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        first = node.in_force["a.test"]
        ends = now() + 6 * DAY
        ca.refuses["a.test", ""] = problem("dns")
        state = await node.until("a.test", Standing.FAILED)
        assert "one refused: a.test: dns: as scripted" in state.said
        assert node.in_force["a.test"] is first
        while now() < ends - 3600:
            await asyncio.sleep(600)
        assert node.state("a.test").failures > 10
        assert node.in_force["a.test"] is first
        # With an hour left it is tried often enough to be in time.
        ca.refuses.clear()
        while node.in_force["a.test"] is first:
            await asyncio.sleep(10)
        assert now() < ends
        await fleet.close()

    pass_time(scenario())


def test_failures_are_tried_again_ever_later_and_hammer_nobody() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.refuses["a.test", ""] = problem("unauthorized", 403)
        node.wish("a.test")
        begun = now()
        while now() < begun + 3 * DAY:
            await asyncio.sleep(3600)
        assert 7 <= len(ca.names_ordered) <= 12
        state = node.state("a.test")
        assert state.standing is Standing.FAILED
        assert state.failures == len(ca.names_ordered)
        assert state.next_try is not None
        assert state.next_try > now()
        ca.refuses.clear()
        await node.until("a.test", Standing.HELD)
        assert node.state("a.test").failures == 0
        assert node.state("a.test").said == ""
        await fleet.close()

    pass_time(scenario())


def test_a_restart_keeps_to_the_wait_of_a_failure() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.refuses["a.test", ""] = problem("unauthorized", 403)
        node.wish("a.test")
        while node.state("a.test").failures < 5:
            await asyncio.sleep(10)
        next_try, orders = node.state("a.test").next_try, fleet.orders
        assert next_try is not None
        await node.keeper.close()
        for _turn in range(5):
            after = fleet.node()
            after.wish("a.test")
            await asyncio.sleep(60)
            assert after.state("a.test").next_try == next_try
            assert after.state("a.test").said == node.state("a.test").said
            await after.keeper.close()
        assert fleet.orders == orders
        await fleet.close()

    pass_time(scenario())


def test_a_restart_orders_nothing_that_is_held() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        names = [f"{n}.test" for n in range(30)]
        fleet.nodes[0].wish(*names)
        for name in names:
            await fleet.nodes[0].until(name, Standing.HELD)
        held = fleet.nodes[0].in_force
        await fleet.nodes[0].keeper.close()
        again = fleet.node()
        again.in_force = dict(held)
        again.wish(*names)
        await asyncio.sleep(DAY)
        without = fleet.node()
        without.wish(*names)
        for name in names:
            await without.until(name, Standing.HELD)
        assert without.in_force == held
        assert len(without.batches) == 1
        assert fleet.orders == 30
        await again.keeper.close()
        await without.keeper.close()
        await fleet.close()

    pass_time(scenario())


def test_no_more_than_some_orders_go_on_at_once() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        fleet.ca["one"].takes = 5
        names = [f"{n}.test" for n in range(60)]
        fleet.nodes[0].wish(*names)
        for name in names:
            await fleet.nodes[0].until(name, Standing.HELD)
        assert 5 <= fleet.ca["one"].most_at_once <= AT_ONCE
        await fleet.close()

    pass_time(scenario())


def test_what_happens_to_one_certificate_is_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node = fleet.nodes[0]
        names = [f"{number}.test" for number in range(200)]
        node.wish(*names)
        while len(node.in_force) < len(names):
            await asyncio.sleep(60)
        # By then the authority was asked about each of them, and is not for hours.
        await asyncio.sleep(2 * 3600)
        looked_at: list[str] = []
        state = Entry.restless

        def counted(entry: Entry, moment: float) -> bool:
            looked_at.append(entry.subject)
            return state(entry, moment)

        monkeypatch.setattr(Entry, "restless", counted)
        first = node.in_force["7.test"]
        await node.keeper.renew("7.test")
        while node.in_force["7.test"] is first:
            await asyncio.sleep(1)
        assert set(looked_at) == {first.wish.subject}
        await fleet.close()

    pass_time(scenario())


def test_what_is_not_wished_for_any_more_is_not_renewed() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node = fleet.nodes[0]
        node.wish("a.test", "b.test")
        await node.until("a.test", Standing.HELD)
        await node.until("b.test", Standing.HELD)
        node.wish("b.test")
        assert node.keeper.state("a.test") is None
        await asyncio.sleep(80 * DAY)
        assert fleet.ca["one"].names_ordered.count(("a.test",)) == 1
        assert fleet.ca["one"].names_ordered.count(("b.test",)) == 2
        await fleet.close()

    pass_time(scenario())


def test_another_key_type_is_another_certificate_and_another_challenge_is_not() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.keeper.wish({"it": wish("a.test")}, {})
        await node.until("it", Standing.HELD)
        held = {"it": node.in_force["it"]}
        node.keeper.wish({"it": wish("a.test", challenge=ChallengeType.DNS_01)}, held)
        await asyncio.sleep(60)
        assert fleet.orders == 1
        node.keeper.wish({"it": wish("a.test", key_type=KeyType.P384)}, held)
        await asyncio.sleep(60)
        assert fleet.orders == 2
        assert node.in_force["it"].wish.key_type is KeyType.P384
        await fleet.close()

    pass_time(scenario())


def test_another_id_for_what_is_held_gets_it_without_an_order() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        first = node.in_force["a.test"]
        # As when a certificate of a route is declared by itself; and one that joins another.
        node.keeper.wish({"declared": wish("a.test")}, {})
        await node.until("declared", Standing.HELD)
        node.keeper.wish({"declared": wish("a.test"), "more": wish("a.test")}, {"declared": first})
        await node.until("more", Standing.HELD)
        assert node.in_force["declared"] == node.in_force["more"] == first
        told = len(node.batches)
        node.keeper.wish(
            {"declared": wish("a.test"), "more": wish("a.test")},
            {"declared": first, "more": first},
        )
        await asyncio.sleep(60)
        assert len(node.batches) == told
        assert fleet.orders == 1
        await fleet.close()

    pass_time(scenario())


@pytest.mark.parametrize("step", ["new_order", "renewal_info"])
def test_what_fails_in_a_way_that_nobody_foresaw_is_tried_again_later(step: str) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.window = (now() + 50 * DAY, now() + 51 * DAY)
        bug: Any = RuntimeError("a bug")
        ca.fail(step, bug, bug)
        node.wish("a.test")
        began = now()
        while ca.asked[step] < 3:
            await asyncio.sleep(60)
            assert now() - began < DAY
        assert now() - began > 900
        await node.until("a.test", Standing.HELD)
        await fleet.close()

    pass_time(scenario())


def test_who_waits_is_told_of_what_nobody_foresaw() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        bug: Any = RuntimeError("a bug")
        fleet.ca["one"].fail("new_order", bug)
        with pytest.raises(NotObtained, match="nobody foresaw"):
            async with asyncio.timeout(60):
                await fleet.nodes[0].keeper.demand("a.test", wish("a.test"))
        await fleet.close()

    pass_time(scenario())


def test_renew_orders_at_once_whatever_failed_before() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, ca = fleet.nodes[0], fleet.ca["one"]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        first = node.in_force["a.test"]
        await node.keeper.renew("a.test")
        assert node.state("a.test").standing is not Standing.HELD
        await node.until("a.test", Standing.HELD)
        second = node.in_force["a.test"]
        assert second.chain != first.chain
        ca.fail_always("new_order", problem("rateLimited", 429, retry_after=DAY))
        await node.keeper.renew("a.test")
        await node.until("a.test", Standing.FAILED)
        ca.fail_always("new_order", None)
        await node.keeper.renew("a.test")
        await node.until("a.test", Standing.HELD)
        assert node.in_force["a.test"].chain != second.chain
        with pytest.raises(KeyError):
            await node.keeper.renew("unknown")
        await fleet.close()

    pass_time(scenario())


def test_what_could_not_be_put_in_force_is_told_again() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.refuses = [RuntimeError("the workers do not answer")] * 3
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        assert fleet.orders == 1
        assert "a.test" in node.in_force
        await fleet.close()

    pass_time(scenario())


def test_a_certificate_whose_time_has_not_begun_is_not_ordered_all_the_time() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        fleet.ca["one"].backdated = -DAY
        node = fleet.nodes[0]
        node.wish("a.test")
        await asyncio.sleep(DAY / 2)
        assert 2 <= fleet.orders <= 13
        await fleet.close()

    pass_time(scenario())


def test_close_withdraws_answers_and_gives_the_leases_back() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.takes = 10
        node.wish("a.test")
        while not node.answering.there:
            await asyncio.sleep(1)
        await node.keeper.close()
        assert node.answering.there == []
        other = fleet.node()
        fleet.nodes.append(other)
        ca.takes = 0.05
        other.wish("a.test")
        begun = now()
        await other.until("a.test", Standing.HELD)
        assert now() - begun < 5
        await fleet.close()

    pass_time(scenario())
