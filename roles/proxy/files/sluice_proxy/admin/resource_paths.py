# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of the resources of each kind: lists, single ones, and the targets of a route."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from aiohttp import web

from ..resources.model import Batch, Declare, Kind, Origin, Outcome, Resource, Withdraw
from ..resources.refusing import Invalid, Outdated, Problem
from .asking import expected_version, is_dry_run, is_known, json_answer, read_body
from .caller import caller_of
from .changing import Changing
from .edge import Edge
from .operation import DRY_RUN, JSON, MERGE_PATCH, Answer, Body, Operation, Parameter
from .refusal import Refusal
from .schemas import REPEATED, TAGS, TEXT, ref
from .shown import Showing
from .targets import FIELDS, NoSuchTarget, patched

PLURAL = {Kind.ROUTE: "routes", Kind.CERTIFICATE: "certificates", Kind.PAGE: "pages"}
ATTEMPTS = 50
"""How often a target is patched anew when its route was changed meanwhile."""

_OPEN = Kind.PAGE
"""The kind of which one may be declared although the file has it."""
_ETAG = {"ETag": "The entity tag: the version in double quotes."}
_CHANGED = {"Sluice-Changed": "`false` when all was so already."}
_IF_MATCH = Parameter(
    "If-Match", "header", "Only if the resource has one of these entity tags; `*` for any.", TAGS
)
_IF_NONE_MATCH = Parameter(
    "If-None-Match", "header", "Only if it has none of these entity tags; `*`: not there.", TAGS
)
_CONDITIONS = (_IF_MATCH, _IF_NONE_MATCH)
_OWNER = Parameter("owner", "query", "Who declares it; by default whoever did, else nobody.")
_PATCHES = (MERGE_PATCH, JSON)
_PLAN = Answer("What would change, of a dry run.", ref("Outcome"))


