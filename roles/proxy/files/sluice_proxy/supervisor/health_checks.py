# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Active health checks, asked by the supervisor for all workers.

Targets that are spoken to alike and checked alike are asked once, whatever number of routes has
them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from random import Random

from ..routes.health.checking import Standing
from ..routes.model.health import ActiveCheck
from ..routes.model.route import Route
from ..routes.model.target import Target, TargetTls

MOST_AT_ONCE = 256
"""Checks that run at the same time; the others wait for their turn."""

Ask = Callable[[Target, ActiveCheck], Awaitable["str | None"]]
"""Returns what is wrong with a target, or None."""
Tell = Callable[[frozenset[tuple[str, str]]], None]
"""Gets all targets that are down, each time that changes."""

_log = logging.getLogger("sluice_proxy.health")


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is asked: the same for all routes that have it."""

    target: str
    tls: TargetTls
    check: ActiveCheck


class _Checked:
    """One subject, its standing, and the routes that have it."""

    __slots__ = ("keys", "standing", "target", "task")

    def __init__(self, target: Target, standing: Standing) -> None:
        self.target = target
        self.standing = standing
        self.keys: list[tuple[str, str]] = []
        self.task: asyncio.Task[None] | None = None


class HealthChecks:
    """Asks the targets of routes again and again, and tells when one goes down or comes back."""

    def __init__(self, ask: Ask, tell: Tell, random: Random) -> None:
        self._ask = ask
        self._tell = tell
        self._random = random
        self._checked: dict[_Subject, _Checked] = {}
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    @property
    def down(self) -> frozenset[tuple[str, str]]:
        """The targets that are down: (name of the route, name of the target)."""
        return frozenset(
            key for one in self._checked.values() if not one.standing.healthy for key in one.keys
        )

    @property
    def states(self) -> Iterable[tuple[tuple[str, str], bool]]:
        """Yield each (route, target) that is checked, and whether it is healthy."""
        for one in self._checked.values():
            for key in one.keys:
                yield key, one.standing.healthy

    def follow(
        self, routes: Iterable[Route], down: frozenset[tuple[str, str]] = frozenset()
    ) -> None:
        """Check the targets of ``routes`` from now on; those that stay keep their standing.

        Those in ``down`` that are new begin unhealthy.
        """
        former, self._checked = self._checked, {}
        for route in routes:
            check = route.health.active
            if check is None:
                continue
            for target in route.targets:
                key = (route.name, target.name)
                self._follow(_Subject(target.name, target.tls, check), target, key, former, down)
        for subject, one in former.items():
            if subject not in self._checked and one.task is not None:
                one.task.cancel()

    def _follow(
        self,
        subject: _Subject,
        target: Target,
        key: tuple[str, str],
        former: dict[_Subject, _Checked],
        down: frozenset[tuple[str, str]],
    ) -> None:
        one = self._checked.get(subject)
        if one is None:
            one = former.get(subject)
            if one is None:
                one = _Checked(target, Standing(subject.check, healthy=key not in down))
                one.task = asyncio.create_task(self._watch(subject, one))
            one.keys = []
            self._checked[subject] = one
        one.keys.append(key)

    def stop(self) -> None:
        """Ask no more."""
        for one in self._checked.values():
            if one.task is not None:
                one.task.cancel()

    async def _watch(self, subject: _Subject, one: _Checked) -> None:
        check = subject.check
        # Spread, so that thousands of targets are not asked at the same moment.
        await asyncio.sleep(self._random.random() * min(check.interval, 1.0))
        while True:
            began = asyncio.get_running_loop().time()
            async with self._turns:
                wrong = await self._check(one.target, check)
            if one.standing.record(wrong is None):
                self._changed(one, wrong)
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(0.0, check.interval - spent))

    async def _check(self, target: Target, check: ActiveCheck) -> str | None:
        wrong: str | None = None
        for _unused in range(check.attempts):
            try:
                wrong = await self._ask(target, check)
            except Exception as error:  # noqa: BLE001 - it is asked again, whatever it is
                _log.exception("target %s could not be asked", target.name)
                wrong = f"it could not be asked: {error}"
            if wrong is None:
                return None
        return wrong

    def _changed(self, one: _Checked, wrong: str | None) -> None:
        routes = ", ".join(route for route, _unused in one.keys[:3])
        if wrong is None:
            _log.info("target %s of %s is healthy again", one.target.name, routes)
        else:
            _log.warning("target %s of %s is out: %s", one.target.name, routes, wrong)
        self._tell(self.down)
