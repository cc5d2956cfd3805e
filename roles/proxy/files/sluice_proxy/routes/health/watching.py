# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Passive health checks: failures of real requests take a target out for a while."""

from __future__ import annotations

from collections import deque

from sluice_proxy.routes.model.health import PassiveCheck


class Watch:
    """The failures of one target of late. ``out_until`` is set while it is out."""

    __slots__ = ("_cooldown", "_failures", "_window", "out_until")

    def __init__(self, check: PassiveCheck) -> None:
        self._failures: deque[float] = deque(maxlen=check.errors)
        self._window = check.window
        self._cooldown = check.cooldown
        self.out_until: float | None = None

    def failed(self, now: float, *, others: bool) -> bool:
        """Count a failure; return whether it takes the target out.

        ``others`` says whether another target is left: the last one is never taken out, because
        an upstream that fails often serves more than one that is not asked.
        """
        if self.out_until is not None:
            return False
        failures = self._failures
        failures.append(now)
        enough = len(failures) == failures.maxlen and now - failures[0] <= self._window
        if not (enough and others):
            return False
        failures.clear()
        self.out_until = now + self._cooldown
        return True

    def returns(self, now: float) -> bool:
        """Return whether the target comes back at ``now``."""
        if self.out_until is None or now < self.out_until:
            return False
        self.out_until = None
        return True
