# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a fleet: one of them orders, the others take over, and none is lost."""

from __future__ import annotations

import asyncio

import pytest
from running.fake_authority import DAY, problem
from running.ordering_fleet import UNHURRIED, Fleet, settings, wish
from running.shared_in_memory import records_in_memory
from running.virtual_time import now, pass_time
from sluice_proxy.ordering.leasing import SECONDS
from sluice_proxy.ordering.model import Standing


def test_names_wished_for_on_three_nodes_at_once_are_ordered_once_each() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=3)
        names = [f"{n}.test" for n in range(100)]
        for node in fleet.nodes:
            node.wish(*names)
        for node in fleet.nodes:
            for name in names:
                await node.until(name, Standing.HELD)
        assert fleet.orders == 100
        assert len(fleet.ca["one"].accounts) == 1
        first, *others = (node.in_force for node in fleet.nodes)
        assert all(other == first for other in others)
        assert sum(node.keeper.numbers.issued["one"] for node in fleet.nodes) == 100
        assert sum(node.keeper.numbers.adopted for node in fleet.nodes) == 200
        # All three of them took part.
        assert min(node.keeper.numbers.issued["one"] for node in fleet.nodes) > 10
        await fleet.close()

    pass_time(scenario())


def test_what_a_dead_node_began_is_finished_by_another_within_the_time_of_a_lease() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        dead, other = fleet.nodes
        fleet.ca["one"].takes = 2
        dead.wish("a.test")
        while not dead.answering.there:
            await asyncio.sleep(0.1)
        died = now()
        await dead.kill()
        fleet.ca["one"].takes = 0.05
        other.wish("a.test")
        await other.until("a.test", Standing.HELD)
        assert now() - died < SECONDS + 10
        await fleet.close()

    pass_time(scenario())


def test_a_fleet_renews_each_certificate_once() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=3, pace=UNHURRIED)
        names = [f"{n}.test" for n in range(10)]
        for node in fleet.nodes:
            node.wish(*names)
        await asyncio.sleep(65 * DAY)
        assert fleet.orders == 20
        for node in fleet.nodes:
            assert node.in_force == fleet.nodes[0].in_force
        await fleet.close()

    pass_time(scenario())


def test_a_failure_on_one_node_is_a_failure_on_all() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=3)
        fleet.ca["one"].refuses["a.test", ""] = problem("dns")
        for node in fleet.nodes:
            node.wish("a.test")
        await asyncio.sleep(30)
        assert fleet.orders == 1
        said = [node.state("a.test") for node in fleet.nodes]
        assert {one.standing for one in said} == {Standing.FAILED}
        assert {one.next_try for one in said} == {said[0].next_try}
        assert {one.failures for one in said} == {1}
        await fleet.close()

    pass_time(scenario())


