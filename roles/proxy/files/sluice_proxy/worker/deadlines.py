# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Time limits by one tick for all, in place of a timer for each.

A limit is never kept too early, and too late by one interval of the tick at most. Connections
number thousands, and each sets its limit several times a request: setting one is an assignment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Protocol

INTERVAL = 0.25
"""Seconds between two ticks."""

NEVER = float("inf")


class Limited(Protocol):
    """Something with a limit: ``deadline`` is in seconds of the monotonic clock, or NEVER."""

    deadline: float

    def expired(self, now: float) -> None:
        """The deadline has passed, and was set to NEVER."""


class Deadlines:
    """Watches over the limits of everything in ``watched``; calls ``each_tick`` as well.

    What is watched puts itself in and takes itself out: ``watched[thing] = None``.
    """

    __slots__ = ("_each_tick", "_handle", "_loop", "now", "watched")

    def __init__(self, loop: asyncio.AbstractEventLoop, each_tick: Callable[[float], None]) -> None:
        self._loop = loop
        self._each_tick = each_tick
        self._handle: asyncio.TimerHandle | None = None
        self.watched: dict[Limited, None] = {}
        self.now = monotonic()
        """The time of the last tick: for what need not be exact."""

    def start(self) -> None:
        """Begin to tick."""
        self.now = monotonic()
        self._handle = self._loop.call_later(INTERVAL, self._tick)

    def stop(self) -> None:
        """Tick no more."""
        if self._handle is not None:
            self._handle.cancel()

    def _tick(self) -> None:
        # Set first: whatever goes wrong below, limits are kept on.
        self._handle = self._loop.call_later(INTERVAL, self._tick)
        self.now = monotonic()
        self.expire(self.now)
        self._each_tick(self.now)

    def expire(self, now: float) -> None:
        """Tell everything whose deadline is not after ``now``."""
        for one in [one for one in self.watched if one.deadline <= now]:
            # One that expires may end others.
            if one in self.watched and one.deadline <= now:
                one.deadline = NEVER
                one.expired(now)
