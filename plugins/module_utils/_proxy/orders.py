# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the orders of certificates stand, and how that is told. Pure."""

from __future__ import annotations

from typing import Any, Dict, NamedTuple, Optional, Tuple

from .._converge.resource import Operation
from .answers import one_line
from .model import CERTIFICATE, Entry, name_of

HELD, FAILED = "held", "failed"
_TOLD = ("state", "authority", "said", "failures", "next_try", "renew_at")


class Awaited(NamedTuple):
    """A certificate that is waited for: any, or another one than there was ``before``."""

    name: str
    before: Optional[Entry] = None

    def is_there(self, entry: Entry, now: float) -> bool:
        """Tell whether the certificate is there that is waited for; ``now`` in seconds since 1970.

        Where it is, its renewal may be under way, or have failed. One without an order is made by
        the proxy itself, as on a laptop.
        """
        fingerprint = fingerprint_of(entry)
        if not fingerprint or not _is_valid(entry, now):
            return False
        if entry.order and entry.order.get("state") != HELD and not entry.order.get("renew_at"):
            return False  # clients are shown a former one, for other names perhaps
        return self.before is None or fingerprint != fingerprint_of(self.before)

    def next_try(self, entry: Entry) -> Optional[float]:
        """Return when one that could not be had is tried again, in seconds since 1970.

        0 when it has not failed since it is waited for, None when it has and is not tried again.
        """
        if not _failure(entry) or (
            self.before is not None and _failure(entry) == _failure(self.before)
        ):
            return 0.0
        moment = entry.order.get("next_try")
        return None if moment is None else float(moment)


def _failure(entry: Entry) -> Tuple[Any, ...]:
    """Return what tells one failure from another, empty where the last order did not fail.

    While it is ordered again, the failures before are still counted.
    """
    order = entry.order
    state = order.get("state")
    if state != FAILED and not (state == HELD and order.get("failures")):
        return ()
    return (order.get("failures"), order.get("said"), order.get("next_try"))


def _is_valid(entry: Entry, now: float) -> bool:
    ends = entry.certificate.get("not_after")
    return ends is not None and float(ends) > now


def fingerprint_of(entry: Entry) -> str:
    """Return the SHA-256 of the certificate that is held, empty when there is none."""
    return str(entry.certificate.get("fingerprint") or "")


def described(entry: Entry) -> Dict[str, Any]:
    """Return how an order stands, as results have it."""
    return {name: entry.order.get(name) for name in _TOLD}


def why_not(entry: Entry, now: float) -> str:
    """Return why there is no certificate, what clients see meanwhile, and when it is tried again.

    ``now`` is in seconds since 1970.
    """
    order = entry.order
    state = order.get("state", "not begun")
    parts = [one_line(order.get("said")) or "the order is %s" % state]
    if fingerprint_of(entry) and _is_valid(entry, now):
        left = entry.certificate["not_after"] - now
        parts.append("meanwhile one is shown that ends in %s" % lasting(left))
    else:
        parts.append("meanwhile none is held")
    moment = order.get("next_try")
    if moment is not None:
        parts.append("the next try is in %s" % lasting(max(0.0, moment - now)))
    return "; ".join(parts)


def lasting(seconds: float) -> str:
    """Return a time for people, such as ``90 s``, ``50 min``, ``7 h`` or ``12 days``."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return "%d %s" % (seconds // size, unit)
    return "%d s" % seconds


class Leaf(NamedTuple):
    """A certificate that an authority issued, as diffs show what becomes of it."""

    id: str
    words: str

    @property
    def key(self) -> Tuple[str, str]:
        return (CERTIFICATE, self.id)

    @property
    def name(self) -> str:
        return name_of(self.key)

    def line(self) -> str:
        return "%s %s" % (self.name, self.words)


class Renewal(Operation[Leaf]):
    """Another certificate is ordered in place of the one that there is."""

    @property
    def verb(self) -> str:
        return "renew"


class Revocation(Operation[Leaf]):
    """An authority is asked to revoke the certificate that there is. That is for good."""

    @property
    def verb(self) -> str:
        return "revoke"


def renewal(entry: Entry) -> Renewal:
    """Return the step that orders a certificate anew."""
    return Renewal(_held(entry), Leaf(entry.id, "ordered anew"))


def revocation(entry: Entry, reason: str) -> Revocation:
    """Return the step that revokes a certificate."""
    return Revocation(_held(entry), Leaf(entry.id, "revoked: %s" % reason))


def _held(entry: Entry) -> Optional[Leaf]:
    fingerprint = fingerprint_of(entry)
    return Leaf(entry.id, "held: fingerprint %s" % fingerprint) if fingerprint else None
