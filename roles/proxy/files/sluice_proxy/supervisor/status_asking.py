# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status, asked for: traffic is looked at while somebody asks, and costs nothing otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ..admin.status import Status, WorkerStatus
from ..observe.metrics import Metrics
from ..snapshot.collecting import collector_paused
from .status import Facts, status_of
from .status_traffic import Rates, rates
from .workers import Workers

LEAST = 1.0
"""Seconds between the two looks that rates are made of, at least: who asks first waits for it."""
KEPT = 15.0
"""Seconds after which a look is too old to compare with, and forgotten."""

Collect = Callable[[], Awaitable[Metrics]]
"""Returns the numbers of all workers together."""


@dataclass(frozen=True, slots=True)
class _Look:
    """The numbers at a time of the loop."""

    at: float
    metrics: Metrics


class Sampling:
    """The last looks at the numbers; each time it is asked, it looks once more."""

    def __init__(self, collect: Collect) -> None:
        self._collect = collect
        self._loop = asyncio.get_running_loop()
        # No later look is nearer to it than LEAST.
        self._base: _Look | None = None
        self._latest: _Look | None = None
        self._forgetting: asyncio.TimerHandle | None = None

    async def looks(self) -> tuple[Metrics, Metrics, float]:
        """Return the numbers as they were and as they are, and the seconds between, at least
        LEAST. Not to be asked twice at a time."""
        self._keep_for_a_while()
        now = await self._look()
        latest = self._latest
        if latest is None:
            self._latest = latest = now
        if now.at - latest.at >= LEAST:
            self._base, self._latest = latest, now
        base = self._base
        if base is None:
            await asyncio.sleep(latest.at + LEAST - now.at)
            now = await self._look()
            base, self._base, self._latest = latest, latest, now
        return base.metrics, now.metrics, now.at - base.at

    async def _look(self) -> _Look:
        metrics = await self._collect()
        return _Look(self._loop.time(), metrics)

    def _keep_for_a_while(self) -> None:
        if self._forgetting is not None:
            self._forgetting.cancel()
        self._forgetting = self._loop.call_later(KEPT, self._forget)

    def _forget(self) -> None:
        self._base = self._latest = None


class StatusDesk:
    """Answers with the status: whoever asks while one is being made gets the next one.

    So what is told is never older than the question, and however many ask, one is made at a time.
    """

    def __init__(self, collect: Collect, facts: Callable[[Rates], Facts]) -> None:
        self._sampling = Sampling(collect)
        self._facts = facts
        self._making: asyncio.Task[Status] | None = None
        self._next: asyncio.Task[Status] | None = None

    async def status(self) -> Status:
        """Return how everything is at this moment."""
        if self._next is None:
            self._next = asyncio.create_task(self._make_after(self._making))
        return await asyncio.shield(self._next)

    async def _make_after(self, other: asyncio.Task[Status] | None) -> Status:
        if other is not None:
            await asyncio.wait((other,))
        mine = self._making = self._next
        self._next = None
        try:
            before, after, seconds = await self._sampling.looks()
            with collector_paused():
                return status_of(self._facts(rates(before, after, seconds)))
        finally:
            if self._making is mine:
                # A document of thousands of routes is not kept for nobody.
                self._making = None


def worker_statuses(workers: Workers, now: float) -> tuple[WorkerStatus, ...]:
    """Return how the workers are, with the numbers that they told last; ``now`` is the loop's."""
    return tuple(
        WorkerStatus(
            worker.pid,
            state,
            int(worker.metrics.gauges.get(("sluice_connections", ()), 0)),
            round(max(0.0, now - worker.heard), 3),
        )
        for state, some in (("serving", workers.serving), ("leaving", workers.leaving))
        for worker in some
    )
