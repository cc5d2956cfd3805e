# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revoking, and what is asked of authorities beside orders."""

from __future__ import annotations

import asyncio

import pytest
from running.fake_authority import problem
from running.ordering_fleet import Fleet, Node, settings, wish
from running.virtual_time import pass_time
from sluice_proxy.acme.messages.model import RevocationReason
from sluice_proxy.ordering.attempts import ATTEMPTS
from sluice_proxy.ordering.certificates import CERTIFICATE
from sluice_proxy.ordering.model import NotObtained, Obtained, Standing


async def held(fleet: Fleet) -> tuple[Node, Obtained]:
    node = fleet.nodes[0]
    node.wish("a.test")
    await node.until("a.test", Standing.HELD)
    return node, node.in_force["a.test"]


def test_what_is_revoked_is_shared_no_more_and_the_next_wish_is_ordered() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        await node.keeper.revoke(one, "key_compromise")
        assert fleet.ca["one"].revoked == [(one.chain, RevocationReason.KEY_COMPROMISE)]
        assert fleet.records.get(CERTIFICATE, one.wish.subject) is None
        assert fleet.records.get(ATTEMPTS, one.wish.subject) is None
        node.wish()
        node.in_force.clear()
        await asyncio.sleep(1)
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        assert node.in_force["a.test"].chain != one.chain
        await fleet.close()

    pass_time(scenario())


def test_what_is_revoked_is_for_no_wish_that_comes_later() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        await node.keeper.revoke(one, "key_compromise")
        node.keeper.wish({"doc": wish("a.test")}, {})
        await node.until("doc", Standing.HELD)
        assert node.in_force["doc"].chain != one.chain
        await fleet.close()

    pass_time(scenario())


def test_one_that_is_revoked_already_is_no_error() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        fleet.ca["one"].fail("revoke", problem("alreadyRevoked"))
        await node.keeper.revoke(one, "superseded")
        await fleet.close()

    pass_time(scenario())


def test_one_of_another_account_is_revoked_by_its_own_key() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        fleet.ca["one"].fail("revoke", problem("unauthorized", 403))
        await node.keeper.revoke(one, "unspecified")
        assert fleet.ca["one"].asked["revoke by key"] == 1
        await fleet.close()

    pass_time(scenario())


@pytest.mark.parametrize(
    ("reason", "error", "said"),
    [
        ("unspecified", "badRevocationReason", "one did not revoke: badRevocationReason"),
        ("bored", "", "'bored' is no reason to revoke: give one of unspecified, key_compromise"),
    ],
)
def test_what_the_authority_says_is_told(reason: str, error: str, said: str) -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        if error:
            fleet.ca["one"].fail("revoke", problem(error))
        with pytest.raises(NotObtained, match=said):
            await node.keeper.revoke(one, reason)
        # It is still the one to be served.
        assert fleet.records.get(CERTIFICATE, one.wish.subject) is not None
        await fleet.close()

    pass_time(scenario())


def test_an_authority_that_is_not_in_the_configuration_any_more_is_named() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, one = await held(fleet)
        gone = Obtained(wish("a.test"), "gone", one.chain, one.key)
        with pytest.raises(NotObtained, match="there is no authority 'gone'"):
            await node.keeper.revoke(gone, "unspecified")
        for change in (node.keeper.roll_over_account, node.keeper.deactivate_account):
            with pytest.raises(NotObtained, match="there is no authority 'gone'"):
                await change("gone")
        await fleet.close()

    pass_time(scenario())


def test_orders_go_on_with_another_key_and_after_the_account_was_given_up() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"), nodes=2)
        node, other = fleet.nodes
        await held(fleet)
        await node.keeper.roll_over_account("one")
        other.wish("b.test")
        await other.until("b.test", Standing.HELD)
        await node.keeper.deactivate_account("one")
        other.wish("b.test", "c.test")
        await other.until("c.test", Standing.HELD)
        assert len(fleet.ca["one"].accounts) == 2
        assert other.keeper.numbers.failed == {}
        await fleet.close()

    pass_time(scenario())


def test_an_account_that_the_authority_forgot_is_made_anew_within_the_order() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node, _one = await held(fleet)
        fleet.ca["one"].accounts.clear()
        node.wish("a.test", "b.test")
        await node.until("b.test", Standing.HELD)
        assert node.keeper.numbers.failed == {}
        await fleet.close()

    pass_time(scenario())
