# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The methods of balancing: each picks one of the seats that may get a request.

A method gets the seats with their weights, all above 0 and at least one; it never sees a seat
that is out. Weights are given along because they grow while a target starts slowly.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Protocol

from sluice_proxy.routes.balancing.seat import Seat
from sluice_proxy.routes.model.policies import BalancingMethod

Random = Callable[[], float]
"""Returns a number from 0 up to, not including, 1."""


_REMEMBERED = 4096
"""How many clients a hash remembers the seats of."""


class Method(Protocol):
    """One way to pick a seat."""

    def pick(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        """Return the seat for a request of ``client``."""


class RoundRobin:
    """Smooth weighted round robin: shares are exact, and one target's turns are spread out.

    Each turn everyone earns its weight; the richest is picked and pays what all have earned.
    """

    __slots__ = ()

    def pick(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        """Return the seat whose turn it is."""
        best = seats[0]
        total = 0.0
        for seat, weight in zip(seats, weights, strict=True):
            seat.credit += weight
            total += weight
            if seat.credit > best.credit:
                best = seat
        best.credit -= total
        return best


class LeastConnections:
    """The least in flight for its weight; those that have the same take turns by their weights."""

    __slots__ = ("_turns",)

    def __init__(self) -> None:
        self._turns = RoundRobin()

    def pick(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        """Return the seat with the least in flight for its weight."""
        loads = list(map(_load, seats, weights))
        least = min(loads)
        if loads.count(least) == 1:
            return seats[loads.index(least)]
        idlest = [place for place, load in enumerate(loads) if load == least]
        return self._turns.pick(
            [seats[place] for place in idlest], [weights[place] for place in idlest], client
        )


class RandomOfTwo:
    """Two drawn by weight, and the less loaded of them."""

    __slots__ = ("_random",)

    def __init__(self, random: Random) -> None:
        self._random = random

    def pick(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        """Return the less loaded of two different seats."""
        total = sum(weights)
        first = _drawn(weights, self._random() * total)
        if len(seats) == 1:
            return seats[first]
        others = [0.0 if place == first else weight for place, weight in enumerate(weights)]
        second = _drawn(others, self._random() * (total - weights[first]))
        loads = _load(seats[first], weights[first]), _load(seats[second], weights[second])
        return seats[first] if loads[0] <= loads[1] else seats[second]


class ClientHash:
    """Weighted rendezvous hashing: a client goes where its score is the highest.

    Scores do not depend on who else is there. When a target goes, only its own clients move; when
    one comes, only those move that go to it. Clients are remembered as long as seats and weights
    stay what they are.
    """

    __slots__ = ("_known", "_salts", "_seats", "_weights")

    def __init__(self) -> None:
        self._salts: dict[str, int] = {}
        self._known: dict[bytes, Seat] = {}
        self._seats: Sequence[Seat] = ()
        self._weights: Sequence[float] = ()

    def pick(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        """Return the seat of ``client``."""
        if seats is not self._seats or weights is not self._weights:
            self._seats, self._weights = seats, weights
            self._known.clear()
        seat = self._known.get(client)
        if seat is None:
            seat = self._highest(seats, weights, client)
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[client] = seat
        return seat

    def _highest(self, seats: Sequence[Seat], weights: Sequence[float], client: bytes) -> Seat:
        mark = int.from_bytes(blake2b(client, digest_size=8).digest())
        best, highest = seats[0], -math.inf
        for seat, weight in zip(seats, weights, strict=True):
            score = _score(mark ^ self._salt(seat.target.name), weight)
            if score > highest:
                best, highest = seat, score
        return best

    def _salt(self, name: str) -> int:
        salt = self._salts.get(name)
        if salt is None:
            salt = int.from_bytes(blake2b(name.encode(), digest_size=8).digest())
            self._salts[name] = salt
        return salt


def _score(number: int, weight: float) -> float:
    """Return a score; of several it is the highest as often as its weight is of all weights."""
    # Of a uniform u between 0 and 1, -w / ln(u) is that. 52 bits and a half are never rounded to 1.
    return -weight / math.log(((_mixed(number) >> 12) + 0.5) / 2.0**52)


def _mixed(number: int) -> int:
    """Return 64 bits of which each depends on all of ``number``'s (the finaliser of splitmix64)."""
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return number ^ (number >> 31)


def _load(seat: Seat, weight: float) -> float:
    return seat.in_flight / weight


def _drawn(weights: Sequence[float], point: float) -> int:
    """Return the place where the sum of ``weights`` passes ``point``."""
    last = 0
    for place, weight in enumerate(weights):
        if weight > 0:
            if point < weight:
                return place
            point -= weight
            last = place
    return last


def method(kind: BalancingMethod, random: Random) -> Method:
    """Return a fresh method of ``kind``."""
    match kind:
        case BalancingMethod.LEAST_CONNECTIONS:
            return LeastConnections()
        case BalancingMethod.RANDOM_OF_TWO:
            return RandomOfTwo(random)
        case BalancingMethod.CLIENT_HASH:
            return ClientHash()
        case BalancingMethod.ROUND_ROBIN:
            return RoundRobin()
