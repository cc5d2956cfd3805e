# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities that are left alone for a while, as they did not work just now. Pure."""

from __future__ import annotations

from dataclasses import dataclass

FIRST, LONGEST = 30.0, 900.0
"""Seconds after the first failure, and at most; they double in between."""
_MOST_DOUBLINGS = 10


@dataclass(frozen=True, slots=True)
class Rest:
    """``until`` when one is left alone, in seconds since 1970, and ``said`` why."""

    until: float
    said: str


class Resting:
    """Which authorities are down, as this node found: thousands of names need not find it each."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._rests: dict[str, Rest] = {}
        self._tried: set[str] = set()

    def of(self, authority: str, now: float) -> Rest | None:
        """Return the rest of an authority, None for one that may be asked."""
        rest = self._rests.get(authority)
        return rest if rest is not None and now < rest.until else None

    def tried(self, authority: str, now: float) -> None:
        """Let one order find out whether an authority that was down works again: others wait."""
        former = self._rests.get(authority)
        if former is not None:
            self._rests[authority] = Rest(now + FIRST, former.said)
            self._tried.add(authority)

    def failed(self, authority: str, said: str, retry_after: float | None, now: float) -> Rest:
        """Remember that an authority did not work, and return its rest.

        Failures of orders that went on beside each other count once.
        """
        known = self.of(authority, now)
        if known is not None and authority not in self._tried:
            return known
        self._tried.discard(authority)
        failures = self._failures[authority] = self._failures.get(authority, 0) + 1
        rest = min(FIRST * 2.0 ** min(failures - 1, _MOST_DOUBLINGS), LONGEST)
        if retry_after is not None:
            rest = min(max(rest, retry_after), LONGEST)
        self._rests[authority] = Rest(now + rest, said)
        return self._rests[authority]

    def worked(self, authority: str) -> None:
        """Remember that an authority worked."""
        self._failures.pop(authority, None)
        self._rests.pop(authority, None)
        self._tried.discard(authority)
