# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What authorities that come to validate are told."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime

from ...acme.validation.tls_alpn import tls_alpn_certificate
from ..validating import Validations
from .answer import http_place, tls_alpn_place
from .published import Published

MOST_CERTIFICATES = 1000
"""Certificates for tls-alpn-01 that are kept."""

_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,256}\Z")
_NAME = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\Z")


def _now() -> datetime:
    return datetime.now(UTC)


class FoundAnswers(Validations):
    """Finds what was published; certificates for tls-alpn-01 are made when first asked for."""

    def __init__(self, published: Published, now: Callable[[], datetime] = _now) -> None:
        self._published = published
        self._now = now
        # By names and key authorizations, what was asked for last at the end.
        self._certificates: OrderedDict[tuple[str, str], tuple[bytes, bytes]] = OrderedDict()

    async def http_01(self, token: str) -> bytes | None:
        """Return the content for a token (RFC 8555, section 8.3), None for one that is unknown."""
        if not _TOKEN.match(token):
            return None
        answer = await self._published.find(http_place(token))
        if answer is None or answer.token != token:
            return None
        return answer.key_authorization.encode()

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        """Return chain and key (PEM) to be shown for a name as TLS has it (RFC 8737, section 3;
        RFC 8738, section 6), None for one that is unknown."""
        if not _NAME.match(server_name):
            return None
        answer = await self._published.find(tls_alpn_place(server_name))
        if answer is None:
            return None
        called = (answer.identifier, answer.key_authorization)
        pair = self._certificates.get(called)
        if pair is None:
            pair = tls_alpn_certificate(*called, self._now())
            self._certificates[called] = pair
            if len(self._certificates) > MOST_CERTIFICATES:
                self._certificates.popitem(last=False)
        self._certificates.move_to_end(called)
        return pair
