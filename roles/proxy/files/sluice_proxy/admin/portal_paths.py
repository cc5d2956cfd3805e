# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Portal's `/routes`, `/certs` and `/errors`, with its JSON and its statuses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from aiohttp import web

from ..resources.model import Batch, Declare, Kind, Purge, Resource, Withdraw
from ..resources.refusing import Invalid, Problem
from ..snapshot.pages import Pages
from .asking import is_dry_run, json_answer, parsed, read_content
from .caller import caller_of
from .changing import Changing
from .edge import Edge
from .operation import DRY_RUN, Answer, Body, Operation, Parameter
from .portal_form import (
    OWNER,
    PAGES,
    NotPortals,
    certificate_id,
    certificate_of,
    certificate_shown,
    errors_of,
    page_shown,
    route_id,
    route_of,
    route_shown,
)
from .refusal import Refusal
from .schemas import ref
from .shown import Showing


class PortalPaths:
    """Handlers of Portal's paths. What came by them is the owner `portal`'s."""

    def __init__(self, edge: Edge, changing: Changing, showing: Showing) -> None:
        self._edge = edge
        self._changing = changing
        self._showing = showing

    def operations(self) -> list[Operation]:
        """Return what there is."""
        routes = _Collection(
            self, Kind.ROUTE, "/routes", "PortalRoute", ("subdomain", "domain", "path"),
            route_of, route_id, lambda one: route_shown(one.document),
        )  # fmt: skip
        certificates = _Collection(
            self, Kind.CERTIFICATE, "/certs", "PortalCert", ("cert", "key"),
            certificate_of, certificate_id, certificate_shown,
        )  # fmt: skip
        return [*routes.operations(), *certificates.operations(), *self._errors()]

    def there(self, kind: Kind) -> list[Resource]:
        """Return what came by Portal's paths."""
        found = self._edge.declared.of_kind[kind].values()
        return [one for one in found if one.owner == OWNER]

    async def made(
        self, request: web.Request, batch: Batch, answer: Callable[[], Any]
    ) -> web.StreamResponse:
        """Make the changes, and answer what ``answer`` returns then; the plan for a dry run."""
        dry_run = is_dry_run(request)
        outcome = await self._changing.outcome(batch, caller_of(request), dry_run=dry_run)
        return json_answer(self._showing.outcome(outcome) if dry_run else answer())

    def _errors(self) -> Iterator[Operation]:
        body, answer = Body(ref("PortalErrors"), ()), Answer("The texts.", ref("PortalErrors"))
        yield Operation(
            "GET", "/errors", "portal_list_errors", "Portal: show the texts of errors.",
            self._list_errors, answers={200: answer}, portal=True,
        )  # fmt: skip
        planned = Answer("What was set; the plan for a dry run.", _or_plan(ref("PortalErrors")))
        for method in ("POST", "PUT"):
            yield Operation(
                method, "/errors", f"portal_{method.lower()}_errors",
                "Portal: set the texts of errors.", self._set_errors, (DRY_RUN,), body,
                {200: planned}, (409,), portal=True,
            )  # fmt: skip

    async def _list_errors(self, request: web.Request) -> web.StreamResponse:
        declared, usual = self._edge.declared.of_kind[Kind.PAGE], Pages()
        plain = {"no-routes": usual.no_route, "no-healthy": usual.no_healthy}
        found = {name: declared.get(page) for name, page in PAGES.items()}
        return json_answer(
            {
                name: plain[name].content.decode() if page is None else page_shown(page.document)
                for name, page in found.items()
            }
        )

    async def _set_errors(self, request: web.Request) -> web.StreamResponse:
        value = await _content(request)
        batch = Batch(tuple(_told(errors_of, value)))
        return await self.made(request, batch, lambda: value)


