# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wished for, what was obtained, and how an order stands."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

from ..snapshot.issuing import ChallengeType, KeyType


@dataclass(frozen=True, slots=True)
class Wish:
    """A certificate that is to be had.

    ``names`` are as ``issuing.names.certificate_names`` writes them, addresses among them.
    ``authority`` is the name of the one to be asked, empty for those of the configuration in their
    order; ``challenge`` None for those of the configuration; ``profile`` empty for the authority's.
    """

    names: tuple[str, ...]
    key_type: KeyType = KeyType.P256
    authority: str = ""
    challenge: ChallengeType | None = None
    profile: str = ""

    @property
    def subject(self) -> str:
        """What this certificate is called among nodes: the same for the same wish, whoever has it.

        How control is shown changes nothing about a certificate.
        """
        parts = [sorted(self.names), self.key_type, self.authority, self.profile]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Obtained:
    """A certificate that an authority issued: ``chain`` is PEM with the leaf first, ``key`` PEM
    (PKCS #8). ``authority`` is the name of who issued it."""

    wish: Wish
    authority: str
    chain: bytes
    key: bytes = field(repr=False)


class Standing(StrEnum):
    """How an order stands: the certificate is there, has to wait, is being ordered, or could not be
    had when last tried."""

    HELD = "held"
    WAITING = "waiting"
    ORDERING = "ordering"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OrderState:
    """``said`` is what went wrong last, in one line, empty when nothing did. ``failures`` counts
    them since the last success. The moments are in seconds since 1970, None where there is none."""

    standing: Standing
    authority: str = ""
    said: str = ""
    failures: int = 0
    next_try: float | None = None
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """The account at an authority: its URL, and the thumbprint (RFC 7638) of its key."""

    url: str
    contact: tuple[str, ...]
    thumbprint: str


@dataclass(frozen=True, slots=True)
class AuthorityStatus:
    """How it stands with an authority of the configuration.

    ``account`` is None before the first order. Until ``resting_until``, in seconds since 1970, it
    is left alone by this node, and ``said`` is why; None and empty when it may be asked. ``orders``
    were made within the last ``order_window`` seconds by all nodes, of ``most_orders``.
    """

    name: str
    directory: str
    staging: bool
    account: AccountStatus | None
    resting_until: float | None
    said: str
    orders: int
    most_orders: int
    order_window: float


class NotObtained(RuntimeError):
    """A certificate could not be had; the text is one line that names whom was asked, and why."""

    def __init__(self, message: str, next_try: float | None = None) -> None:
        super().__init__(message)
        self.next_try = next_try


class NoAccount(RuntimeError):
    """There is no account that could be changed. The text names the authority."""
