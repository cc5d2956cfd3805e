# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Numbers as people read them. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from math import floor

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def rate(per_second: float) -> str:
    """Return a rate with one digit after the point."""
    return f"{per_second:.1f}"


def latency(seconds: float | None) -> str:
    """Return the time that a request took; nothing where none did."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.3g} ms"
    return f"{seconds:.3g} s"


def duration(seconds: float) -> str:
    """Return a long time in its two largest units, as in ``3 h 20 min``."""
    left = max(int(seconds), 0)
    parts: list[str] = []
    for size, unit in _UNITS:
        if left >= size:
            parts.append(f"{left // size} {unit}")
            left %= size
    return " ".join(parts[:2]) or f"{left} s"


def moment(seconds: float) -> str:
    """Return a moment, in seconds since 1970, in UTC."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return str(seconds)


def days(left: float) -> str:
    """Return the days that a certificate has left, less than none when it is over: never more
    than there are."""
    return f"{floor(left * 10) / 10:.1f}" if abs(left) < 10 else str(floor(left))
