# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long certificates hold on, as numbers. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import nsmallest

from ..snapshot.tls import Certificate
from .metrics import Labels

MOST_LISTED = 100
"""Certificates that have a number each: those that expire soonest. Each is a series for whoever
gathers the numbers, and there may be thousands."""
_DAY = 86400.0


def expiry_gauges(
    certificates: Sequence[Certificate], now: float
) -> Iterator[tuple[str, Labels, float]]:
    """Yield name, labels and value of each gauge; ``now`` in seconds since 1970.

    Of several certificates with one first name, the one that expires soonest counts: alarms are
    about it. Certificates whose end is not known are left out.
    """
    soonest: dict[str, float] = {}
    for certificate in certificates:
        if certificate.expires is not None:
            name = certificate.hosts[0] if certificate.hosts else ""
            known = soonest.get(name, certificate.expires)
            soonest[name] = min(known, certificate.expires)
    if not soonest:
        return
    least = _days(min(soonest.values()), now)
    yield "sluice_certificates_least_days_left", (), least
    for name, expires in nsmallest(MOST_LISTED, soonest.items(), key=lambda one: (one[1], one[0])):
        yield "sluice_certificate_days_left", (("name", name),), _days(expires, now)


def _days(expires: float, now: float) -> float:
    # A thousandth is a minute and a half.
    return round((expires - now) / _DAY, 3)
