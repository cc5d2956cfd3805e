# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The keeper: has certificates there for all wishes, and renews them in time."""

from __future__ import annotations

import asyncio
import logging
import random as random_numbers
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from ...fleet.shared import Shared
from ...snapshot.issuing import Acme
from ..accounts.accounts import Accounts
from ..asking import Asking
from ..attempting import Attempting
from ..connections import Connecting, Connections
from ..counting import Counting, Numbers
from ..errands import Errands
from ..keeping import Arrived
from ..model import AuthorityStatus, NotObtained, Obtained, OrderState, Wish
from ..obtaining import Obtaining
from ..overview import Overview
from ..policies.renewal import place_of
from ..validating import Answering
from .agenda import Agenda
from .arrivals import Arrivals
from .book import Book
from .doing import Doing
from .entry import NEVER, Entry, Step
from .flights import Flights, Urgency
from .reach import Reach
from .watching import Watching

AGAIN = 30.0
"""Seconds until work goes on that failed in a way that nobody foresaw."""
_log = logging.getLogger("sluice_proxy.ordering")


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between two looks at what nodes share: ``quick`` while something is missing, or under
    way at another node, else ``slow``."""

    quick: float = 2.0
    slow: float = 30.0


USUAL = Pace()


class Keeper:
    """A Keeping: one task that has done, in time, what is to be done.

    ``holder`` is this node's name for leases: another one for each process. ``now`` returns seconds
    since 1970, ``random`` numbers from 0 to 1. What is shared stays open.
    """

    def __init__(
        self,
        settings: Acme,
        shared: Shared,
        answering: Answering,
        arrived: Arrived,
        holder: str,
        *,
        connections: Connecting | None = None,
        pace: Pace = USUAL,
        now: Callable[[], float] = time.time,
        random: Callable[[], float] = random_numbers.random,
    ) -> None:
        self._renew_after = settings.renew_after
        self._holder = holder
        self._pace = pace
        self._now = now
        self._connections = connections or Connections()
        self._counting = Counting()
        accounts = Accounts(shared, self._connections.client, holder)
        obtaining = Obtaining(accounts, answering, settings.challenges, self._counting)
        asking = Asking(obtaining, settings.authorities, shared, now)
        self._errands = Errands(settings.authorities, accounts, shared)
        self._overview = Overview(settings.authorities, accounts, asking, shared, now)
        self._book = Book(holder, {one.name for one in settings.authorities if not one.staging})
        self._agenda = Agenda()
        self._flights = Flights()
        self._arrivals = Arrivals(arrived)
        self._reach = Reach()
        self._doing = Doing(
            self._book,
            shared,
            Attempting(shared, asking, holder, now, random),
            self._errands,
            self._arrivals,
            self._reach,
            self._counting,
            holder,
            now,
            random,
        )
        self._watching = Watching(
            shared, self._book, self._reach, now, self._doing.adopt, self._failed_elsewhere
        )
        # Subjects for which something is missing, or goes on elsewhere.
        self._restless: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closed = False

    def wish(self, wishes: Mapping[str, Wish], held: Mapping[str, Obtained]) -> None:
        """Have certificates for these wishes by id, and for no others from now on; ``held`` are
        those that are in force."""
        changed, gone, there = self._book.follow(wishes, held, self._now())
        for name in gone:
            self._arrivals.drop(name)
        for name, obtained in there.items():
            self._arrivals.add(name, obtained)
        self._begin()
        for subject in changed:
            self._tell_missing(subject, held)
            self._touch(subject)

    async def demand(self, name: str, wish: Wish) -> Obtained:
        """Have a certificate now for a client that waits, and return it when it is in force.

        Raises NotObtained.
        """
        if self._closed:
            raise NotObtained("the proxy ends")
        self._begin()
        if self._reach.trouble:
            raise NotObtained(self._reach.said)
        now = self._now()
        entry = self._book.expect(name, wish)
        attempts = entry.attempts
        if entry.held is None and attempts.failures and attempts.next_try > now:
            raise NotObtained(attempts.said, attempts.next_try)
        waiter: asyncio.Future[Obtained] = asyncio.get_running_loop().create_future()
        entry.waiters.add(waiter)
        if entry.held is not None and entry.holds(now):
            self._doing.tell(entry, entry.held)
        self._touch(entry.subject)
        try:
            return await waiter
        finally:
            entry.waiters.discard(waiter)
            self._touch(entry.subject)

    def state(self, name: str) -> OrderState | None:
        """Return how the order for a wish stands, None for an unknown id."""
        entry = self._book.named(name)
        if entry is None:
            return None
        return entry.state(self._now(), self._renew_after, self._reach.said)

    async def renew(self, name: str) -> None:
        """Order a new certificate now, whatever there is. Raises KeyError for an unknown id."""
        entry = self._book.named(name)
        if entry is None:
            raise KeyError(name)
        entry.forced = True
        entry.postponed = 0.0
        self._touch(entry.subject)

    async def revoke(self, held: Obtained, reason: str) -> None:
        """Have its authority revoke a certificate; one that is revoked already is no error.

        Raises NotObtained with what the authority said.
        """
        await self._errands.revoke(held, reason)
        entry = self._book.of(held.wish.subject)
        if entry is not None and entry.held is not None:
            entry.revoked = entry.held.obtained.chain == held.chain

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each authority, in their order. Raises Unreachable."""
        return await self._overview.look()

    async def roll_over_account(self, authority: str) -> None:
        """Have a new key for the fleet's account at an authority.

        Raises NoAccount, and NotObtained with what the authority said.
        """
        await self._errands.roll_over_account(authority)

    async def deactivate_account(self, authority: str) -> None:
        """Give the fleet's account at an authority up for good; the next order makes another one.

        Raises NoAccount, and NotObtained with what the authority said.
        """
        await self._errands.deactivate_account(authority)

    @property
    def numbers(self) -> Numbers:
        """What was counted since this keeper was made."""
        return self._counting.numbers

    async def close(self) -> None:
        """Stop ordering; leases are released, so that another node goes on at once."""
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._flights.close()
        for entry in self._book:
            self._doing.disappoint(entry, "the proxy ends")
        await self._connections.close()

    def _begin(self) -> None:
        if not self._tasks and not self._closed:
            self._tasks = [
                asyncio.create_task(self._run()),
                asyncio.create_task(self._arrivals.run()),
            ]

    async def _run(self) -> None:
        while True:
            try:
                await self._keep()
            except Exception:  # noqa: BLE001 - the next time it may go well
                _log.exception("what certificates need was not done: it is tried again")
                await asyncio.sleep(AGAIN)

    async def _keep(self) -> None:
        """Do what is due, for ever."""
        clock = asyncio.get_running_loop().time
        looked = -self._pace.slow
        while True:
            self._wake.clear()
            if clock() >= looked + self._pause():
                await self._look()
                looked = clock()
            if not self._reach.trouble:
                for subject in self._agenda.due(self._now()):
                    self._start(subject)
            pause = looked + self._pause() - clock()
            first = self._agenda.first()
            if first is not None and not self._reach.trouble:
                pause = min(pause, first - self._now())
            with suppress(TimeoutError):
                async with asyncio.timeout(max(pause, 0.0)):
                    await self._wake.wait()

    def _pause(self) -> float:
        quick = self._reach.trouble or self._restless
        return self._pace.quick if quick else self._pace.slow

    async def _look(self) -> None:
        for subject in await self._watching.look():
            self._touch(subject)
        if self._reach.trouble:
            for entry in self._book:
                self._doing.disappoint(entry, self._reach.said)

    def _start(self, subject: str) -> None:
        entry, now = self._book.of(subject), self._now()
        if entry is None:
            return
        at, step = entry.next(now, self._renew_after)
        if at > now:
            self._agenda.set(subject, at)
            return
        urgency, rank = self._turn(entry, step, now)
        self._flights.begin(subject, urgency, rank, partial(self._do, subject))

    def _turn(self, entry: Entry, step: Step, now: float) -> tuple[Urgency, float]:
        if entry.waiters or entry.forced:
            return Urgency.DEMANDED, now
        if step is not Step.ORDER:
            return Urgency.REST, now
        if entry.held is None or not entry.holds(now):
            # Nodes that begin at different ones are not in each other's way.
            return Urgency.MISSING, place_of(self._holder, entry.subject)
        return Urgency.RENEWAL, entry.held.lifespan.ends

    async def _do(self, subject: str) -> None:
        entry, now = self._book.of(subject), self._now()
        if entry is not None:
            at, step = entry.next(now, self._renew_after)
            if at <= now:
                await self._doing.do(entry, step)
        self._touch(subject)

    def _tell_missing(self, subject: str, in_force: Collection[str]) -> None:
        """Have a certificate put in force for wishes that came when it was there already."""
        entry = self._book.of(subject)
        if entry is None or entry.held is None or not entry.holds(self._now()):
            return
        missing = entry.wished.difference(in_force)
        if entry.revoked:
            entry.forced = entry.forced or bool(missing)
            return
        for name in missing:
            self._arrivals.add(name, entry.held.obtained)

    def _failed_elsewhere(self, entry: Entry) -> None:
        self._doing.disappoint(entry, entry.attempts.said, entry.attempts.next_try)

    def _touch(self, subject: str) -> None:
        """Have what is next for a certificate done in time."""
        entry = self._book.of(subject)
        if entry is None or self._book.forget(entry):
            self._flights.drop(subject)
            self._agenda.set(subject, NEVER)
            self._restless.discard(subject)
            return
        now = self._now()
        if entry.restless(now):
            self._restless.add(subject)
        else:
            self._restless.discard(subject)
        at, _step = entry.next(now, self._renew_after)
        self._agenda.set(subject, at)
        self._wake.set()
