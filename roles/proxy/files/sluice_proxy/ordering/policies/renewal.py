# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""When a certificate is renewed (RFC 9773, section 4.2). Pure."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0
SPREAD = 1 / 30
"""The part of its lifetime by which a certificate is renewed earlier at most, so that many that
began together do not come together."""
LATEST = 0.95
"""The part of its lifetime after which it is renewed, whatever the authority suggests."""
LOOK_LEAST, LOOK_USUAL, LOOK_MOST = MINUTE, 6 * HOUR, DAY
"""Seconds between two looks at what the authority suggests; the usual is for one that does not
say."""
REST = HOUR
"""Seconds after an order in which none follows for the same certificate, however wrong what was
issued is, or a tenth of its lifetime."""


@dataclass(frozen=True, slots=True)
class Lifespan:
    """From when until when a certificate is valid, in seconds since 1970."""

    begins: float
    ends: float

    @property
    def seconds(self) -> float:
        """How long it is valid."""
        return self.ends - self.begins

    def holds(self, now: float) -> bool:
        """Return whether it is valid."""
        return self.begins <= now <= self.ends


@dataclass(frozen=True, slots=True)
class Window:
    """When the authority suggests renewal, in seconds since 1970. ``explanation`` is a URL for
    people, empty without one."""

    start: float
    end: float
    explanation: str = ""


def place_of(subject: str, fingerprint: str) -> float:
    """Return a number from 0 to 1 by which a certificate has its place in each window.

    It is evenly spread, and the same at each look and on all nodes.
    """
    digest = hashlib.sha256(f"{subject} {fingerprint}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


def renewal_moment(
    lifespan: Lifespan, window: Window | None, place: float, renew_after: float
) -> float:
    """Return when to renew, in seconds since 1970: at a ``place`` in the window that the authority
    suggests, else after the part ``renew_after`` of the lifetime, and some of it earlier."""
    if window is not None:
        suggested = window.start + place * max(window.end - window.start, 0.0)
        return min(suggested, lifespan.begins + LATEST * lifespan.seconds)
    earlier = place * min(SPREAD, renew_after / 2)
    return lifespan.begins + (renew_after - earlier) * lifespan.seconds


def is_due(lifespan: Lifespan, moment: float, now: float) -> bool:
    """Return whether a certificate is to be renewed, which is also one whose time is over, or has
    not begun."""
    return now >= moment or not lifespan.holds(now)


def look_wait(retry_after: float | None) -> float:
    """Return the seconds until the next look at what the authority suggests."""
    if retry_after is None:
        return LOOK_USUAL
    return min(max(retry_after, LOOK_LEAST), LOOK_MOST)


def rest_after(lifespan: Lifespan) -> float:
    """Return the seconds after an order in which no other follows."""
    return min(REST, max(lifespan.seconds, 0.0) / 10)