class ResourcePaths:
    """Handlers of `/v1/routes`, `/v1/certificates` and `/v1/pages`."""

    def __init__(self, edge: Edge, changing: Changing, showing: Showing) -> None:
        self._edge = edge
        self._changing = changing
        self._showing = showing
        self._patching = asyncio.Lock()

    def operations(self) -> list[Operation]:
        """Return what there is for all kinds."""
        return [one for kind in Kind for one in self._of_kind(kind)] + [self._of_target()]

    def _of_kind(self, kind: Kind) -> list[Operation]:
        plural, title = PLURAL[kind], kind.value.capitalize()
        one = f"/v1/{plural}/{{id}}"
        which = Parameter("id", "path", f"The id of the {kind.value}.", TEXT)
        select = (
            Parameter("owner", "query", "Only those that this owner declared."),
            Parameter("id", "query", "Only these; may be repeated.", REPEATED, repeated=True),
        )
        found = {
            200: Answer(f"The {kind.value}.", ref(f"{title}Resource"), headers=_ETAG),
            304: Answer("As the client has it."),
        }
        done = Answer(
            "What is there now; the plan for a dry run.",
            {"anyOf": [ref(f"{title}Resource"), ref("Outcome")]},
            headers={**_ETAG, **_CHANGED},
        )
        return [
            Operation(
                "GET",
                f"/v1/{plural}",
                f"list_{plural}",
                f"List {plural}, those of the configuration file too.",
                partial(self._list, kind),
                (*select, *_CONDITIONS),
                answers={
                    200: Answer("All of them.", ref(f"{title}List"), headers=_ETAG),
                    304: Answer("As the client has it."),
                },
                problems=(412,),
            ),
            Operation(
                "GET", one, f"show_{kind.value}", f"Show one {kind.value}.",
                partial(self._show, kind), (which, *_CONDITIONS),
                answers=found, problems=(404, 412),
            ),
            Operation(
                "PUT", one, f"put_{kind.value}", f"Have a {kind.value} be this document.",
                partial(self._put, kind), (which, _OWNER, DRY_RUN, *_CONDITIONS),
                Body(ref(title)),
                {200: done, 201: done}, (409, 412, 422),
            ),
            Operation(
                "DELETE", one, f"delete_{kind.value}", f"Have no such {kind.value}.",
                partial(self._delete, kind), (which, DRY_RUN, *_CONDITIONS),
                answers={
                    200: _PLAN,
                    204: Answer("It is not there, or no more.", headers=_CHANGED),
                },
                problems=(409, 412, 422),
            ),
        ]  # fmt: skip

    def _of_target(self) -> Operation:
        return Operation(
            "PATCH",
            "/v1/routes/{id}/targets/{target}",
            "patch_target",
            "Change weight or state of one target of a route.",
            self._patch,
            (
                Parameter("id", "path", "The id of the route.", TEXT),
                Parameter("target", "path", "The target's name, as status has it: its URL.", TEXT),
                DRY_RUN,
                *_CONDITIONS,
            ),
            Body(ref("TargetPatch"), _PATCHES),
            {
                200: Answer(
                    "The route as it is now; the plan for a dry run.",
                    {"anyOf": [ref("RouteResource"), ref("Outcome")]},
                    headers={**_ETAG, **_CHANGED},
                )
            },
            (404, 409, 412, 422),
        )

    async def _list(self, kind: Kind, request: web.Request) -> web.StreamResponse:
        declared = self._edge.declared
        owner, ids = request.query.get("owner"), request.query.getall("id", None)
        wanted = None if ids is None else set(ids)
        found = [
            one
            for one in declared.of_kind[kind].values()
            if (owner is None or one.owner == owner) and (wanted is None or one.id in wanted)
        ]
        tag = self._showing.list_tag(declared.revision, found)
        if is_known(request, (tag,)):
            return web.Response(status=304, headers={"ETag": tag})
        items = [self._showing.resource(one) for one in found]
        return json_answer({"revision": declared.revision, "items": items}, headers={"ETag": tag})

    async def _show(self, kind: Kind, request: web.Request) -> web.StreamResponse:
        resource = self._there(kind, request.match_info["id"])
        if resource is None:
            raise Refusal(404, f"there is no {kind.value} {request.match_info['id'][:200]!r}")
        tags = self._showing.tags(resource)
        if is_known(request, tags):
            return web.Response(status=304, headers={"ETag": tags[0]})
        return self._told(resource)

    async def _put(self, kind: Kind, request: web.Request) -> web.StreamResponse:
        dry_run = is_dry_run(request)
        document = await read_body(request)
        own = request.match_info["id"]
        if not isinstance(document, dict):
            raise Invalid([Problem(kind, own, "", "the document is no object: write {…}")])
        expected = self._expected(request, self._there(kind, own))
        change = Declare(kind, own, document, request.query.get("owner"), expected)
        outcome = await self._outcome(change, request, dry_run=dry_run)
        return self._done(outcome, kind, own, dry_run=dry_run)

    async def _delete(self, kind: Kind, request: web.Request) -> web.StreamResponse:
        dry_run = is_dry_run(request)
        own = request.match_info["id"]
        expected = self._expected(request, self._there(kind, own))
        outcome = await self._outcome(Withdraw(kind, own, expected), request, dry_run=dry_run)
        if dry_run:
            return json_answer(self._showing.outcome(outcome))
        return web.Response(status=204, headers=_changed(outcome))

    async def _patch(self, request: web.Request) -> web.StreamResponse:
        dry_run = is_dry_run(request)
        own, target = request.match_info["id"], request.match_info["target"]
        patch = await read_body(request, _PATCHES)
        _check_patch(own, patch)
        # One after the other: with many at once, each would find the route changed again.
        async with self._patching:
            for attempt in range(ATTEMPTS):
                route = self._there(Kind.ROUTE, own)
                if route is None:
                    raise Refusal(404, f"there is no route {own[:200]!r}")
                expected = self._expected(request, route)
                try:
                    document = patched(route.document, target, patch)
                except NoSuchTarget as error:
                    raise Refusal(404, str(error)) from None
                version = route.version if expected is None else expected
                in_file = route.origin is Origin.FILE
                change = Declare(Kind.ROUTE, own, document, expected=None if in_file else version)
                try:
                    outcome = await self._outcome(change, request, dry_run=dry_run)
                except Outdated:
                    if expected is not None or attempt == ATTEMPTS - 1:
                        raise
                else:
                    return self._done(outcome, Kind.ROUTE, own, dry_run=dry_run)
        raise AssertionError("the last attempt raises")

    def _there(self, kind: Kind, own: str) -> Resource | None:
        return self._edge.declared.of_kind[kind].get(own)

    def _expected(self, request: web.Request, resource: Resource | None) -> int | None:
        if resource is not None and resource.origin is Origin.FILE and resource.kind is not _OPEN:
            # Refused in any case: RFC 9110, section 13.2.1, has conditions after that.
            return None
        version = None if resource is None else resource.version
        return expected_version(request, self._showing.tags(resource), version)

    async def _outcome(
        self, change: Declare | Withdraw, request: web.Request, *, dry_run: bool
    ) -> Outcome:
        return await self._changing.outcome(Batch((change,)), caller_of(request), dry_run=dry_run)

    def _done(self, outcome: Outcome, kind: Kind, own: str, *, dry_run: bool) -> web.StreamResponse:
        if dry_run:
            return json_answer(self._showing.outcome(outcome))
        for done in outcome.operations:
            if done.after is not None:
                status = 201 if done.before is None else 200
                return self._told(done.after, status, _changed(outcome))
        resource = self._there(kind, own)
        if resource is None:
            raise Outdated([Problem(kind, own, "", "it was removed meanwhile: try again")])
        return self._told(resource, 200, _changed(outcome))

    def _told(
        self, resource: Resource, status: int = 200, headers: dict[str, str] | None = None
    ) -> web.Response:
        tag = self._showing.tags(resource)[0]
        shown = self._showing.resource(resource)
        return json_answer(shown, status, {"ETag": tag, **(headers or {})})


def _changed(outcome: Outcome) -> dict[str, str]:
    return {"Sluice-Changed": "true" if outcome.operations else "false"}


def _check_patch(own: str, patch: Any) -> None:
    if not isinstance(patch, dict):
        raise Invalid([Problem(Kind.ROUTE, own, "", "the patch is no object: write {…}")])
    unknown = [
        Problem(Kind.ROUTE, own, name, f"this cannot be patched: use {', '.join(FIELDS)}")
        for name in patch
        if name not in FIELDS
    ]
    if unknown:
        raise Invalid(unknown)
