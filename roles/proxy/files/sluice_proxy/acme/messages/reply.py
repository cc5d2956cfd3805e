# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An answer of an authority as it came, and what its fields say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..signing.base64url import is_base64url
from . import links, retry_after

JSON = "application/json"
PROBLEM = "application/problem+json"
CHAIN = "application/pem-certificate-chain"
_LONGEST_NONCE = 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """``fields`` has the names in lower case; those of ``links`` are apart, as there are many."""

    url: str
    status: int
    fields: Mapping[str, str]
    content: bytes = b""
    links: tuple[str, ...] = ()

    @property
    def succeeded(self) -> bool:
        """Whether the authority did it (2xx)."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """What the content is, in lower case and without parameters."""
        return self.fields.get("content-type", "").split(";")[0].strip().lower()

    @property
    def nonce(self) -> str | None:
        """The nonce for a next request, None for none and for one that must not be used (RFC 8555,
        section 6.5.1)."""
        nonce = self.fields.get("replay-nonce", "")
        return nonce if len(nonce) <= _LONGEST_NONCE and is_base64url(nonce) else None

    @property
    def location(self) -> str | None:
        """The URL of what was made, None where the reply has none."""
        location = self.fields.get("location", "")
        return links.absolute(self.url, location) if location else None

    def alternates(self) -> tuple[str, ...]:
        """Return the URLs of other chains (RFC 8555, section 7.4.2)."""
        return links.targets(self.links, "alternate", self.url)

    def retry_after(self, now: datetime) -> float | None:
        """Return the seconds after which to ask again, None where it does not say.

        ``now`` counts where the reply does not say what its own clock shows.
        """
        own = retry_after.date_of(self.fields.get("date"))
        return retry_after.seconds_of(self.fields.get("retry-after"), own or now)
