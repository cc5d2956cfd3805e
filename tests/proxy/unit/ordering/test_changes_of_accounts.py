# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts get other keys and are given up, whenever the process that does so is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest
from running.fake_authority import FakeAuthority, FakeClient, problem
from running.ordering_fleet import Fleet, settings
from running.shared_in_memory import SharedInMemory, records_in_memory
from running.virtual_time import now, pass_time
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import Problem
from sluice_proxy.acme.messages.model import Status
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.fleet.shared import Unreachable
from sluice_proxy.ordering.accounts.accounts import Accounts
from sluice_proxy.ordering.accounts.documents import ACCOUNT
from sluice_proxy.ordering.model import AuthorityStatus, NoAccount, NotObtained, Standing
from sluice_proxy.snapshot.issuing import CertificateAuthority

AUTHORITY = CertificateAuthority("one", "https://one.test/directory", ("mailto:a@b.test",))
Change = Callable[[Accounts], Awaitable[None]]


class Killed(BaseException):
    """The process is dead."""


class Life:
    """What a process does, step by step, until it is killed: after so many ``steps``, or after the
    one that is called ``last``."""

    def __init__(self, steps: int | None = None, last: str = "") -> None:
        self._left = steps
        self._last = last

    def of(self, other: object) -> Any:
        """Return the same, whose methods are steps of this life."""
        return _Step(self, other)

    def step(self, name: str) -> None:
        if self._left == 0:
            raise Killed(name)
        if self._left is not None:
            self._left -= 1
        if name == self._last:
            self._left = 0


class _Step:
    def __init__(self, life: Life, other: object) -> None:
        self._life = life
        self._other = other

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._other, name)
        if not callable(found):
            return found

        async def do(*given: Any, **named: Any) -> Any:
            self._life.step(name)
            return await found(*given, **named)

        return do


class World:
    """An authority, and what nodes share."""

    def __init__(self) -> None:
        self.ca = FakeAuthority(now)
        self.records = records_in_memory(now)
        self._nodes = count(1)

    def node(self, life: Life | None = None) -> Accounts:
        """Return the accounts of a node that just started."""
        own = life or Life()

        def connect(_who: CertificateAuthority, key: SigningKey, url: str | None) -> Client:
            return cast("Client", own.of(FakeClient(self.ca, key, url)))

        shared: Any = own.of(SharedInMemory(self.records))
        return Accounts(shared, connect, f"node {next(self._nodes)}")

    @property
    def in_use(self) -> list[str]:
        """The accounts that are not given up."""
        return [one.url for one in self.ca.accounts.values() if one.status is Status.VALID]

    async def orders(self) -> None:
        """Have a node that just started order something."""
        client = await self.node().client(AUTHORITY)
        await client.new_order(("a.test",))

    async def killed(self, change: Change, steps: int) -> bool:
        """Return whether a node was killed while it made a change."""
        try:
            await change(self.node(Life(steps)))
        except Killed:
            return True
        return False


async def register(accounts: Accounts) -> None:
    await accounts.client(AUTHORITY)


async def roll_over(accounts: Accounts) -> None:
    await accounts.roll_over(AUTHORITY)


async def deactivate(accounts: Accounts) -> None:
    await accounts.deactivate(AUTHORITY)


def each_kill(change: Change, then: Callable[[World], Awaitable[None]]) -> int:
    """Kill a node before each step of a change, and look what comes ``then``; return how many
    steps there are."""

    async def scenario(steps: int) -> bool:
        world = World()
        if change is not register:
            await world.orders()
        killed = await world.killed(change, steps)
        await then(world)
        return killed

    for steps in count():
        if not pass_time(scenario(steps)):
            return steps
    raise AssertionError


def test_whenever_it_is_killed_an_account_that_is_made_is_found_again() -> None:
    async def then(world: World) -> None:
        await world.orders()
        assert world.in_use == ["account-0"]

    assert each_kill(register, then) >= 6


def test_whenever_it_is_killed_the_account_goes_on_with_the_key_that_it_has() -> None:
    async def then(world: World) -> None:
        await world.orders()
        assert world.in_use == ["account-0"]
        assert world.ca.asked["register"] == 1

    assert each_kill(roll_over, then) >= 6


def test_whenever_it_is_killed_the_key_can_be_changed_again() -> None:
    async def then(world: World) -> None:
        before = set(world.ca.accounts)
        await roll_over(world.node())
        assert before.isdisjoint(world.ca.accounts)
        await world.orders()
        assert world.in_use == ["account-0"]

    assert each_kill(roll_over, then) >= 6


def test_an_account_whose_change_of_key_was_killed_is_given_up_and_not_forgotten() -> None:
    async def then(world: World) -> None:
        await deactivate(world.node())
        assert world.in_use == []
        await world.orders()
        assert world.in_use == ["account-1"]

    assert each_kill(roll_over, then) >= 6


def test_an_account_whose_making_was_killed_is_given_up_if_it_is_there() -> None:
    async def then(world: World) -> None:
        try:
            await deactivate(world.node())
        except NoAccount:
            assert world.ca.accounts == {}
        assert world.in_use == []

    assert each_kill(register, then) >= 6


def test_whenever_it_is_killed_a_deactivated_account_makes_room_for_another() -> None:
    async def then(world: World) -> None:
        # Where it is done, it may have to be noted.
        with suppress(NoAccount):
            await deactivate(world.node())
        with pytest.raises(NoAccount):
            await deactivate(world.node())
        assert world.in_use == []
        await world.orders()
        assert world.in_use == ["account-1"]

    assert each_kill(deactivate, then) >= 5


