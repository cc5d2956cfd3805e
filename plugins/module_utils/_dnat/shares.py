# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Weights as shares of new connections: counted in slots. Pure."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Iterable, Tuple

MOST_SLOTS = 1024


@lru_cache(maxsize=1024)
def slot_count(weights: Tuple[int, ...]) -> int:
    """Return how many slots the weights need at least."""
    positive = [weight for weight in weights if weight]
    return sum(positive) // gcd_of(positive) if positive else 0


def gcd_of(numbers: Iterable[int]) -> int:
    """Return the greatest common divisor, 0 of no numbers."""
    common = 0
    for number in numbers:
        common = gcd(common, number)
    return common
