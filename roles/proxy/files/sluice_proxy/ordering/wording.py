# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Words for people, in the log and in status. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from .model import Wish

_MOST_NAMES = 3
_LONGEST = 1000


def called(wish: Wish) -> str:
    """Return what a certificate is called: by its first names."""
    first = ", ".join(wish.names[:_MOST_NAMES])
    others = len(wish.names) - _MOST_NAMES
    return f"{first} and {others} more" if others > 0 else first


def moment(seconds: float) -> str:
    """Return a moment that is given in seconds since 1970."""
    try:
        return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError, OSError):
        return "a moment that no calendar has"


def listed(said: Iterable[str]) -> str:
    """Return several lines as one, of bounded length."""
    line = "; ".join(said)
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
