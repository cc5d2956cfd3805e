# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the admin API answers, as values; and what it refuses, as errors in one line. Pure."""

from __future__ import annotations

from typing import Any, List, Mapping, Tuple

from .._converge.errors import EdgeError, InvalidInput, Unavailable
from .._converge.resource import Operation
from .model import Batch, Entry

CHANGES = "/v1/changes"
_SHOWN = 3
"""Problems that an error tells; the others are counted."""
_LONGEST = 500
"""Characters of one text of an answer in an error."""

BAD_REQUEST, NOT_FOUND, NOT_ALLOWED = 400, 404, 405
CONFLICT, OUTDATED, TOO_LARGE, INVALID = 409, 412, 413, 422
UNAUTHORIZED = 401


class Outdated(EdgeError):
    """Somebody changed something since it was read."""


class Declined(EdgeError):
    """The proxy cannot make changes now; it made none."""


def planned(body: Any) -> Tuple[Operation[Entry], ...]:
    """Return the operations that POST /v1/changes answered, in order.

    Raises Unavailable for what is no such answer.
    """
    try:
        return tuple(
            Operation(_entry_or_none(value["before"]), _entry_or_none(value["after"]))
            for value in body["operations"]
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _strange() from None


def listed(body: Any) -> Tuple[int, List[Entry]]:
    """Return the revision and the entries of a list; raises Unavailable for what is no list."""
    try:
        return int(body["revision"]), [entry_of(value) for value in body["items"]]
    except (KeyError, TypeError, ValueError, AttributeError):
        raise _strange() from None


def entry_of(value: Mapping[str, Any]) -> Entry:
    """Return the entry of a resource as the API has it."""
    return Entry(
        kind=value["kind"],
        id=value["id"],
        document=dict(value["document"]),
        owner=value.get("owner") or "",
        version=int(value.get("version") or 0),
        origin=value["origin"],
        certificate=dict(value.get("certificate") or {}),
        order=dict(value.get("order") or {}),
    )


def refusal(status: int, body: Any, batch: Batch) -> EdgeError:
    """Return the error that an answer other than 200 stands for."""
    detail = detail_of(body)
    if status == OUTDATED:
        return Outdated(detail or "somebody else changed it meanwhile")
    if status in (CONFLICT, INVALID):
        return InvalidInput(_problems(body, batch) or detail or "the proxy refuses it")
    if status == BAD_REQUEST:
        return InvalidInput("the proxy cannot read the declaration: %s" % (detail or "no reason"))
    if status in (NOT_FOUND, NOT_ALLOWED):
        return Unavailable(
            "the proxy has no %s in its admin API: it is older than this collection, so upgrade it "
            "with the role sluice.edge.proxy" % CHANGES
        )
    if status == TOO_LARGE:
        return InvalidInput(
            "the declaration is larger than the proxy takes at once (%s): split it into tasks"
            % (detail or "32 MiB")
        )
    if status == UNAUTHORIZED:
        return Unavailable("the proxy asks for a token here: name its admin socket by socket")
    return Declined("the proxy answers %d: %s" % (status, detail or "see its log"))


def detail_of(body: Any) -> str:
    """Return what a problem document says, in one line, empty for what is none."""
    if not isinstance(body, dict):
        return ""
    return one_line(body.get("detail")) or one_line(body.get("title"))


def _entry_or_none(value: Any) -> Any:
    return None if value is None else entry_of(value)


def _problems(body: Any, batch: Batch) -> str:
    problems = body.get("problems") if isinstance(body, dict) else None
    if not isinstance(problems, list):
        return ""
    told = [_problem(problem, batch) for problem in problems if isinstance(problem, dict)]
    if len(told) > _SHOWN:
        told[_SHOWN:] = ["and %d more problems" % (len(told) - _SHOWN)]
    return "; ".join(told)


def _problem(problem: Mapping[str, Any], batch: Batch) -> str:
    own = str(problem.get("id") or "")
    called = batch.called((str(problem.get("kind") or batch.kind), own)) if own else ""
    parts = [called, one_line(problem.get("field")), one_line(problem.get("message"))]
    return ": ".join(part for part in parts if part)


def one_line(value: Any) -> str:
    """Return a text of an answer without line breaks and at most _LONGEST long, else nothing."""
    return " ".join(value.split())[:_LONGEST] if isinstance(value, str) else ""


def _strange() -> Unavailable:
    return Unavailable(
        "the proxy's admin API answers in a form that this collection does not know: bring both to "
        "the same version with the role sluice.edge.proxy"
    )
