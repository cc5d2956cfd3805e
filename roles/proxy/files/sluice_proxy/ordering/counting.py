# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is counted of orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..snapshot.issuing import ChallengeType


@dataclass(frozen=True, slots=True)
class Numbers:
    """Since the start of this process.

    ``begun`` and ``issued`` have orders by authority, ``failed`` by authority and kind of problem;
    ``validations`` by type and whether they succeeded. ``renewed`` are those of ``issued`` that
    took the place of another, ``adopted`` were obtained by other nodes. ``last_success`` is the
    moment of the last issue, in seconds since 1970, None before the first.
    """

    begun: Mapping[str, int] = field(default_factory=dict)
    issued: Mapping[str, int] = field(default_factory=dict)
    failed: Mapping[tuple[str, str], int] = field(default_factory=dict)
    validations: Mapping[tuple[ChallengeType, bool], int] = field(default_factory=dict)
    renewed: int = 0
    adopted: int = 0
    last_success: float | None = None


class Counting:
    """Counts."""

    def __init__(self) -> None:
        self._begun: Counter[str] = Counter()
        self._issued: Counter[str] = Counter()
        self._failed: Counter[tuple[str, str]] = Counter()
        self._validations: Counter[tuple[ChallengeType, bool]] = Counter()
        self._renewed = 0
        self._adopted = 0
        self._last_success: float | None = None

    def begun(self, authority: str) -> None:
        """Count an order that was made, or tried to be."""
        self._begun[authority] += 1

    def issued(self, authority: str, now: float, *, renewed: bool) -> None:
        """Count an order that came to a certificate."""
        self._issued[authority] += 1
        self._renewed += renewed
        self._last_success = now

    def failed(self, authority: str, kind: str) -> None:
        """Count an order that came to none."""
        self._failed[authority, kind] += 1

    def validated(self, type_: ChallengeType, *, succeeded: bool) -> None:
        """Count a challenge that came to an end."""
        self._validations[type_, succeeded] += 1

    def adopted(self) -> None:
        """Count a certificate that another node obtained."""
        self._adopted += 1

    @property
    def numbers(self) -> Numbers:
        """What was counted."""
        return Numbers(
            dict(self._begun),
            dict(self._issued),
            dict(self._failed),
            dict(self._validations),
            self._renewed,
            self._adopted,
            self._last_success,
        )
