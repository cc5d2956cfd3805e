# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From when until when a certificate holds, and when the next one is to be made. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509

RENEWED_AFTER = 2 / 3
"""The part of its lifetime after which a certificate is renewed."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """``begins`` and ``ends`` are the first and the last moment, both with a time zone."""

    begins: datetime
    ends: datetime

    def days_left(self, now: datetime) -> float:
        """Return the days until the end; below 0 after it."""
        return (self.ends - now) / _DAY

    def is_over(self, now: datetime) -> bool:
        """Return whether a certificate has expired."""
        return now > self.ends

    def is_due(self, now: datetime) -> bool:
        """Return whether a certificate is to be renewed.

        One that is not valid yet is due too: the clock was wrong when it was made, or is wrong now,
        and the next one is valid by the clock that clients are likely to share.
        """
        renewal = self.begins + RENEWED_AFTER * (self.ends - self.begins)
        return not self.begins <= now < renewal


def lifetime_of(certificate: x509.Certificate) -> Lifetime:
    """Return the lifetime of a certificate."""
    return Lifetime(certificate.not_valid_before_utc, certificate.not_valid_after_utc)
