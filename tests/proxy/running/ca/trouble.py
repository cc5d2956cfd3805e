# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong at an authority, by the resource that is asked for."""

from __future__ import annotations

import threading
from collections import Counter, deque
from dataclasses import dataclass

from running.ca.problem import Problem


@dataclass(frozen=True)
class Refuse:
    """A problem document; ``retry_after`` is the field's content, as seconds or as a date."""

    problem: Problem
    retry_after: str | None = None


@dataclass(frozen=True)
class Slow:
    """The right answer, after some seconds."""

    seconds: float


@dataclass(frozen=True)
class Half:
    """The connection ends in the middle of the right answer."""


@dataclass(frozen=True)
class Page:
    """A page of something between, like a balancer's: not a word of ACME."""

    status: int = 502
    retry_after: str | None = None


Trouble = Refuse | Slow | Half | Page


def limited(retry_after: str | None = None) -> Refuse:
    """Return what an authority says to a client that asks too often."""
    return Refuse(Problem("rateLimited", "too many requests of this kind", 429), retry_after)


def failing(status: int = 500, retry_after: str | None = None) -> Refuse:
    """Return what an authority says that is out of order."""
    return Refuse(Problem("serverInternal", "the authority is out of order", status), retry_after)


class Script:
    """Which trouble there is next, and how often each resource was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._next: dict[str, deque[Trouble]] = {}
        self._always: dict[str, Trouble] = {}
        self.requests: Counter[str] = Counter()

    def once(self, resource: str, *troubles: Trouble) -> None:
        """Have the next requests for a resource meet these, one each."""
        with self._lock:
            self._next.setdefault(resource, deque()).extend(troubles)

    def always(self, resource: str, trouble: Trouble | None) -> None:
        """Have each request for a resource meet this from now on; None for none."""
        with self._lock:
            self._always.pop(resource, None)
            if trouble is not None:
                self._always[resource] = trouble

    def take(self, resource: str) -> Trouble | None:
        """Count a request, and return what it meets."""
        with self._lock:
            self.requests[resource] += 1
            waiting = self._next.get(resource)
            return waiting.popleft() if waiting else self._always.get(resource)
