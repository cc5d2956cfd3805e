# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is done for a certificate, one step at a time, and what comes of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from ...acme.failures import AcmeFailed
from ...fleet.shared import LeaseLost, Shared, Unreachable
from ..attempting import Attempting, Failed, Got, Later
from ..certificates import Held
from ..counting import Counting
from ..errands import Errands
from ..leasing import HeldElsewhere
from ..model import NotObtained, Obtained
from ..policies.renewal import look_wait
from ..sharing import is_newer, share
from ..wording import called, moment
from .arrivals import Arrivals
from .book import Book
from .entry import Entry, Step
from .reach import Reach

ELSEWHERE = 3.0
"""Seconds after which it is tried again to order what another node is ordering."""
UNREACHED = 2.0
"""Seconds after which it is tried again when what is shared could not be reached."""
LOOK_AGAIN = 3_600.0
"""Seconds until the next look at what an authority suggests after one that failed."""
UNFORESEEN = 900.0
"""Seconds after which it is tried again what failed in a way that nobody foresaw."""
_log = logging.getLogger("sluice_proxy.ordering")


class Doing:
    """Does steps for entries of a book. ``random`` returns numbers from 0 to 1."""

    def __init__(
        self,
        book: Book,
        shared: Shared,
        attempting: Attempting,
        errands: Errands,
        arrivals: Arrivals,
        reach: Reach,
        counting: Counting,
        holder: str,
        now: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._book = book
        self._shared = shared
        self._attempting = attempting
        self._errands = errands
        self._arrivals = arrivals
        self._reach = reach
        self._counting = counting
        self._holder = holder
        self._now = now
        self._random = random

    async def do(self, entry: Entry, step: Step) -> None:
        """Do a step; what goes wrong is noted in the entry."""
        entry.working = True
        try:
            if step is Step.LOOK:
                await self._look(entry)
            elif step is Step.SHARE:
                await self._share(entry)
            else:
                await self._order_alone(entry)
        except HeldElsewhere:
            self._postpone(entry, ELSEWHERE, "another node is at it")
        except LeaseLost as error:
            self._postpone(entry, ELSEWHERE, f"another node took over: {error}")
        except Unreachable as error:
            self._reach.lost(error)
            self._postpone(entry, UNREACHED, f"what nodes share cannot be reached: {error}")
            self.disappoint(entry, entry.said)
        except Exception:  # noqa: BLE001 - whatever it was, it is tried again
            _log.exception("an order failed in a way that nobody foresaw")
            self._postpone(entry, UNFORESEEN, "it failed in a way that nobody foresaw")
            entry.looked, entry.look_at = True, self._now() + LOOK_AGAIN
            self.disappoint(entry, entry.said, entry.postponed)
        finally:
            entry.working = False

    def adopt(self, newer: Mapping[str, Held]) -> None:
        """Take over certificates that other nodes obtained, by their subjects."""
        for subject, held in newer.items():
            entry = self._book.of(subject)
            if entry is not None:
                # What was asked for anew because it was missing is there.
                entry.forced = entry.forced and entry.held is not None
                self._replace(entry, held)
                self._counting.adopted()
                _log.info(
                    "certificate for %s: taken over from what is shared, from %s, valid until %s",
                    called(entry.wish), held.obtained.authority, moment(held.lifespan.ends),
                )  # fmt: skip

    def tell(self, entry: Entry, held: Held) -> None:
        """Have a certificate put in force, and then tell those who wait."""
        told = [self._arrivals.add(name, held.obtained) for name in entry.ids]
        entry.demanded.clear()
        waiters, entry.waiters = entry.waiters, set()
        for future in told[:1]:
            # They are put in force together.
            future.add_done_callback(partial(_give, waiters, held.obtained))

    def disappoint(self, entry: Entry, said: str, next_try: float | None = None) -> None:
        """Tell those who wait that there is no certificate."""
        entry.demanded.clear()
        waiters, entry.waiters = entry.waiters, set()
        for waiter in waiters:
            if not waiter.done():
                waiter.set_exception(NotObtained(said, next_try))

    async def _order_alone(self, entry: Entry) -> None:
        entry.ordering = True
        try:
            await self._order(entry)
        finally:
            entry.ordering = False
            seen, entry.seen = entry.seen, None
            if seen is not None and is_newer(seen, entry.held):
                self.adopt({entry.subject: seen})

    async def _order(self, entry: Entry) -> None:
        former = entry.held
        outcome = await self._attempting.attempt(
            entry.wish, former, forced=entry.forced, abandoned=entry.abandoned
        )
        if isinstance(outcome, Later):
            self._later(entry, outcome)
            return
        entry.forced = False
        entry.attempts = outcome.attempts
        if isinstance(outcome, Failed):
            self._failed(entry, outcome)
        elif outcome.here:
            self._obtained(entry, former, outcome)
        else:
            self.adopt({entry.subject: outcome.held})

    def _obtained(self, entry: Entry, former: Held | None, got: Got) -> None:
        held = got.held
        entry.unshared = not got.shared
        self._counting.issued(held.obtained.authority, self._now(), renewed=former is not None)
        _log.info(
            "certificate for %s: %s from %s, valid until %s%s",
            called(entry.wish),
            "obtained" if former is None else "renewed",
            held.obtained.authority,
            moment(held.lifespan.ends),
            f"; before: {got.problems}" if got.problems else "",
        )
        self._replace(entry, held)

    def _failed(self, entry: Entry, failed: Failed) -> None:
        attempts = failed.attempts
        if failed.here:
            _log.warning(
                "certificate for %s: failure %d, next try %s%s: %s",
                called(entry.wish),
                attempts.failures,
                moment(attempts.next_try),
                _former(entry.held),
                attempts.said,
            )
        self.disappoint(entry, attempts.said, attempts.next_try)

    def _later(self, entry: Entry, later: Later) -> None:
        entry.postponed, entry.said = later.until, later.said
        self.disappoint(entry, later.said, later.until)

    async def _look(self, entry: Entry) -> None:
        held = entry.held
        if held is None:
            return
        try:
            window, retry_after = await self._errands.look(held.obtained)
        except AcmeFailed as error:
            _log.info("certificate for %s: no renewal information: %s", called(entry.wish), error)
            pause = LOOK_AGAIN if error.retry_after is None else look_wait(error.retry_after)
        else:
            if window is not None and window.explanation and window != entry.window:
                _log.info(
                    "certificate for %s: %s suggests when to renew, see %s",
                    called(entry.wish), held.obtained.authority, window.explanation,
                )  # fmt: skip
            if entry.held is held:
                entry.window = window
            pause = look_wait(retry_after)
        entry.looked = True
        entry.look_at = self._now() + pause * (1 + self._random() / 10)

    async def _share(self, entry: Entry) -> None:
        if entry.held is not None:
            await share(self._shared, entry.held, self._now(), self._holder)
        entry.unshared = False

    def _replace(self, entry: Entry, held: Held) -> None:
        self._book.replace(entry, held, self._now())
        self.tell(entry, held)

    def _postpone(self, entry: Entry, seconds: float, said: str) -> None:
        entry.postponed = self._now() + seconds * (1 + self._random() / 2)
        entry.said = said


def _former(held: Held | None) -> str:
    return "" if held is None else f", the former one is valid until {moment(held.lifespan.ends)}"


def _give(
    waiters: set[asyncio.Future[Obtained]], obtained: Obtained, told: asyncio.Future[None]
) -> None:
    for waiter in waiters:
        if waiter.done():
            continue
        if told.cancelled():
            waiter.set_exception(NotObtained("the certificate is not wanted any more"))
        else:
            waiter.set_result(obtained)
