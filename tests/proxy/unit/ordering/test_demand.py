# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that a client waits for."""

from __future__ import annotations

import asyncio

import pytest
from running.fake_authority import DAY, problem
from running.ordering_fleet import Fleet, settings, wish
from running.virtual_time import now, pass_time
from sluice_proxy.ordering.keeper.flights import AT_ONCE, KEPT_FREE
from sluice_proxy.ordering.model import NotObtained, Standing


def test_it_is_in_force_when_it_is_answered() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.refuses = [RuntimeError("workers are busy")]
        got = await node.keeper.demand("a.test", wish("a.test"))
        assert node.in_force["a.test"] == got
        assert node.keeper.state("a.test") is None
        await fleet.close()

    pass_time(scenario())


def test_a_failure_is_told_and_not_tried_again_for_the_next_who_asks() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        fleet.ca["one"].refuses["a.test", ""] = problem("dns")
        for _turn in range(20):
            with pytest.raises(NotObtained, match=r"^one refused: a\.test: dns") as failure:
                await node.keeper.demand("a.test", wish("a.test"))
            assert failure.value.next_try is not None
            assert failure.value.next_try > now()
        assert fleet.orders == 1
        await asyncio.sleep(DAY)
        # Nobody waits for it any more.
        assert fleet.orders == 1
        fleet.ca["one"].refuses.clear()
        await node.keeper.demand("a.test", wish("a.test"))
        await fleet.close()

    pass_time(scenario())


def test_the_order_goes_on_when_who_asked_is_gone() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        fleet.ca["one"].takes = 2
        asking = asyncio.create_task(node.keeper.demand("a.test", wish("a.test")))
        await asyncio.sleep(1)
        asking.cancel()
        await asyncio.sleep(60)
        assert "a.test" in node.in_force
        await fleet.close()

    pass_time(scenario())


def test_it_goes_before_what_nobody_waits_for() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        fleet.ca["one"].takes = 5
        node.wish(*(f"{n}.test" for n in range(200)))
        await asyncio.sleep(10)
        await node.keeper.demand("a.test", wish("a.test"))
        assert len(node.in_force) <= 4 * AT_ONCE
        assert fleet.ca["one"].most_at_once > AT_ONCE - KEPT_FREE
        await fleet.close()

    pass_time(scenario())


def test_one_that_is_wished_for_afterwards_is_renewed() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        await node.keeper.demand("a.test", wish("a.test"))
        node.wish("a.test")
        assert (await node.until("a.test", Standing.HELD)).renew_at is not None
        assert fleet.orders == 1
        await fleet.close()

    pass_time(scenario())


def test_without_what_is_shared_it_is_refused_at_once() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        node.shared.down = "redis: connection refused"
        for _turn in range(2):
            with pytest.raises(NotObtained, match="connection refused"):
                await node.keeper.demand("a.test", wish("a.test"))
        assert fleet.orders == 0
        await fleet.close()

    pass_time(scenario())


def test_a_keeper_that_is_closed_tells_those_who_wait() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        fleet.ca["one"].takes = 5
        asking = asyncio.create_task(node.keeper.demand("a.test", wish("a.test")))
        await asyncio.sleep(1)
        await node.keeper.close()
        with pytest.raises(NotObtained):
            await asking
        with pytest.raises(NotObtained):
            await node.keeper.demand("b.test", wish("b.test"))
        await fleet.close()

    pass_time(scenario())
