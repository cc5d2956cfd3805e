# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A target as balancing sees it: what it bears now, and whether it may get more."""

from __future__ import annotations

from sluice_proxy.routes.model.target import Target, TargetState

_FIRST_SHARE = 0.1
"""The part of its weight that a target begins with after it came back."""


class Seat:
    """One target's standing.

    ``in_flight`` counts requests and tunnels, and is its worker's to count; ``credit`` is what
    round robin owes it.
    """

    __slots__ = ("back_since", "credit", "healthy", "in_flight", "index", "target")

    def __init__(self, target: Target, index: int) -> None:
        self.target = target
        self.index = index
        self.healthy = True
        self.in_flight = 0
        self.credit = 0.0
        self.back_since: float | None = None

    @property
    def takes_new(self) -> bool:
        """Whether clients that are not bound to it may be sent here."""
        return self.target.weight > 0 and self.keeps_bound

    @property
    def keeps_bound(self) -> bool:
        """Whether clients that a cookie binds to it may be sent here."""
        return self.healthy and self.target.state is TargetState.ACTIVE

    def weight(self, now: float, slow_start: float) -> float:
        """Return the weight at ``now``: it grows over ``slow_start`` seconds after a return."""
        if self.back_since is None:
            return self.target.weight
        grown = (now - self.back_since) / slow_start if slow_start > 0 else 1.0
        if grown >= 1.0:
            self.back_since = None
            return self.target.weight
        return self.target.weight * max(_FIRST_SHARE, grown)
