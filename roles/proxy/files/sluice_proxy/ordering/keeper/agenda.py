# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is to be done when, for thousands. Pure."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator


class Agenda:
    """Moments by subject; the last one that was set counts."""

    def __init__(self) -> None:
        self._moments: dict[str, float] = {}
        self._heap: list[tuple[float, str]] = []

    def set(self, subject: str, moment: float) -> None:
        """Have a subject come up at a moment; at infinity it does not."""
        if self._moments.get(subject) == moment:
            return
        if moment == math.inf:
            self._moments.pop(subject, None)
            return
        self._moments[subject] = moment
        heapq.heappush(self._heap, (moment, subject))
        if len(self._heap) > 64 + 2 * len(self._moments):
            self._heap = [(at, one) for one, at in self._moments.items()]
            heapq.heapify(self._heap)

    def due(self, now: float) -> Iterator[str]:
        """Yield the subjects whose moment has come, the first ones first; they are taken off."""
        while (first := self.first()) is not None and first <= now:
            _moment, subject = heapq.heappop(self._heap)
            del self._moments[subject]
            yield subject

    def first(self) -> float | None:
        """Return the next moment, None when nothing is to be done."""
        while self._heap:
            moment, subject = self._heap[0]
            if self._moments.get(subject) == moment:
                return moment
            heapq.heappop(self._heap)
        return None
