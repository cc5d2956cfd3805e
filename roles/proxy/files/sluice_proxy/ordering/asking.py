# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking one authority after the other until one issues."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ..fleet.shared import Shared
from ..snapshot.issuing import CertificateAuthority
from .attempts import Attempts
from .authorizing import Shown
from .model import Obtained, Wish
from .obtaining import NotIssued, Obtaining
from .policies.authorities import Course, NoAuthority, course
from .policies.problems import Blame, Failure
from .policies.resting import Rest, Resting
from .wording import moment

_log = logging.getLogger("sluice_proxy.ordering")


def orders_name(authority: str) -> str:
    """Return the name under which orders at an authority are counted."""
    return f"orders {authority}"


@dataclass(frozen=True, slots=True)
class Skipped:
    """An authority that was not asked, ``until`` when (seconds since 1970), and why."""

    authority: str
    until: float
    said: str


@dataclass(slots=True)
class Asked:
    """How it went: ``attempts`` has what was learned for the next time."""

    attempts: Attempts
    obtained: Obtained | None = None
    failures: list[Failure] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def learn(self, shown: Shown) -> None:
        """Note for which names validation went how."""
        self.attempts = self.attempts.validated(shown.valid, shown.failed)


class Asking:
    """Asks authorities in their order. ``now`` returns seconds since 1970."""

    def __init__(
        self,
        obtaining: Obtaining,
        authorities: Sequence[CertificateAuthority],
        shared: Shared,
        now: Callable[[], float],
    ) -> None:
        self._obtaining = obtaining
        self._authorities = authorities
        self._shared = shared
        self._now = now
        self._resting = Resting()
        self._full: dict[str, Skipped] = {}
        self._told: dict[str, float] = {}

    def hindrances(self, wish: Wish, attempts: Attempts) -> Sequence[Skipped]:
        """Return why nobody can be asked now, as far as this node knows; nothing if somebody can.

        Thousands of names that wait for one authority need not find out each.
        """
        now = self._now()
        try:
            to_ask = course(
                self._authorities, wish.authority, attempts.not_before, now, trial=False
            )
        except NoAuthority:
            return ()
        hindered = [self._hindrance(authority.name, now) for authority in to_ask.real]
        found = [one for one in hindered if one is not None]
        return (*found, *_left_alone(to_ask)) if len(found) == len(hindered) else ()

    def rest_of(self, authority: str, now: float) -> Rest | None:
        """Return until when an authority is left alone, and why; None for one that may be asked."""
        return self._resting.of(authority, now)

    async def ask(
        self, wish: Wish, former: Obtained | None, attempts: Attempts, *, forced: bool
    ) -> Asked:
        """Return what came of it. With ``forced``, those are asked too that want to be left alone.

        Raises NoAuthority, Unreachable and LeaseLost.
        """
        asked = Asked(attempts)
        not_before = {} if forced else attempts.not_before
        to_ask = course(
            self._authorities, wish.authority, not_before, self._now(), trial=attempts.trial
        )
        asked.skipped.extend(_left_alone(to_ask))
        for authority in to_ask.trials:
            tried = await self._one(authority, wish, None, asked, forced=forced)
            if tried is not None:
                asked.attempts = replace(asked.attempts, trial=False)
                break
            if asked.failures and asked.failures[-1].blame is Blame.NAME:
                return asked
        for authority in to_ask.real:
            asked.obtained = await self._one(authority, wish, former, asked, forced=forced)
            if asked.obtained is not None:
                return asked
        if any(failure.blame is Blame.NAME for failure in asked.failures):
            asked.attempts = replace(asked.attempts, trial=True)
        return asked

    async def _one(
        self,
        authority: CertificateAuthority,
        wish: Wish,
        former: Obtained | None,
        asked: Asked,
        *,
        forced: bool,
    ) -> Obtained | None:
        """Ask one, unless it is down, or had enough orders."""
        name = authority.name
        now = self._now()
        hindrance = None if forced else self._hindrance(name, now)
        if hindrance is None and not forced:
            self._resting.tried(name, now)
        hindrance = hindrance or await self._limited(authority)
        if hindrance is not None:
            asked.skipped.append(hindrance)
            return None
        try:
            obtained, shown = await self._obtaining.obtain(
                authority, wish, former, asked.attempts.failed_validations
            )
        except NotIssued as error:
            asked.learn(error.shown)
            asked.failures.append(error.failure)
            self._judge(error.failure)
            return None
        asked.learn(shown)
        self._resting.worked(name)
        return obtained

    def _hindrance(self, name: str, now: float) -> Skipped | None:
        """Return why an authority is not asked, None for one that may be."""
        rest = self._resting.of(name, now)
        if rest is not None:
            return Skipped(name, rest.until, rest.said)
        full = self._full.get(name)
        return full if full is not None and full.until > now else None

    async def _limited(self, authority: CertificateAuthority) -> Skipped | None:
        """Count an order, and return None; or why there may be none."""
        name, most, window = authority.name, authority.most_orders, authority.order_window
        wait = await self._shared.allow(orders_name(name), most, window)
        if wait <= 0:
            return None
        now = self._now()
        said = f"{name} is not asked: it had {most} orders of ours within {window:g} s"
        if now >= self._told.get(name, 0.0):
            # One after the other may be made again soon, and each time there are no more.
            self._told[name] = now + window
            _log.warning("%s: the next one can be made %s", said, moment(now + wait))
        self._full[name] = Skipped(name, now + wait, said)
        return self._full[name]

    def _judge(self, failure: Failure) -> None:
        name, now = failure.authority, self._now()
        if not failure.down:
            self._resting.worked(name)
            return
        before = self._resting.of(name, now)
        rest = self._resting.failed(name, failure.said, failure.retry_after, now)
        if rest != before:
            _log.warning("%s: it is skipped until %s", failure.said, moment(rest.until))


def _left_alone(to_ask: Course) -> list[Skipped]:
    return [
        Skipped(name, until, f"{name} wants to be left alone")
        for name, until in to_ask.later.items()
    ]
