# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose fault it is that an authority did not issue (RFC 8555, section 6.7). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ...acme.failures import (
    AcmeFailed,
    NotGranted,
    NotOffered,
    Problem,
    TransportFailed,
    WrongCertificate,
)


class NotSetUp(AcmeFailed):
    """An authority cannot be asked, as something is not set; the text says what to set."""


class Blame(Enum):
    """Whose fault it is: of a name, which has to be put right where it is served; ours, in settings
    or in what was sent; or of the authority, which may do better later.

    Of several failures the first one of these is told.
    """

    NAME = "refused"
    SETTINGS = "was not asked"
    OURS = "does not take what it was sent"
    AUTHORITY = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an authority did not issue.

    ``kind`` is one of few words, for numbers. ``said`` is one line that names the authority and its
    problem. ``retry_after`` is for how many seconds it wants to be left alone, None if it did not
    say. ``down`` says that it would do no better for another name now.
    """

    authority: str
    kind: str
    blame: Blame
    said: str
    retry_after: float | None = None
    down: bool = False


_NAME = (
    "caa",
    "connection",
    "dns",
    "incorrectResponse",
    "rejectedIdentifier",
    "tls",
    "unsupportedIdentifier",
)
_AUTHORITY = ("badNonce", "orderNotReady", "rateLimited", "serverInternal")
_OURS = (
    "accountDoesNotExist",
    "alreadyReplaced",
    "alreadyRevoked",
    "badCSR",
    "badPublicKey",
    "badRevocationReason",
    "badSignatureAlgorithm",
    "externalAccountRequired",
    "invalidContact",
    "invalidProfile",
    "malformed",
    "unsupportedContact",
    "userActionRequired",
)
ACCOUNT_LOST = frozenset({"accountDoesNotExist", "unauthorized"})
"""What an authority says to an account that it does not know, or not any more."""
ACCOUNT_REFUSED = ACCOUNT_LOST | {"malformed"}
"""What it says to requests of an account that may be lost, or have another key: a signature that
cannot be verified is malformed to some."""
NOT_REPLACED = frozenset({"alreadyReplaced", "malformed", "unauthorized"})
"""What it says to an order that cannot replace a certificate (RFC 9773, section 5): another order
did, it is of another account, or it is not known. It may well be ordered without that."""
KINDS = frozenset(
    {
        *_NAME,
        *_AUTHORITY,
        *_OURS,
        "unauthorized",
        "compound",
        "unreachable",
        "notOffered",
        "notGranted",
        "wrongCertificate",
        "notAnswered",
        "notSetUp",
        "timeout",
        "other",
    }
)
"""All kinds that there are: authorities may have types of their own, which are no labels."""


def failure_of(authority: str, error: AcmeFailed, *, validating: bool) -> Failure:
    """Return what ``error`` means; ``validating`` says that a challenge failed with it."""
    blame = _blame(error, validating=validating)
    return Failure(
        authority,
        _kind(error),
        blame,
        f"{authority} {blame.value}: {error}",
        error.retry_after,
        _is_down(error),
    )


def not_answered(authority: str, why: str) -> Failure:
    """Return the failure of an order whose challenge we could not answer."""
    return Failure(
        authority, "notAnswered", Blame.OURS, f"{authority} could not be answered: {why}"
    )


def timed_out(authority: str, seconds: float) -> Failure:
    """Return the failure of an order that was given up after some time."""
    said = f"{authority} failed: the order was not done after {seconds:g} s"
    return Failure(authority, "timeout", Blame.AUTHORITY, said, down=True)


def _kind(error: AcmeFailed) -> str:
    if isinstance(error, Problem):
        return error.kind if error.kind in KINDS else "other"
    if isinstance(error, TransportFailed):
        return "unreachable"
    if isinstance(error, NotSetUp):
        return "notSetUp"
    if isinstance(error, NotOffered):
        return "notOffered"
    if isinstance(error, NotGranted):
        return "notGranted"
    return "wrongCertificate" if isinstance(error, WrongCertificate) else "other"


def _blame(error: AcmeFailed, *, validating: bool) -> Blame:
    if isinstance(error, Problem):
        return _blame_of(error, validating=validating)
    if isinstance(error, NotGranted):
        return Blame.NAME if validating else Blame.AUTHORITY
    unset = isinstance(error, NotSetUp | NotOffered)
    return Blame.SETTINGS if unset else Blame.AUTHORITY


def _blame_of(problem: Problem, *, validating: bool) -> Blame:
    kind = problem.kind
    if kind in _AUTHORITY or (problem.status or 0) >= 500 or problem.status == 429:
        return Blame.AUTHORITY
    if kind in _NAME or (kind == "unauthorized" and validating):
        return Blame.NAME
    if kind in _OURS or kind == "unauthorized":
        return Blame.OURS
    if kind == "compound":
        parts = {part.type.rpartition(":")[2] for part in problem.subproblems}
        return Blame.NAME if parts & {*_NAME, "unauthorized"} else Blame.OURS
    return Blame.NAME if validating else Blame.AUTHORITY


def _is_down(error: AcmeFailed) -> bool:
    if isinstance(error, TransportFailed):
        return True
    return isinstance(error, Problem) and (
        error.kind == "serverInternal" or (error.status or 0) >= 500
    )
