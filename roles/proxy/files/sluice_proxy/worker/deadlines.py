# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time limits by one tick for all, in place of a timer for each.

A limit is kept within one interval of the tick. Connections number thousands, and each sets its limit
several times a request: setting one is an assignment here.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

INTERVAL = 0.5
"""Seconds between two ticks."""

NEVER = float("inf")


class Limited(Protocol):
    """Something with a limit: ``deadline`` is in seconds of the loop's clock."""

    deadline: float

    def expired(self) -> None: ...


class Deadlines:
    """Watches over the limits of everything that was added and not removed."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._watched: dict[int, Limited] = {}
        self._handle: asyncio.TimerHandle | None = None
        self.now = loop.time()
        """The time of the last tick, in seconds of the loop's clock: good enough to set limits by."""

    def start(self) -> None:
        self._tick()

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def add(self, one: Limited) -> None:
        self._watched[id(one)] = one

    def remove(self, one: Limited) -> None:
        self._watched.pop(id(one), None)

    def _tick(self) -> None:
        now = self.now = self._loop.time()
        late = [one for one in self._watched.values() if one.deadline <= now]
        for one in late:
            # One that expired may have ended others.
            if id(one) in self._watched and one.deadline <= now:
                one.deadline = NEVER
                one.expired()
        self._handle = self._loop.call_later(INTERVAL, self._tick)
