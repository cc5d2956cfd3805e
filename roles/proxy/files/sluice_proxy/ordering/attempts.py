# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is remembered of failures for a certificate, by all nodes and over restarts. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ATTEMPTS = "attempts"
"""The kind of these documents among what is shared; their ids are subjects of wishes."""
KEPT = 14 * 86_400.0
"""Seconds for which a document is kept after the next try that it speaks of."""
_MOST_COUNT = 10**6


@dataclass(frozen=True, slots=True)
class Attempts:
    """How it went so far.

    ``failures`` are those since the last success; no order is begun before ``next_try``, in seconds
    since 1970. ``said`` and ``authority`` are of the last failure. ``trial`` says that a name was
    refused, so that staging authorities are asked first. ``failed_validations`` counts by name, and
    ``not_before`` has by authority when it may be asked again.
    """

    failures: int = 0
    next_try: float = 0.0
    said: str = ""
    authority: str = ""
    trial: bool = False
    failed_validations: Mapping[str, int] = field(default_factory=dict)
    not_before: Mapping[str, float] = field(default_factory=dict)

    def validated(self, valid: Iterable[str], failed: Iterable[str]) -> Attempts:
        """Return the same with validations of names counted."""
        counts = {name: n for name, n in self.failed_validations.items() if name not in set(valid)}
        for name in failed:
            counts[name] = counts.get(name, 0) + 1
        return replace(self, failed_validations=counts)


def encode_attempts(attempts: Attempts) -> bytes:
    """Return the document."""
    return json.dumps(
        {
            "failures": attempts.failures,
            "next_try": attempts.next_try,
            "said": attempts.said,
            "authority": attempts.authority,
            "trial": attempts.trial,
            "failed_validations": dict(attempts.failed_validations),
            "not_before": dict(attempts.not_before),
        }
    ).encode()


def decode_attempts(document: bytes, now: float) -> Attempts:
    """Return what a document says; one that is none says that nothing has failed.

    A moment too far from ``now`` was written when a clock was wrong, and is long ago.
    """
    try:
        read = json.loads(document)
        return Attempts(
            failures=_count(read["failures"]),
            next_try=_moment(read["next_try"], now),
            said=str(read["said"]),
            authority=str(read["authority"]),
            trial=bool(read["trial"]),
            failed_validations={
                str(name): _count(n) for name, n in dict(read["failed_validations"]).items()
            },
            not_before={
                str(name): _moment(at, now) for name, at in dict(read["not_before"]).items()
            },
        )
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
        return Attempts()


def _count(value: Any) -> int:
    return max(0, min(int(value), _MOST_COUNT))


def _moment(value: Any, now: float) -> float:
    moment = float(value)
    if math.isnan(moment):
        raise ValueError("no moment")
    return moment if moment - now < KEPT else 0.0
