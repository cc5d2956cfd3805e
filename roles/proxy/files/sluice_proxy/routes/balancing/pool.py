# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The targets of one route, and which of them the next request goes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from sluice_proxy.routes.balancing.methods import Random, method
from sluice_proxy.routes.balancing.seat import Seat
from sluice_proxy.routes.balancing.sticky import Binding
from sluice_proxy.routes.model.policies import Balancing
from sluice_proxy.routes.model.target import Target

Clock = Callable[[], float]
"""Returns seconds that never run backwards."""


class Pool:
    """Seats, who of them is in, and the method that chooses."""

    __slots__ = (
        "_clock",
        "_method",
        "_open",
        "_slow_start",
        "_starting",
        "_weights",
        "binding",
        "only",
        "seats",
    )

    def __init__(
        self, targets: Sequence[Target], balancing: Balancing, *, random: Random, clock: Clock
    ) -> None:
        self.seats = tuple(Seat(target, index) for index, target in enumerate(targets))
        self.binding = Binding(balancing.sticky, self.seats) if balancing.sticky else None
        self._method = method(balancing.method, random)
        self._slow_start = balancing.slow_start
        self._clock = clock
        self._arrange()

    def choose(
        self, client: bytes, cookie_field: str | None = None, tried: Collection[Seat] = ()
    ) -> Seat | None:
        """Return the seat for a request, or None when no target is left for it.

        ``client`` is what hashing tells clients apart by; ``tried`` are the seats that a retry
        avoids as long as there is another one.
        """
        if self.binding is not None and cookie_field is not None:
            bound = self.binding.bound(cookie_field)
            if bound is not None and bound.keeps_bound and bound not in tried:
                return bound
        seats = self._open
        if not seats:
            return None
        if len(seats) == 1:
            return seats[0]
        weights = self._current_weights() if self._starting else self._weights
        if tried:
            left = [
                (seat, weight)
                for seat, weight in zip(seats, weights, strict=True)
                if seat not in tried
            ]
            if left:
                seats = tuple(seat for seat, _unused in left)
                weights = tuple(weight for _unused, weight in left)
        return self._method.pick(seats, weights, client)

    def set_health(self, seat: Seat, healthy: bool) -> bool:
        """Take ``seat`` out, or back in; return whether that changed anything."""
        if seat.healthy == healthy:
            return False
        seat.healthy = healthy
        seat.credit = 0.0
        seat.back_since = self._clock() if healthy and self._slow_start > 0 else None
        self._arrange()
        return True

    def adopt(self, earlier: Pool) -> None:
        """Take over what an earlier pool knew of the targets that are still there."""
        known = {seat.target.name: seat for seat in earlier.seats}
        for seat in self.seats:
            before = known.get(seat.target.name)
            if before is not None:
                seat.healthy = before.healthy
                seat.in_flight = before.in_flight
                seat.back_since = before.back_since if self._slow_start > 0 else None
        self._arrange()

    def _arrange(self) -> None:
        self._open = tuple(seat for seat in self.seats if seat.takes_new)
        self.only = self._open[0] if len(self._open) == 1 and self.binding is None else None
        """The seat of every request, where there is no choice."""
        self._weights: tuple[float, ...] = tuple(seat.target.weight for seat in self._open)
        self._starting = any(seat.back_since is not None for seat in self._open)

    def _current_weights(self) -> tuple[float, ...]:
        now = self._clock()
        weights = tuple(seat.weight(now, self._slow_start) for seat in self._open)
        self._starting = any(seat.back_since is not None for seat in self._open)
        return weights
