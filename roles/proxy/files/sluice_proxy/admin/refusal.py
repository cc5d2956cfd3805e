# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Errors as answers: problem documents (RFC 9457) that name the item and its field."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from aiohttp import web

from ..resources.refusing import Invalid, OfFile, Outdated, Problem, Refused
from ..store.failures import StoreFailed, StoreFull
from .edge import NoAuthority, NotChanged, NotInForce, NotOrdered, NotRevoked, OutOfReach
from .operation import JSON, PROBLEM

BLANK = "about:blank"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})
MOST_PROBLEMS = 1000
"""Problems that are told at once."""


class Refusal(Exception):
    """A request is not done; ``detail`` is one line for people.

    ``problems`` are those of resources, ``fields`` those of a request: a field's place and what is
    wrong there. ``last`` ends the connection.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        kind: str = BLANK,
        problems: Iterable[Problem] = (),
        fields: Iterable[tuple[str, str]] = (),
        headers: Mapping[str, str] = NO_HEADERS,
        last: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status = HTTPStatus(status)
        self.detail = " ".join(detail.split())
        self.kind = kind
        self.problems = [
            {"kind": one.kind.value, "id": one.id, "field": one.field, "message": one.message}
            for one in problems
        ] + [{"kind": "", "id": "", "field": name, "message": message} for name, message in fields]
        self.headers = headers
        self.last = last


_STATUSES = {
    Invalid: (HTTPStatus.UNPROCESSABLE_ENTITY, "urn:sluice:invalid"),
    OfFile: (HTTPStatus.CONFLICT, "urn:sluice:of-file"),
    Outdated: (HTTPStatus.PRECONDITION_FAILED, "urn:sluice:outdated"),
}


_AS_PORTAL = {
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
    HTTPStatus.SERVICE_UNAVAILABLE: HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.INSUFFICIENT_STORAGE: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def summary(error: Refused) -> str:
    """Return what is wrong in one line."""
    if not error.problems:
        return str(error)
    more = len(error.problems) - 1
    return f"{error.problems[0]}" + (f" (and {more} more)" if more else "")


def refusal_of(error: Exception) -> Refusal | None:
    """Return what an error of the edge is to clients; None for one that nobody expected."""
    if isinstance(error, Refused):
        status, kind = _STATUSES.get(type(error), _STATUSES[Invalid])
        return Refusal(status, summary(error), kind=kind, problems=error.problems)
    if isinstance(error, StoreFull):
        return Refusal(507, str(error), kind="urn:sluice:store-full")
    if isinstance(error, StoreFailed):
        return Refusal(503, str(error), kind="urn:sluice:store-failed")
    if isinstance(error, NotInForce):
        return Refusal(503, str(error), kind="urn:sluice:not-in-force")
    if isinstance(error, NotOrdered):
        return Refusal(409, str(error), kind="urn:sluice:not-ordered")
    if isinstance(error, NotRevoked):
        return Refusal(502, str(error), kind="urn:sluice:not-revoked")
    if isinstance(error, NoAuthority):
        return Refusal(404, str(error))
    if isinstance(error, OutOfReach):
        return Refusal(503, str(error), kind="urn:sluice:out-of-reach")
    if isinstance(error, NotChanged):
        return Refusal(502, str(error), kind="urn:sluice:account-not-changed")
    return None


def problem_answer(refusal: Refusal) -> web.Response:
    """Return the answer of the proxy's own paths."""
    document = {
        "type": refusal.kind,
        "title": refusal.status.phrase,
        "status": refusal.status.value,
        "detail": refusal.detail,
        "problems": refusal.problems[:MOST_PROBLEMS],
    }
    return _answer(refusal.status, refusal, document, PROBLEM)


def portal_answer(refusal: Refusal) -> web.Response:
    """Return the answer of Portal's paths, with its statuses; 401 has no content there."""
    status = _AS_PORTAL.get(refusal.status, refusal.status)
    if status == HTTPStatus.UNAUTHORIZED:
        return web.Response(status=status, headers=refusal.headers)
    return _answer(status, refusal, {"error": refusal.detail}, JSON)


def _answer(
    status: HTTPStatus, refusal: Refusal, document: Mapping[str, object], content_type: str
) -> web.Response:
    answer = web.Response(
        body=json.dumps(document).encode() + b"\n",
        status=status,
        content_type=content_type,
        headers=refusal.headers,
    )
    if refusal.last:
        answer.force_close()
    return answer
