# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority suggests about renewal (RFC 9773)."""

from __future__ import annotations

import asyncio

import pytest
from running.fake_authority import DAY, problem
from running.ordering_fleet import UNHURRIED, Fleet, settings
from running.virtual_time import now, pass_time
from sluice_proxy.acme.failures import AcmeFailed
from sluice_proxy.ordering.model import Standing


def test_renewal_is_at_one_moment_of_the_window() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        start, end = now() + 70 * DAY, now() + 72 * DAY
        ca.window = (start, end)
        names = [f"{n}.test" for n in range(20)]
        node.wish(*names)
        await asyncio.sleep(DAY)
        moments = {name: node.state(name).renew_at for name in names}
        assert all(at is not None and start <= at <= end for at in moments.values())
        assert len(set(moments.values())) == len(names)
        await asyncio.sleep(60 * DAY)
        assert {name: node.state(name).renew_at for name in names} == moments
        assert fleet.orders == 20
        ca.window = None
        await asyncio.sleep(12 * DAY)
        assert fleet.orders == 40
        await fleet.close()

    pass_time(scenario())


def test_a_window_that_moved_into_the_past_renews_within_hours() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.window = (now() + 60 * DAY, now() + 61 * DAY)
        ca.look_again = 6 * 3600
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        await asyncio.sleep(10 * DAY)
        assert fleet.orders == 1
        ca.window = (now() - DAY, now() - DAY / 2)
        await asyncio.sleep(8 * 3600)
        assert fleet.orders >= 2
        # Whatever it suggests, no more than one an hour.
        ca.look_again = 0
        orders = fleet.orders
        await asyncio.sleep(DAY)
        assert 10 <= fleet.orders - orders <= 25
        await fleet.close()

    pass_time(scenario())


def test_it_is_asked_before_a_certificate_is_renewed_by_our_own_reckoning() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        await node.keeper.close()
        await asyncio.sleep(61 * DAY)
        ca.window = (now() + 10 * DAY, now() + 11 * DAY)
        again = fleet.node()
        fleet.nodes.append(again)
        again.in_force = dict(node.in_force)
        again.wish("a.test")
        await asyncio.sleep(9 * DAY)
        assert fleet.orders == 1
        while fleet.orders == 1:
            await asyncio.sleep(600)
        assert ca.window[0] <= now() <= ca.window[1] + 3600
        await fleet.close()

    pass_time(scenario())


def test_without_an_answer_our_own_reckoning_counts() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.fail_always("renewal_info", AcmeFailed("no answer in time"))
        node.wish("a.test")
        await asyncio.sleep(65 * DAY)
        assert fleet.orders == 2
        assert ca.asked["renewal_info"] > 24
        await fleet.close()

    pass_time(scenario())


def test_it_is_looked_at_as_often_as_the_authority_says_within_bounds() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), pace=UNHURRIED)
        node, ca = fleet.nodes[0], fleet.ca["one"]
        ca.window = (now() + 60 * DAY, now() + 61 * DAY)
        ca.look_again = 0
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        await asyncio.sleep(2 * 3600)
        assert 50 <= ca.asked["renewal_info"] <= 121
        ca.look_again = 365 * DAY
        await asyncio.sleep(120)
        looks = ca.asked["renewal_info"]
        await asyncio.sleep(2.5 * DAY)
        assert 2 <= ca.asked["renewal_info"] - looks <= 3
        await fleet.close()

    pass_time(scenario())


@pytest.mark.parametrize("kind", ["alreadyReplaced", "unauthorized", "malformed"])
def test_an_order_that_cannot_replace_the_former_one_is_made_without_saying_so(kind: str) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, ca = fleet.nodes[0], fleet.ca["one"]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        ca.fail("new_order", problem(kind, 409))
        await node.keeper.renew("a.test")
        await node.until("a.test", Standing.HELD)
        assert ca.replaced == [None, None]
        assert node.keeper.numbers.failed == {}
        await fleet.close()

    pass_time(scenario())


def test_who_did_not_issue_the_former_one_is_not_told_of_it() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", "two"))
        node = fleet.nodes[0]
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        fleet.ca["one"].fail_always("new_order", problem("serverInternal", 500))
        await node.keeper.renew("a.test")
        await node.until("a.test", Standing.HELD)
        assert fleet.ca["two"].replaced == [None]
        await fleet.close()

    pass_time(scenario())