def test_the_key_is_another_one_and_the_account_the_same() -> None:
    async def scenario() -> None:
        world = World()
        first, other = world.node(), world.node()
        former = await first.client(AUTHORITY)
        assert (await other.client(AUTHORITY)).key.thumbprint == former.key.thumbprint
        before = await first.known(AUTHORITY)
        await first.roll_over(AUTHORITY)

        after = await other.known(AUTHORITY)
        assert before is not None
        assert after is not None
        assert (after.url, after.contact) == (before.url, ("mailto:a@b.test",))
        assert after.thumbprint != before.thumbprint == former.key.thumbprint
        for node in (first, other):
            client = await node.client(AUTHORITY)
            assert client.key.thumbprint == after.thumbprint
            await client.new_order(("a.test",))
        assert world.in_use == ["account-0"]

    pass_time(scenario())


def test_a_change_of_key_that_the_authority_refuses_leaves_the_account_as_it_was() -> None:
    async def scenario() -> None:
        world = World()
        await world.orders()
        before = set(world.ca.accounts)
        world.ca.fail("roll_over", problem("badPublicKey"))
        with pytest.raises(Exception, match="badPublicKey: as scripted"):
            await roll_over(world.node())
        assert set(world.ca.accounts) == before
        await world.orders()
        assert world.ca.asked["register"] == 1

    pass_time(scenario())


def test_a_lost_account_is_replaced_though_its_contacts_are_to_be_changed() -> None:
    async def scenario() -> None:
        world = World()
        await world.orders()
        world.ca.accounts.clear()
        others = replace(AUTHORITY, contact=("mailto:c@d.test",))
        client = await world.node().client(others)
        await client.new_order(("a.test",))
        contacts = [one.contact for one in world.ca.accounts.values()]
        assert contacts == [others.contact]

    pass_time(scenario())


def test_the_key_of_an_account_that_was_given_up_is_not_used_for_ever() -> None:
    async def scenario() -> None:
        world = World()
        # It dies when the account is made, and again when it is given up, before that is noted.
        for change in (register, deactivate):
            with pytest.raises(Killed):
                await change(world.node(Life(last=change.__name__)))
        assert len(world.ca.accounts) == 1
        assert world.in_use == []
        with pytest.raises(Problem, match="unauthorized"):
            await world.orders()
        await world.orders()
        assert world.in_use == ["account-1"]

    pass_time(scenario())


@pytest.mark.parametrize("change", [roll_over, deactivate])
def test_without_an_account_there_is_nothing_to_change_and_none_is_made(change: Change) -> None:
    async def scenario() -> None:
        world = World()
        with pytest.raises(NoAccount, match="no account at one"):
            await change(world.node())
        assert world.ca.asked["register"] == 0
        world.ca.fail("register", problem("serverInternal", 500))
        with pytest.raises(Exception, match="serverInternal"):
            await world.orders()
        with pytest.raises(NoAccount, match="no account at one"):
            await change(world.node())
        assert world.ca.accounts == {}

    pass_time(scenario())


def test_an_account_that_the_authority_does_not_deactivate_is_kept() -> None:
    async def scenario() -> None:
        world = World()
        await world.orders()
        world.ca.fail("deactivate", problem("serverInternal", 500))
        with pytest.raises(Exception, match="serverInternal"):
            await deactivate(world.node())
        assert world.records.get(ACCOUNT, "one") is not None
        await world.orders()
        assert world.in_use == ["account-0"]

    pass_time(scenario())


def test_authorities_are_told_of_with_account_rest_and_orders() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one", staging=("trial",)))
        node = fleet.nodes[0]
        first, trial = await node.keeper.authorities()
        assert first == AuthorityStatus(
            "one", "https://one.test/directory", False, None, None, "", 0, 250, 10_800.0
        )
        assert (trial.name, trial.staging) == ("trial", True)

        fleet.ca["one"].fail("new_order", problem("serverInternal", 500))
        node.wish("a.test")
        failed = await node.until("a.test", Standing.FAILED)
        first = (await node.keeper.authorities())[0]
        assert first.account is not None
        assert first.account.thumbprint in fleet.ca["one"].accounts
        assert first.account.url == "account-0"
        assert first.said == failed.said
        assert first.resting_until is not None
        assert now() < first.resting_until <= now() + 30
        assert first.orders == 1

        await node.until("a.test", Standing.HELD)
        first = (await node.keeper.authorities())[0]
        assert (first.resting_until, first.said, first.orders) == (None, "", 2)
        await asyncio.sleep(10_801)
        assert (await node.keeper.authorities())[0].orders == 0
        node.shared.down = "on fire"
        with pytest.raises(Unreachable, match="on fire"):
            await node.keeper.authorities()
        await fleet.close()

    pass_time(scenario())


def test_the_keeper_says_what_the_authority_said() -> None:
    async def scenario() -> None:
        fleet = Fleet(settings("one"))
        node = fleet.nodes[0]
        for change in (node.keeper.roll_over_account, node.keeper.deactivate_account):
            with pytest.raises(NoAccount):
                await change("one")
            with pytest.raises(NotObtained, match="no authority 'two'"):
                await change("two")
        node.wish("a.test")
        await node.until("a.test", Standing.HELD)
        fleet.ca["one"].fail("roll_over", problem("rateLimited", 429))
        with pytest.raises(NotObtained, match="one: the account's key is not changed: rateLimited"):
            await node.keeper.roll_over_account("one")
        fleet.ca["one"].fail("deactivate", problem("rateLimited", 429))
        with pytest.raises(NotObtained, match="one: the account is not deactivated: rateLimited"):
            await node.keeper.deactivate_account("one")
        await node.keeper.deactivate_account("one")
        assert (await node.keeper.authorities())[0].account is None
        await fleet.close()

    pass_time(scenario())
