# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt to have a certificate, alone among all nodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..fleet.shared import Lease, Shared, Unreachable
from .asking import Asked, Asking, Skipped
from .attempts import ATTEMPTS, KEPT, Attempts, decode_attempts, encode_attempts
from .certificates import Held
from .leasing import under_lease
from .model import Wish
from .policies.authorities import NoAuthority
from .policies.backing_off import asked_wait, next_wait, usual_wait
from .policies.problems import Failure
from .policies.renewal import rest_after
from .sharing import is_newer, lease_name, put_certificate, shared_certificate
from .wording import listed

PUTTING = (1.0, 2.0, 4.0, 0.0)
"""Seconds after which it is tried again to share what was issued."""


@dataclass(frozen=True, slots=True)
class Got:
    """A certificate, ordered ``here`` or found among what is shared. ``shared`` says that it is
    there; ``problems`` are of authorities that were asked before."""

    held: Held
    attempts: Attempts
    here: bool
    shared: bool = True
    problems: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """There is none, and ``attempts`` says why, and when to try again; ``here`` says that it was
    tried just now."""

    attempts: Attempts
    here: bool


@dataclass(frozen=True, slots=True)
class Later:
    """Nobody could be asked, which is no failure; ``until`` is in seconds since 1970."""

    until: float
    said: str = ""


Outcome = Got | Failed | Later


class Attempting:
    """Makes attempts. ``random`` returns numbers from 0 to 1, ``now`` seconds since 1970."""

    def __init__(
        self,
        shared: Shared,
        asking: Asking,
        holder: str,
        now: Callable[[], float],
        random: Callable[[], float],
    ) -> None:
        self._shared = shared
        self._asking = asking
        self._holder = holder
        self._now = now
        self._random = random

    async def attempt(
        self, wish: Wish, held: Held | None, *, forced: bool, abandoned: bool = False
    ) -> Outcome:
        """Have a certificate that takes the place of ``held``; ``forced`` whatever was before.

        ``abandoned`` says that who issued it is asked no more: that it is new is no reason to wait.
        Raises HeldElsewhere, Unreachable and LeaseLost.
        """
        found = await self._look(wish, held, forced=forced, abandoned=abandoned)
        if found is None and not forced:
            found = self._hindered(wish, await self._attempts(wish))
        if found is not None:
            return found

        async def alone(lease: Lease) -> Outcome:
            # Another node may have been at it a moment ago.
            found = await self._look(wish, held, forced=forced, abandoned=abandoned)
            return found or await self._ask(wish, held, lease, forced=forced)

        return await under_lease(self._shared, lease_name(wish.subject), self._holder, alone)

    async def _look(
        self, wish: Wish, held: Held | None, *, forced: bool, abandoned: bool
    ) -> Outcome | None:
        """Return what there is without an order, None when one is to be made."""
        if forced and held is not None:
            return None
        attempts = await self._attempts(wish)
        there = await shared_certificate(self._shared, wish.subject)
        now = self._now()
        # One that begins in a moment is good: clocks differ.
        if there is not None and now <= there.lifespan.ends and is_newer(there, held):
            return Got(there, attempts, here=False)
        if forced or now >= attempts.next_try:
            return None
        if attempts.failures:
            return Failed(attempts, here=False)
        if abandoned:
            return None
        # It was ordered just now, and is to be renewed already: whoever issued it is wrong.
        return Later(attempts.next_try) if held is not None else None

    def _hindered(self, wish: Wish, attempts: Attempts) -> Later | None:
        """Return that nobody can be asked, which takes no lease to know."""
        skipped = self._asking.hindrances(wish, attempts)
        return _later(skipped) if skipped else None

    async def _ask(self, wish: Wish, held: Held | None, lease: Lease, *, forced: bool) -> Outcome:
        before = await self._attempts(wish)
        there = await shared_certificate(self._shared, wish.subject)
        former = there if there is not None and is_newer(there, held) else held
        try:
            asked = await self._asking.ask(
                wish, None if former is None else former.obtained, before, forced=forced
            )
        except NoAuthority as error:
            return await self._failed(wish, held, Asked(before), str(error), lease)
        if asked.obtained is not None:
            return await self._got(Held(asked.obtained), asked, lease)
        if asked.failures:
            said = listed(failure.said for failure in asked.failures)
            return await self._failed(wish, held, asked, said, lease)
        return _later(asked.skipped)

    async def _got(self, held: Held, asked: Asked, lease: Lease) -> Got:
        now = self._now()
        attempts = Attempts(next_try=now + rest_after(held.lifespan))
        problems = listed(failure.said for failure in asked.failures)
        shared = False
        for pause in PUTTING:
            try:
                await put_certificate(self._shared, held, now, lease)
                await self._remember(held.obtained.wish, attempts, lease)
            except Unreachable:
                # The lease keeps the others from ordering the same.
                await asyncio.sleep(pause)
            else:
                shared = True
                break
        # If not, it is good all the same; the others get it when they can be reached.
        return Got(held, attempts, here=True, shared=shared, problems=problems)

    async def _failed(
        self, wish: Wish, held: Held | None, asked: Asked, said: str, lease: Lease
    ) -> Failed:
        now, fraction = self._now(), self._random()
        failures = asked.attempts.failures + 1
        usual = usual_wait(failures, fraction)
        not_before = {name: at for name, at in asked.attempts.not_before.items() if at > now} | {
            failure.authority: now + asked_wait(failure.retry_after, usual)
            for failure in asked.failures
            if failure.retry_after is not None
        }
        left = None if held is None else held.lifespan.ends - now
        waits = [*map(_asked_for, asked.failures), *(one.until - now for one in asked.skipped)]
        attempts = replace(
            asked.attempts,
            failures=failures,
            next_try=now + next_wait(failures, fraction, waits, left),
            said=said,
            authority=asked.failures[-1].authority if asked.failures else wish.authority,
            not_before=not_before,
        )
        try:
            await self._remember(wish, attempts, lease)
        except Unreachable:
            # This node goes by it in any case.
            return Failed(attempts, here=True)
        return Failed(attempts, here=True)

    async def _attempts(self, wish: Wish) -> Attempts:
        record = await self._shared.get(ATTEMPTS, wish.subject)
        return Attempts() if record is None else decode_attempts(record.document, self._now())

    async def _remember(self, wish: Wish, attempts: Attempts, lease: Lease) -> None:
        await self._shared.put(
            ATTEMPTS,
            wish.subject,
            encode_attempts(attempts),
            lease=lease,
            seconds=max(attempts.next_try - self._now(), 0.0) + KEPT,
        )


def _later(skipped: Sequence[Skipped]) -> Later:
    return Later(min(one.until for one in skipped), listed(one.said for one in skipped))


def _asked_for(failure: Failure) -> float | None:
    return failure.retry_after
