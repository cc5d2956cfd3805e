# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The resources of an authority (RFC 8555, section 7.1; RFC 9773)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum, StrEnum

from ..failures import Problem
from .identifier import Identifier


class Status(StrEnum):
    """The state of an account, order, authorization or challenge (section 7.1.6)."""

    PENDING = "pending"
    READY = "ready"
    PROCESSING = "processing"
    VALID = "valid"
    INVALID = "invalid"
    DEACTIVATED = "deactivated"
    EXPIRED = "expired"
    REVOKED = "revoked"


class RevocationReason(IntEnum):
    """Why a certificate is revoked (RFC 5280, section 5.3.1), as far as a subscriber may say."""

    UNSPECIFIED = 0
    KEY_COMPROMISE = 1
    AFFILIATION_CHANGED = 3
    SUPERSEDED = 4
    CESSATION_OF_OPERATION = 5


@dataclass(frozen=True, slots=True)
class Directory:
    """Where an authority does what (section 7.1.1), None for what it does not do.

    ``profiles`` has what people are told of each.
    """

    new_nonce: str
    new_account: str
    new_order: str
    revoke_certificate: str | None = None
    key_change: str | None = None
    renewal_info: str | None = None
    terms_of_service: str | None = None
    external_account_required: bool = False
    profiles: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account (section 7.1.2). ``url`` names it; ``created`` says that it was not there."""

    url: str
    status: Status
    contact: tuple[str, ...] = ()
    created: bool = False


@dataclass(frozen=True, slots=True)
class Challenge:
    """A way to show control (section 8). ``token`` is of base64url, empty for types without one."""

    type: str
    url: str
    status: Status
    token: str = ""
    error: Problem | None = None


@dataclass(frozen=True, slots=True)
class Authorization:
    """Whether an account may have certificates for an identifier (section 7.1.4).

    ``retry_after`` is the seconds after which the authority wants to be asked again.
    """

    url: str
    identifier: Identifier
    status: Status
    challenges: tuple[Challenge, ...]
    wildcard: bool = False
    expires: datetime | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An order (section 7.1.3), which can be gone on with by its ``url``.

    ``authorizations`` are URLs; ``certificate`` is one when the status is valid.
    """

    url: str
    status: Status
    identifiers: tuple[Identifier, ...]
    authorizations: tuple[str, ...]
    finalize: str
    certificate: str | None = None
    error: Problem | None = None
    expires: datetime | None = None
    profile: str = ""
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class RenewalInfo:
    """When an authority wants a certificate renewed (RFC 9773, section 4.2).

    ``retry_after`` is the seconds after which it wants to be asked again, None if it did not say.
    """

    start: datetime
    end: datetime
    explanation_url: str = ""
    retry_after: float | None = None
