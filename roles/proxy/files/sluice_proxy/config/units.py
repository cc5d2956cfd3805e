# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Texts with units, as people write them: ``30s``, ``10MiB``, ``100/s``."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?)\s*([A-Za-z]*)\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86_400.0}
_BYTES = {
    "": 1, "b": 1,
    "kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
    "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
    "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12,
}  # fmt: skip
_RATE = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(?:/\s*(s|m|min|h))?\Z")
_AMOUNT = re.compile(r"([0-9]{1,9})\s*/\s*([0-9.]{0,12})([A-Za-z]{1,3})\Z")
_YEAR = 366 * 86_400.0
_MOST_BYTES = 1 << 50


def seconds(value: object) -> float:
    """Return a duration in seconds; its units are ms, s, m, h and d. Raises ValueError."""
    found = _NUMBER.match(_text(value))
    if found is None or found[2] not in _SECONDS:
        raise ValueError(f"{value!r} is not a duration: write it like 500ms, 30s, 5m, 1h or 1d")
    duration = float(found[1]) * _SECONDS[found[2]]
    if duration > _YEAR:
        raise ValueError(f"{value!r} is more than a year")
    return duration


def size(value: object) -> int:
    """Return a size in bytes; its units are KiB, MB and so on. Raises ValueError."""
    found = _NUMBER.match(_text(value))
    if found is None or found[2].lower() not in _BYTES:
        raise ValueError(f"{value!r} is not a size: write it like 4096, 64KiB or 10MiB")
    amount = float(found[1]) * _BYTES[found[2].lower()]
    if amount != int(amount) or amount > _MOST_BYTES:
        raise ValueError(f"{value!r} is not a whole number of bytes up to 1 PiB")
    return int(amount)


def per_second(value: object) -> float:
    """Return a rate in requests a second: a number, or a text like ``10/s`` or ``90/m``."""
    found = _RATE.match(_text(value))
    rate = float(found[1]) / _SECONDS[found[2] or "s"] if found else 0.0
    if rate <= 0:
        raise ValueError(f"{value!r} is not a rate: write it like 10/s, 90/m or 500/h")
    return rate


def amount_in_time(value: object) -> tuple[int, float]:
    """Return how many there may be in how many seconds: ``50/h`` or ``250/3h``. Raises
    ValueError."""
    found = _AMOUNT.match(_text(value))
    if found is None or not int(found[1]):
        raise ValueError(f"{value!r} is no number in a time: write it like 50/h, 250/3h or 300/7d")
    window = seconds((found[2] or "1") + found[3])
    if not window:
        raise ValueError(f"{value!r} has no time: write it like 50/h, 250/3h or 300/7d")
    return int(found[1]), window


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, int | float | str) and value is not True else ""
