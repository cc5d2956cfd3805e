# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When to ask again (RFC 9110, section 10.2.3): in seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

MOST = 7 * 86_400.0
"""Seconds; authorities count by weeks at most."""
_DIGITS = 12


def seconds_of(value: str | None, now: datetime) -> float | None:
    """Return the seconds from ``now`` that the field asks for, from 0 to MOST; None for no field,
    and for one that is neither.

    ``now`` is best the moment that the same reply gives: clocks may differ.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        return MOST if len(text) > _DIGITS else min(float(text), MOST)
    moment = date_of(text)
    if moment is None:
        return None
    return min(max((moment - now).total_seconds(), 0.0), MOST)


def date_of(value: str | None) -> datetime | None:
    """Return the moment of a date of HTTP (RFC 9110, section 5.6.7), None for anything else."""
    try:
        moment = parsedate_to_datetime(value or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # All dates of HTTP are in UTC; the oldest form does not say so.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
