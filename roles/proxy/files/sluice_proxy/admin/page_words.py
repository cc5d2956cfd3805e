# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words and numbers of the page for people. Pure."""

from __future__ import annotations

import time

from ..observe.metrics import BUCKETS
from .status import OrderStatus

MOST_NAMES = 8
"""Hosts, paths and names of one row."""

Badge = dict[str, str]


def badge(kind: str, text: str) -> Badge:
    """Return a word with a sign, so that colour is not all that tells.

    ``kind`` is ``good``, ``warn``, ``bad`` or ``plain``.
    """
    return {
        "kind": kind,
        "sign": {"good": "✓", "warn": "!", "bad": "✗", "plain": "\N{EN DASH}"}[kind],
        "text": text,
    }


def how_many(shown: int, found: int, there: int, what: str, which: str, asked: str) -> str:
    """Return how many there are, and which of them are shown."""

    def counted(of: int) -> str:
        return f"{number(of)} {what}{'' if of == 1 else 's'}"

    if not there:
        return f"There are no {what}s."
    whole = f"{number(found)} of {counted(there)} found" if asked else counted(there)
    return f"{whole}." if shown == found else f"{whole}: the {number(shown)} {which}."


def listed(texts: tuple[str, ...]) -> str:
    """Return some texts, and how many more there are."""
    more = len(texts) - MOST_NAMES
    return ", ".join(texts[:MOST_NAMES]) + (f" and {number(more)} more" if more > 0 else "")


def number(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def rate(per_second: float) -> str:
    """Return a rate, a small one more exactly."""
    if per_second == 0:
        return "0"
    return f"{per_second:.2f}" if per_second < 10 else number(round(per_second))


def seconds(took: float | None) -> str:
    """Return the time that a request took, which is the end of a bucket; a dash for none."""
    if took is None:
        return "\N{EN DASH}"
    if took >= BUCKETS[-1]:
        return f"over {BUCKETS[-2]:g} s"
    return f"{took * 1000:g} ms" if took < 1 else f"{took:g} s"


def days(left: float) -> str:
    """Return whole days, rounded down."""
    whole = int(left)
    if whole < 1:
        return "less than a day"
    return f"{number(whole)} day{'' if whole == 1 else 's'}"


def order(stands: OrderStatus | None) -> str:
    """Return what there is to say of an order, nothing of a certificate without one."""
    if stands is None:
        return ""
    parts = [stands.said] if stands.said else []
    if stands.next_try is not None:
        parts.append(f"next try {moment(stands.next_try)}")
    elif stands.renew_at is not None:
        parts.append(f"to be renewed {moment(stands.renew_at)}")
    return "; ".join(parts)


def moment(at: float) -> str:
    """Return a moment, in seconds since 1970, in UTC."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(at))


def span(passed: float) -> str:
    """Return a long time in its largest unit."""
    for size, what in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if passed >= 2 * size:
            return f"{int(passed / size)} {what}"
    return f"{max(0, int(passed))} seconds"
