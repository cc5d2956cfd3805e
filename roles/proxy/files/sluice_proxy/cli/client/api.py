# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What commands ask of the admin API, and what its refusals are to them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from ...resources.model import Kind
from ..ending import Exit, Failure, NotReachable
from .connection import Answer, Request, ask
from .place import Place

Json = Mapping[str, Any]
PATHS = {Kind.ROUTE: "routes", Kind.CERTIFICATE: "certificates", Kind.PAGE: "pages"}
_AS_TYPED = "surrogateescape"
"""Bytes of the command line that are no UTF-8 are sent as they are, for the API to refuse."""
_NOT_FOUND, _FILES, _OUTDATED = 404, 409, 412


class Api:
    """The admin API at a place. All methods raise NotReachable, and Failure for a refusal."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def status(self) -> Json:
        """Return how everything is, see ``admin.status.Status``."""
        status = self._object(Request("GET", "/status"), "routes")
        if "routes" not in status:
            raise self._stranger()
        return status

    def resources(self, kind: Kind, ids: Sequence[str] = (), owner: str | None = None) -> Json:
        """Return ``revision`` and ``items``: all of a kind, or those that are named, or owned."""
        asked = [("id", id_) for id_ in ids] + ([] if owner is None else [("owner", owner)])
        return self._object(Request("GET", _target(f"/v1/{PATHS[kind]}", asked)), "items")

    def change(self, changes: Sequence[Json], *, dry_run: bool) -> Json:
        """Have changes made as one, or with ``dry_run`` only planned; return what they come to."""
        target = _target("/v1/changes", [("dry_run", "true")] if dry_run else [])
        return self._object(Request("POST", target, _body({"changes": changes})), "operations")

    def change_target(
        self, route: str, target: str, patch: Json, version: int | None, *, dry_run: bool
    ) -> tuple[Json, bool]:
        """Change a route's target; return the answer, and whether something changed by it."""
        path = f"/v1/routes/{_quoted(route)}/targets/{_quoted(target)}"
        answer = self._answer(
            Request(
                "PATCH",
                _target(path, [("dry_run", "true")] if dry_run else []),
                _body(patch),
                {} if version is None else {"if-match": f'"{version}"'},
            )
        )
        return self._decoded(answer), answer.fields.get("sluice-changed") != "false"

    def authorities(self) -> Json:
        """Return ``items``: the authorities that certificates are ordered of."""
        return self._object(Request("GET", "/v1/authorities"), "items")

    def change_account(self, authority: str, how: str) -> Json:
        """Have the account at an authority changed: ``roll-over`` or ``deactivate``; return how it
        stands with the authority then."""
        return self._object(Request("POST", f"/v1/authorities/{_quoted(authority)}/{how}"))

    def log_level(self) -> str:
        """Return the level of the error log."""
        return str(self._object(Request("GET", "/v1/log-level")).get("level", ""))

    def set_log_level(self, level: str) -> None:
        """Log at another level from now on."""
        self._answer(Request("PUT", "/v1/log-level", _body({"level": level})))

    def renew(self, certificate: str) -> Json:
        """Have a certificate ordered anew; return how that stands."""
        path = f"/v1/certificates/{_quoted(certificate)}/renew"
        return self._object(Request("POST", path))

    def revoke(self, certificate: str, reason: str) -> Json:
        """Have the authority revoke a certificate; return what there is."""
        path = f"/v1/certificates/{_quoted(certificate)}/revoke"
        return self._object(Request("POST", path, _body({"reason": reason})))

    def local_ca(self) -> bytes:
        """Return the certificate of the local CA as PEM."""
        return self._answer(Request("GET", "/v1/local-ca")).body

    def _object(self, request: Request, listing: str | None = None) -> Json:
        """Return the object that is answered, whose member ``listing`` has objects only."""
        value = self._decoded(self._answer(request))
        listed = [] if listing is None else value.get(listing) or []
        if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
            raise self._stranger()
        return value

    def _answer(self, request: Request) -> Answer:
        answer = ask(self.place, request)
        if not 200 <= answer.status < 300:
            raise _failure(answer)
        return answer

    def _decoded(self, answer: Answer) -> Json:
        value = _json_object(answer.body)
        if value is None:
            raise self._stranger()
        return value

    def _stranger(self) -> NotReachable:
        return NotReachable(f"what answers at {self.place} is not the proxy's admin API")


def _target(path: str, query: Sequence[tuple[str, str]]) -> str:
    return f"{path}?{urlencode(query, errors=_AS_TYPED)}" if query else path


def _quoted(name: str) -> str:
    return quote(name, safe="", errors=_AS_TYPED)


def _body(value: Json) -> bytes:
    return json.dumps(value).encode()


def _json_object(body: bytes) -> dict[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _failure(answer: Answer) -> Failure:
    told = _json_object(answer.body) or {}
    listed = told.get("problems")
    problems = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    said = told.get("detail") or told.get("error") or told.get("title")
    if not said:
        said = f"the API answers {answer.status}"
        if answer.status == _NOT_FOUND:
            said = "there is no such resource, or the proxy is of another version"
    if answer.status in (_FILES, _OUTDATED):
        code = Exit.CONFLICT
    else:
        code = Exit.REFUSED if 400 <= answer.status < 500 else Exit.FAILED
    return Failure(code, str(said), problems, answer.status)
