# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resources, read from what an authority answered. All raise Malformed."""

from __future__ import annotations

from collections.abc import Mapping

from ...snapshot.issuing import ChallengeType
from ..failures import Problem, Subproblem
from ..signing.base64url import is_base64url
from .fields import Fields, Malformed
from .identifier import Identifier
from .model import (
    Account,
    Authorization,
    Challenge,
    Directory,
    Order,
    RenewalInfo,
    Status,
)

_LONGEST_TOKEN = 256
_MOST_SUBPROBLEMS = 100
_BLANK = "about:blank"


def directory_of(fields: Fields) -> Directory:
    """Return a directory (RFC 8555, section 7.1.1)."""
    meta = fields.optional_object("meta") or Fields({})
    return Directory(
        new_nonce=fields.url("newNonce"),
        new_account=fields.url("newAccount"),
        new_order=fields.url("newOrder"),
        revoke_certificate=fields.optional_url("revokeCert"),
        key_change=fields.optional_url("keyChange"),
        renewal_info=fields.optional_url("renewalInfo"),
        terms_of_service=meta.text("termsOfService", "") or None,
        external_account_required=meta.flag("externalAccountRequired"),
        profiles=_profiles(meta),
    )


def _profiles(meta: Fields) -> Mapping[str, str] | None:
    profiles = meta.optional_object("profiles")
    if profiles is None:
        return None
    return {name: text if isinstance(text, str) else "" for name, text in profiles.items()}


def account_of(fields: Fields, url: str, *, created: bool = False) -> Account:
    """Return the account at ``url`` (section 7.1.2)."""
    return Account(url, _status(fields), fields.texts("contact"), created)


def order_of(fields: Fields, url: str, retry_after: float | None = None) -> Order:
    """Return the order at ``url`` (section 7.1.3)."""
    return Order(
        url=url,
        status=_status(fields),
        identifiers=tuple(_identifier(one) for one in fields.objects("identifiers")),
        authorizations=fields.urls("authorizations"),
        finalize=fields.url("finalize"),
        certificate=fields.optional_url("certificate"),
        error=_error(fields),
        expires=fields.optional_moment("expires"),
        profile=fields.text("profile", ""),
        retry_after=retry_after,
    )


def authorization_of(fields: Fields, url: str, retry_after: float | None = None) -> Authorization:
    """Return the authorization at ``url`` (section 7.1.4)."""
    return Authorization(
        url=url,
        identifier=_identifier(fields.object("identifier")),
        status=_status(fields),
        challenges=tuple(challenge_of(one) for one in fields.objects("challenges")),
        wildcard=fields.flag("wildcard"),
        expires=fields.optional_moment("expires"),
        retry_after=retry_after,
    )


def challenge_of(fields: Fields) -> Challenge:
    """Return a challenge (section 8). A token goes into paths and names, so it is looked at."""
    type_, token = fields.text("type"), fields.text("token", "")
    needed = bool(token) or type_ in set(ChallengeType)
    if needed and (len(token) > _LONGEST_TOKEN or not is_base64url(token)):
        raise Malformed("the token of a challenge is not base64url")
    return Challenge(type_, fields.url("url"), _status(fields), token, _error(fields))


def renewal_info_of(fields: Fields, retry_after: float | None = None) -> RenewalInfo:
    """Return when to renew (RFC 9773, section 4.2)."""
    window = fields.object("suggestedWindow")
    start, end = window.moment("start"), window.moment("end")
    if end <= start:
        raise Malformed("suggestedWindow ends before it starts")
    return RenewalInfo(start, end, fields.text("explanationURL", ""), retry_after)


def problem_of(
    fields: Fields, status: int | None = None, retry_after: float | None = None
) -> Problem:
    """Return a problem (RFC 9457; RFC 8555, section 6.7), whatever of it can be read.

    ``status`` is that of the reply; a problem within an answer may have its own.
    """
    said = fields.number("status")
    return Problem(
        type=_text(fields, "type") or _BLANK,
        detail=_text(fields, "detail") or _text(fields, "title"),
        status=status if status is not None else said,
        identifier=_problem_identifier(fields),
        subproblems=_subproblems(fields),
        instance=_text(fields, "instance"),
        retry_after=retry_after,
    )


def _subproblems(fields: Fields) -> tuple[Subproblem, ...]:
    try:
        parts = list(fields.objects("subproblems"))
    except Malformed:
        return ()
    return tuple(
        Subproblem(_text(part, "type") or _BLANK, _text(part, "detail"), _problem_identifier(part))
        for part in parts[:_MOST_SUBPROBLEMS]
    )


def _problem_identifier(fields: Fields) -> Identifier | None:
    try:
        return _identifier(fields.object("identifier"))
    except Malformed:
        return None


def _text(fields: Fields, name: str) -> str:
    try:
        return fields.text(name, "")
    except Malformed:
        return ""


def _error(fields: Fields) -> Problem | None:
    error = fields.optional_object("error")
    return None if error is None else problem_of(error)


def _identifier(fields: Fields) -> Identifier:
    return Identifier(fields.text("type"), fields.text("value"))


def _status(fields: Fields) -> Status:
    text = fields.text("status")
    try:
        return Status(text)
    except ValueError:
        raise Malformed("status is none of the RFC's") from None
