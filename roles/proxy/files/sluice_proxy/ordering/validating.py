# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an order needs of those who answer validations, and what is looked up when one comes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Protocol

from ..snapshot.issuing import ChallengeType


@dataclass(frozen=True, slots=True)
class Challenge:
    """A challenge that is to be answered (RFC 8555, section 8).

    ``identifier`` is a DNS name without ``*.``, or an address. ``key_authorization`` is what shows
    that the account answers.
    """

    type: ChallengeType
    identifier: str
    token: str
    key_authorization: str = field(repr=False)


class NotAnswered(RuntimeError):
    """A challenge cannot be answered; the text is one line: who could not, and why."""


class Answering(Protocol):
    """Answers challenges before an authority is told that they are."""

    @property
    def types(self) -> Collection[ChallengeType]:
        """Those that can be answered here."""

    async def publish(self, challenge: Challenge) -> None:
        """Have any node of the fleet answer. Raises NotAnswered."""

    async def withdraw(self, challenge: Challenge) -> None:
        """Answer no more; what is gone is no error, and what fails is logged."""


class Validations(Protocol):
    """What a certificate authority that comes to validate is told."""

    async def http_01(self, token: str) -> bytes | None:
        """Return the content for a token (RFC 8555, section 8.3), None for one that is unknown."""

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        """Return chain and key (PEM) to be shown for a name as TLS has it (RFC 8737, section 3;
        RFC 8738, section 6), None for one that is unknown."""
