# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work for many subjects, of which some is done at once: one for each subject, by urgency."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from enum import IntEnum

AT_ONCE = 10
KEPT_FREE = 2
"""Of these, so many are for what a client waits for."""
ENDING = 5.0
"""Seconds in which work that is cancelled may put in order what it began."""
_log = logging.getLogger("sluice_proxy.ordering")

Work = Callable[[], Awaitable[None]]


class Urgency(IntEnum):
    """What goes first: what a client or an operator waits for, what is missing, what is to be
    renewed, what can wait."""

    DEMANDED = 0
    MISSING = 1
    RENEWAL = 2
    REST = 3


class Flights:
    """Does work; who waits goes by urgency, and then by a rank."""

    def __init__(self, at_once: int = AT_ONCE, kept_free: int = KEPT_FREE) -> None:
        self._at_once = at_once
        self._kept_free = kept_free
        self._waiting: dict[str, tuple[Urgency, Work]] = {}
        self._heap: list[tuple[Urgency, float, int, str]] = []
        self._number = itertools.count()
        self._flying: dict[str, asyncio.Task[None]] = {}

    def begin(self, subject: str, urgency: Urgency, rank: float, work: Work) -> None:
        """Do ``work`` as soon as it is its turn, unless some is done for the subject already.

        For one that waits, the higher urgency counts.
        """
        if subject in self._flying:
            return
        waiting = self._waiting.get(subject)
        if waiting is not None and waiting[0] <= urgency:
            return
        self._waiting[subject] = urgency, work
        heapq.heappush(self._heap, (urgency, rank, next(self._number), subject))
        self._go_on()

    def is_at(self, subject: str) -> bool:
        """Return whether work for a subject is done, or waits."""
        return subject in self._flying or subject in self._waiting

    def drop(self, subject: str) -> None:
        """Do not begin what waits for a subject."""
        self._waiting.pop(subject, None)

    async def close(self) -> None:
        """Cancel everything, and wait for its end: a proxy that is to end cannot wait for whoever
        takes a minute to set a record back."""
        self._waiting.clear()
        tasks = list(self._flying.values())
        for task in tasks:
            task.cancel()
        if tasks:
            _done, late = await asyncio.wait(tasks, timeout=ENDING)
            for task in late:
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _go_on(self) -> None:
        while self._heap:
            urgency, _rank, _number, subject = self._heap[0]
            waiting = self._waiting.get(subject)
            if waiting is None or waiting[0] != urgency:
                heapq.heappop(self._heap)
                continue
            free = self._at_once - len(self._flying)
            if free <= (0 if urgency is Urgency.DEMANDED else self._kept_free):
                return
            heapq.heappop(self._heap)
            del self._waiting[subject]
            task = asyncio.ensure_future(self._do(subject, waiting[1]))
            self._flying[subject] = task

    async def _do(self, subject: str, work: Work) -> None:
        try:
            await work()
        except Exception:  # noqa: BLE001 - others go on
            _log.exception("an order failed in a way that nobody foresaw")
        finally:
            del self._flying[subject]
            self._go_on()
