# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate in the keeper's book, and what is to be done for it next. Pure."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass, field
from enum import Enum

from ..attempts import Attempts
from ..certificates import Held
from ..model import Obtained, OrderState, Standing, Wish
from ..policies.renewal import Window, is_due, place_of, renewal_moment

NEVER = math.inf


class Step(Enum):
    """What is to be done: to order, to look what the authority suggests, or to share with others
    what was obtained."""

    ORDER = "order"
    LOOK = "look"
    SHARE = "share"


@dataclass(slots=True)
class Entry:
    """A certificate, by the subject of its wish.

    ``wished`` are the ids of wishes for it, ``demanded`` those that clients wait for, by
    ``waiters``. All moments are in seconds since 1970. ``postponed`` is one before which nothing is
    ordered though nothing failed, and ``said`` why. ``settle`` is one before which nothing is
    renewed, so that a fleet that starts does not come at once. ``window`` is what the authority
    suggested last, to be looked at again at ``look_at``; ``looked`` says that it ever was, and
    ``place`` is where in a window this certificate is renewed. While it is ``ordering``, ``seen``
    is what appeared among what is shared: most likely what it obtains. One that is ``revoked`` is
    for no further wish; one that is ``abandoned`` is of an authority that is asked no more.
    """

    subject: str
    wish: Wish
    held: Held | None = None
    attempts: Attempts = field(default_factory=Attempts)
    wished: set[str] = field(default_factory=set)
    demanded: set[str] = field(default_factory=set)
    waiters: set[asyncio.Future[Obtained]] = field(default_factory=set)
    postponed: float = 0.0
    said: str = ""
    settle: float = 0.0
    window: Window | None = None
    looked: bool = False
    look_at: float = NEVER
    place: float = 0.0
    forced: bool = False
    revoked: bool = False
    abandoned: bool = False
    unshared: bool = False
    working: bool = False
    ordering: bool = False
    seen: Held | None = None

    @property
    def ids(self) -> set[str]:
        """Whom a certificate is told to."""
        return self.wished | self.demanded

    @property
    def needed(self) -> bool:
        """Whether anybody wants it."""
        return bool(self.wished or self.waiters)

    def holds(self, now: float) -> bool:
        """Return whether there is a certificate that is valid."""
        return self.held is not None and self.held.lifespan.holds(now)

    def restless(self, now: float) -> bool:
        """Return whether other nodes may do something about it soon."""
        return not self.holds(now) or self.postponed > now or self.unshared

    def renew_at(self, renew_after: float) -> float | None:
        """Return when it is to be renewed, None for what is not there."""
        if self.held is None:
            return None
        return renewal_moment(self.held.lifespan, self.window, self.place, renew_after)

    def replace(self, held: Held, look_at: float) -> None:
        """Have another certificate."""
        self.held = held
        self.place = place_of(self.subject, held.fingerprint)
        self.window, self.looked, self.look_at = None, False, look_at
        self.postponed, self.said = 0.0, ""
        self.abandoned = False

    def next(self, now: float, renew_after: float) -> tuple[float, Step]:
        """Return when something is to be done, and what."""
        if self.working or not self.needed:
            return NEVER, Step.ORDER
        if self.unshared:
            return max(now, self.postponed), Step.SHARE
        order_at = self._order_at(now, renew_after)
        if self.holds(now) and not self.forced:
            # What the authority suggests comes before what we would do.
            look_at = self.look_at if self.looked else min(self.look_at, order_at)
            if look_at <= order_at:
                return look_at, Step.LOOK
        return order_at, Step.ORDER

    def _order_at(self, now: float, renew_after: float) -> float:
        moment = self.renew_at(renew_after)
        if self.forced:
            return max(now, self.postponed)
        again = self.attempts.next_try if self._failing else 0.0
        if moment is None or self.held is None:
            return max(now, self.postponed, again)
        if self.abandoned:
            return max(now, self.settle, self.postponed, again)
        due = (
            now if is_due(self.held.lifespan, moment, now) else min(moment, self.held.lifespan.ends)
        )
        return max(due, self.settle, self.postponed, self.attempts.next_try)

    @property
    def _failing(self) -> bool:
        return self.attempts.failures > 0

    def state(self, now: float, renew_after: float, trouble: str = "") -> OrderState:
        """Return how it stands; ``trouble`` is why nothing is ordered at all now."""
        at, step = self.next(now, renew_after)
        waits = self._failing or self.postponed > now
        next_try = at if waits and step is Step.ORDER and at != NEVER else None
        held = self.held
        return OrderState(
            self._standing(now),
            self.attempts.authority if held is None or self._failing else held.obtained.authority,
            self.attempts.said if self._failing else self._said(now, trouble),
            self.attempts.failures,
            next_try,
            self.renew_at(renew_after),
        )

    def _said(self, now: float, trouble: str) -> str:
        if not self.holds(now) and trouble:
            return trouble
        return self.said if self.postponed > now else ""

    def _standing(self, now: float) -> Standing:
        if self.working:
            return Standing.ORDERING
        if self._failing:
            return Standing.FAILED
        return Standing.HELD if self.holds(now) and not self.forced else Standing.WAITING
