# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long to wait before a worker that died is replaced. Pure."""

from __future__ import annotations

from collections import deque

FIRST, LONGEST = 0.1, 10.0
"""Seconds after the first failed start, and at most."""
OFTEN, WITHIN, PAUSE = 20, 60.0, 1.0
"""So many deaths within so many seconds are answered with a pause of so many seconds each."""


class Backoff:
    """The deaths of one place among the workers.

    A worker that had begun to serve is replaced at once, unless that happens often. One that dies
    before it serves would die again: the wait doubles each time.
    """

    __slots__ = ("_deaths", "_failed_starts")

    def __init__(self) -> None:
        self._failed_starts = 0
        self._deaths: deque[float] = deque(maxlen=OFTEN)

    def delay(self, now: float, *, served: bool) -> float:
        """Count a death at ``now`` and return the seconds until the next start."""
        if not served:
            self._failed_starts += 1
            # Two to the power of many starts is no number any more.
            doublings = min(self._failed_starts - 1, 10)
            return min(FIRST * 2.0**doublings, LONGEST)
        self._failed_starts = 0
        self._deaths.append(now)
        full = len(self._deaths) == OFTEN
        return PAUSE if full and now - self._deaths[0] < WITHIN else 0.0
