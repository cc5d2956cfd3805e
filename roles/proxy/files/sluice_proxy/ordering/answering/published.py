# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Answers that any node of the fleet may be asked for: http-01 and tls-alpn-01."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from ...fleet.shared import Changes, Shared, Unreachable
from ..validating import Challenge, NotAnswered
from .answer import Answer, decoded, encoded, place_of

KIND = "answer"
"""What answers are among what is shared."""
SECONDS = 3600.0
"""How long an answer is shared at most: no authority takes as long to come."""
GAP = 0.05
"""Seconds from one look at what is shared to the next one."""
PATIENCE = 2.0
"""Seconds for which a look is waited for: an origin may have to answer who asks."""
AFTER_FAILURE = 1.0
"""Seconds for which nobody waits for what is shared after it could not be reached."""
MOST_WAITING = 1000
"""Who may wait for a look; others are told what this node knows."""
TURN = 60.0
"""Seconds for which an answer waits for another one at its place."""

_log = logging.getLogger("sluice_proxy.ordering")


@dataclass(slots=True)
class _Own:
    """An answer of this node, and who waits for it to be gone."""

    answer: Answer
    until: float
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Published:
    """Answers of this node, and a copy of those of the fleet.

    Anybody may ask for answers that there never were. However many do, what is shared is looked at
    once within GAP, for all of them, and only for what changed: so nobody who asks for unknown ones
    can keep an authority from its answer, as a bound for look-ups of single answers would.
    """

    def __init__(
        self,
        shared: Shared,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._shared = shared
        self._now = now
        self._sleep = sleep
        self._own: dict[str, _Own] = {}
        self._copy: dict[str, Answer] = {}
        self._revision = 0
        self._looking = asyncio.Lock()
        self._next_look: asyncio.Future[None] | None = None
        self._not_before = 0.0
        self._unreachable_until = 0.0
        self._waiting = 0

    async def publish(self, challenge: Challenge) -> None:
        """Have any node of the fleet answer. Raises NotAnswered and Unreachable."""
        place = place_of(challenge)
        await self._turn(place, challenge)
        answer = Answer(challenge.identifier, challenge.token, challenge.key_authorization)
        self._own[place] = _Own(answer, self._now() + SECONDS)
        try:
            await self._shared.put(KIND, place, encoded(challenge), seconds=SECONDS)
        except BaseException:
            self._forget(place, challenge)
            raise

    async def withdraw(self, challenge: Challenge) -> None:
        """Answer no more. Raises Unreachable."""
        place = place_of(challenge)
        if self._forget(place, challenge):
            await self._shared.remove(KIND, place)

    async def find(self, place: str) -> Answer | None:
        """Return the answer at a place, None where there is none."""
        own = self._own.get(place)
        if own is not None and own.until > self._now():
            return own.answer
        await self._look()
        return self._copy.get(place)

    async def _turn(self, place: str, challenge: Challenge) -> None:
        """Wait until no other answer is at a place: of tls-alpn-01 there is one for a name."""
        end = self._now() + TURN
        while (own := self._own.get(place)) is not None:
            left = min(end, own.until) - self._now()
            if own.answer.token == challenge.token or own.until <= self._now():
                return
            if left <= 0:
                raise NotAnswered(
                    f"{challenge.type.value} for {challenge.identifier} is being answered for"
                    " another order: one answer is possible at a time"
                )
            try:
                await asyncio.wait_for(own.gone.wait(), left)
            except TimeoutError:
                continue

    def _forget(self, place: str, challenge: Challenge) -> bool:
        own = self._own.get(place)
        if own is None or own.answer.token != challenge.token:
            return False
        del self._own[place]
        own.gone.set()
        return True

    async def _look(self) -> None:
        """Have the copy be as new as this call, if that is possible now."""
        if self._now() < self._unreachable_until or self._waiting >= MOST_WAITING:
            return
        if self._next_look is None:
            self._next_look = asyncio.ensure_future(self._look_once())
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                # It goes on without who waits, as it is for others as well.
                await asyncio.shield(self._next_look)
        except TimeoutError:
            self._unreachable_until = self._now() + AFTER_FAILURE
        finally:
            self._waiting -= 1

    async def _look_once(self) -> None:
        async with self._looking:
            wait = self._not_before - self._now()
            if wait > 0:
                await self._sleep(wait)
            # Who comes from now on may ask for what this look does not see.
            self._next_look = None
            try:
                self._take(await self._shared.changes(KIND, self._revision))
            except Unreachable:
                # It says so itself.
                self._unreachable_until = self._now() + AFTER_FAILURE
            self._not_before = self._now() + GAP

    def _take(self, changes: Changes) -> None:
        if changes.whole:
            self._copy.clear()
        for place in changes.removed:
            self._copy.pop(place, None)
        for place, record in changes.put.items():
            try:
                self._copy[place] = decoded(record.document)
            except ValueError:
                self._copy.pop(place, None)
                _log.warning("an answer that is shared cannot be read: %s", place)
        self._revision = changes.revision
