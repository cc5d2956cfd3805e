# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until authorities have issued certificates: one loop and one read at a time for all."""

from __future__ import annotations

import time
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from .._converge.errors import Refused
from .._converge.waiting import Clock
from .model import CERTIFICATE, Batch, Entry
from .orders import Awaited, described, fingerprint_of, why_not

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 1.0, 5.0, 1.5
"""Of an order that takes a second or an hour; the proxy looks at many at once as quickly as at one.
"""
_SHOWN = 3
"""Certificates that an error tells of; the others are counted."""

Read = Callable[[Sequence[str]], Mapping[str, Entry]]
"""Returns the certificates of some names that there are; raises Unavailable."""


class Calendar(NamedTuple):
    """Where time comes from: a clock to wait by, and seconds since 1970."""

    clock: Clock
    today: Callable[[], float]


CALENDAR = Calendar(Clock(time.monotonic, time.sleep), time.time)


class NotIssued(Refused):
    """Certificates are not there after all waiting; what was declared stays."""

    def __init__(
        self, message: str, orders: Sequence[Mapping[str, Any]], not_undone: Sequence[str]
    ) -> None:
        super().__init__(message, (), not_undone)
        self.orders = list(orders)

    def as_result(self) -> Dict[str, Any]:
        return dict(super().as_result(), orders=self.orders)


class Waited(NamedTuple):
    """What was there at last: the certificates, and the names of those that are missing."""

    names: Sequence[str]
    found: Mapping[str, Entry]
    missing: Sequence[str]

    def as_result(self) -> List[Dict[str, Any]]:
        """Return the module's ``orders`` list."""
        return [
            dict(
                {"name": name, "fingerprint": fingerprint_of(self.found[name]) or None},
                **described(self.found[name]),
            )
            for name in self.names
            if name in self.found
        ]


def wait_until_issued(
    read: Read, awaited: Sequence[Awaited], timeout: float, calendar: Calendar
) -> Waited:
    """Wait until all are there, or ``timeout`` seconds are over.

    What is not tried again within that time is not waited for.
    """
    clock = calendar.clock
    start = clock.now()
    found: Dict[str, Entry] = {}
    missing: List[str] = []
    waiting = list(awaited)
    pause = FIRST_PAUSE
    while waiting:
        names = [each.name for each in waiting]
        seen = read(names)
        found.update(seen)
        left = start + timeout - clock.now()
        today = calendar.today()
        still = []
        for each in waiting:
            entry = seen.get(each.name)
            if entry is not None and each.is_there(entry, today):
                continue
            again = None if entry is None else each.next_try(entry)
            if left <= 0 or again is None or again > today + left:
                missing.append(each.name)
            else:
                still.append(each)
        waiting = still
        if waiting:
            clock.sleep(min(pause, left))
            pause = min(pause * GROWTH, LONGEST_PAUSE)
    return Waited([each.name for each in awaited], found, missing)


def not_issued(waited: Waited, batch: Batch, done: Sequence[str], today: float) -> NotIssued:
    """Return the error for those that are missing; ``done`` is what the task did and leaves."""
    told = [
        "%s: not issued: %s"
        % (batch.called((CERTIFICATE, name)), _why(waited.found.get(name), today))
        for name in waited.missing[:_SHOWN]
    ]
    more = len(waited.missing) - len(told)
    if more:
        told.append("and %d more" % more)
    stays = "; what was declared stays, and the proxy goes on trying"
    return NotIssued("; ".join(told) + stays, waited.as_result(), done)


def _why(entry: Optional[Entry], today: float) -> str:
    return "it was removed meanwhile" if entry is None else why_not(entry, today)