class _Collection:
    """Routes or certificates: a list that is shown, added to, set anew and taken from."""

    def __init__(
        self,
        paths: PortalPaths,
        kind: Kind,
        path: str,
        schema: str,
        named_by: tuple[str, ...],
        read: Callable[[Any], Declare],
        identify: Callable[[Any], str],
        show: Callable[[Resource], dict[str, Any]],
    ) -> None:
        self._paths = paths
        self._kind = kind
        self._path = path
        self._schema = schema
        self._named_by = named_by
        self._read = read
        self._identify = identify
        self._show = show

    def operations(self) -> Iterator[Operation]:
        """Yield what there is."""
        plural = self._path.removeprefix("/")
        one, shown = ref(self._schema), ref(f"{self._schema}Shown")
        many = {"type": "array", "items": one}
        all_shown = {"type": "array", "items": shown}
        query = tuple(
            Parameter(name, "query", f"Instead of content: the {name} of what is to go.")
            for name in self._named_by
        )
        yield Operation(
            "GET", self._path, f"portal_list_{plural}", f"Portal: list its {plural}.",
            self._list, answers={200: Answer("All of them.", all_shown)}, portal=True,
        )  # fmt: skip
        yield Operation(
            "POST", self._path, f"portal_add_{plural}", f"Portal: have one of its {plural}.",
            self._add, (DRY_RUN,), Body(one, ()),
            {200: Answer("What there is now; the plan for a dry run.", _or_plan(shown))},
            (409,), portal=True,
        )  # fmt: skip
        yield Operation(
            "PUT", self._path, f"portal_reset_{plural}", f"Portal: have these {plural} alone.",
            self._reset, (DRY_RUN,), Body(many, ()),
            {200: Answer("What there is now; the plan for a dry run.", _or_plan(all_shown))},
            (409,), portal=True,
        )  # fmt: skip
        yield Operation(
            "DELETE", self._path, f"portal_remove_{plural}", f"Portal: remove one of its {plural}.",
            self._remove, (*query, DRY_RUN), Body(one, (), required=False),
            {200: Answer("It is not there, or no more.", _or_plan(ref("Success")))},
            (409,), portal=True,
        )  # fmt: skip

    async def _list(self, request: web.Request) -> web.StreamResponse:
        return json_answer([self._show(one) for one in self._paths.there(self._kind)])

    async def _add(self, request: web.Request) -> web.StreamResponse:
        change = _told(self._read, await _content(request))
        batch = Batch((change,))
        return await self._paths.made(request, batch, lambda: self._shown(change.id)[0])

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        value = await _content(request)
        if not isinstance(value, list):
            raise Refusal(400, "the content is no list: write […]")
        changes: dict[str, Declare] = {}
        for one in value:
            change = _told(self._read, one)
            if changes.setdefault(change.id, change) != change:
                twice = Problem(self._kind, change.id, "", "it is there twice: leave one out")
                raise Invalid([twice])
        batch = Batch(tuple(changes.values()), (Purge(self._kind, OWNER),))
        return await self._paths.made(request, batch, lambda: self._shown(*changes))

    async def _remove(self, request: web.Request) -> web.StreamResponse:
        named = {name: request.query[name] for name in self._named_by if name in request.query}
        content = await read_content(request)
        try:
            value = await parsed(content)
        except Refusal:
            # As Portal does: the query counts where the content is nothing to go by.
            if not named:
                raise
            value = named
        if not isinstance(value, dict):
            raise Refusal(400, "the content is no object: write {…}")
        own = _told(self._identify, value)
        there = {one.id for one in self._paths.there(self._kind)}
        changes = (Withdraw(self._kind, own),) if own in there else ()
        return await self._paths.made(request, Batch(changes), lambda: {"msg": "Success"})

    def _shown(self, *ids: str) -> list[dict[str, Any]]:
        there = {one.id: one for one in self._paths.there(self._kind)}
        return [self._show(there[own]) for own in ids if own in there]


async def _content(request: web.Request) -> Any:
    """Return the JSON of a request, whatever it says its type is: Portal's clients say none."""
    return await parsed(await read_content(request))


def _told(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value)
    except NotPortals as error:
        raise Refusal(400, str(error)) from None


def _or_plan(schema: Any) -> dict[str, Any]:
    return {"anyOf": [schema, ref("Outcome")]}