def test_without_what_is_shared_nothing_is_ordered_and_all_that_is_held_is_served(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        first = node.in_force["a.test"]
        node.shared.down = "redis at r.test:6379: connection refused"
        await asyncio.sleep(70 * DAY)
        assert node.in_force["a.test"] is first
        assert fleet.orders == 1
        node.wish("a.test", "b.test")
        await asyncio.sleep(60)
        assert "connection refused" in node.state("b.test").said
        assert node.state("b.test").standing is Standing.WAITING
        assert node.state("a.test").standing is Standing.HELD
        node.shared.down = ""
        await node.until("b.test", Standing.HELD)
        while node.in_force["a.test"] is first:
            await asyncio.sleep(60)
        assert fleet.orders == 3
        await fleet.close()

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        pass_time(scenario())
    assert caplog.text.count("cannot be reached") == 1
    assert caplog.text.count("can be reached again") == 1


@pytest.mark.parametrize("seconds", [3, 300])
def test_a_certificate_that_could_not_be_shared_is_not_lost(seconds: int) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        node, other = fleet.nodes
        node.wish("before.test")
        await node.until("before.test", Standing.HELD)
        node.wish("before.test", "a.test")
        while not node.answering.there:
            await asyncio.sleep(0.01)
        node.shared.fails["put"] = "redis is starting"
        await asyncio.sleep(seconds)
        del node.shared.fails["put"]
        await asyncio.sleep(10)
        other.wish("a.test")
        await other.until("a.test", Standing.HELD)
        assert other.in_force["a.test"] == node.in_force["a.test"]
        assert fleet.orders == 2
        await fleet.close()

    pass_time(scenario())


def test_a_store_that_lost_everything_gets_back_what_nodes_hold() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        names = [f"{n}.test" for n in range(20)]
        node.wish(*names)
        for name in names:
            await node.until(name, Standing.HELD)
        empty = records_in_memory(now)
        after = fleet.node()
        after.shared.records = empty
        await node.keeper.close()
        after.in_force = dict(node.in_force)
        after.wish(*names)
        await asyncio.sleep(30)
        other = fleet.node()
        other.shared.records = empty
        other.wish(*names)
        for name in names:
            await other.until(name, Standing.HELD)
        assert other.in_force == node.in_force
        assert fleet.orders == 20
        await after.keeper.close()
        await other.keeper.close()
        await fleet.close()

    pass_time(scenario())


def test_a_lease_that_is_lost_stops_the_order_and_nothing_is_written() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        slow, other = fleet.nodes
        slow.wish("before.test")
        await slow.until("before.test", Standing.HELD)
        fleet.ca["one"].takes = 25
        slow.wish("before.test", "a.test")
        while not slow.answering.there:
            await asyncio.sleep(0.1)
        # Its store is out of reach for longer than a lease.
        slow.shared.down = "the network is gone"
        await asyncio.sleep(SECONDS + 1)
        fleet.ca["one"].takes = 0.05
        assert slow.answering.there == []
        other.wish("a.test")
        await other.until("a.test", Standing.HELD)
        slow.shared.down = ""
        await slow.until("a.test", Standing.HELD)
        assert slow.in_force["a.test"] == other.in_force["a.test"]
        assert len(fleet.ca["one"].issued) == 2
        await fleet.close()

    pass_time(scenario())


def test_many_who_demand_a_name_cause_one_order() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=3)
        asked = [
            node.keeper.demand("a.test", wish("a.test"))
            for node in fleet.nodes
            for _unused in range(50)
        ]
        got = await asyncio.gather(*asked)
        assert len(set(got)) == 1
        assert fleet.orders == 1
        assert all("a.test" in node.in_force for node in fleet.nodes)
        await fleet.close()

    pass_time(scenario())


def test_a_hundred_names_demanded_on_three_nodes_give_a_hundred_orders() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=3)
        fleet.ca["one"].takes = 0.5
        names = [f"{n}.test" for n in range(100)]
        await asyncio.gather(
            *(node.keeper.demand(name, wish(name)) for node in fleet.nodes for name in names)
        )
        assert fleet.orders == 100
        assert all(sorted(node.in_force) == sorted(names) for node in fleet.nodes)
        await fleet.close()

    pass_time(scenario())


def test_what_is_asked_for_anew_and_was_not_held_here_is_taken_over() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        node, other = fleet.nodes
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        other.wish("a.test")
        await other.keeper.renew("a.test")
        await other.until("a.test", Standing.HELD)
        assert other.in_force["a.test"] == node.in_force["a.test"]
        assert fleet.orders == 1
        await fleet.close()

    pass_time(scenario())


def test_a_certificate_that_begins_in_a_moment_is_taken_over_and_not_ordered_again() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        # The clocks of nodes and authorities differ, and some write the very moment.
        fleet.ca["one"].backdated = -30
        first, second = fleet.nodes
        first.wish("a.test")
        await asyncio.sleep(5)
        assert fleet.orders == 1
        second.wish("a.test")
        await second.until("a.test", Standing.HELD)
        assert second.in_force["a.test"] == first.in_force["a.test"]
        third = fleet.node()
        third.wish("a.test")
        await third.until("a.test", Standing.HELD)
        assert fleet.orders == 1
        await third.keeper.close()
        await fleet.close()

    pass_time(scenario())
