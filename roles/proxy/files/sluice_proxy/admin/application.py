# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application: every operation of the table at its path, within what holds for all of them."""

from __future__ import annotations

import logging
import time
from http import HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .admission import Admission
from .asking import begin
from .authority_paths import AuthorityPaths
from .change_paths import ChangePaths
from .changing import Changing
from .describing_paths import DescribingPaths
from .edge import Edge
from .operating_paths import OperatingPaths, Page
from .operation import Operation
from .order_paths import OrderPaths
from .portal_paths import PortalPaths
from .refusal import Refusal, portal_answer, problem_answer, refusal_of
from .resource_paths import ResourcePaths
from .room import Room
from .shown import Clock, Showing

OPERATIONS = web.AppKey("operations", tuple[Operation, ...])
"""The table of an application."""

_log = logging.getLogger("sluice_proxy.admin")
_ALWAYS = {
    "Server": "sluice-proxy",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def application(
    edge: Edge,
    admission: Admission,
    *,
    version: str,
    page: Page | None = None,
    now: Clock = time.time,
) -> web.Application:
    """Return the API over ``edge`` for those whom ``admission`` lets in.

    ``version`` is the program's; ``page`` renders the status for people, who get JSON without it.
    """
    operations = _table(edge, version, page, now)
    portal = {one.path for one in operations if one.portal}
    made = web.Application(middlewares=[_around(admission, Room(), portal)])
    made[OPERATIONS] = operations
    for operation in operations:
        # Any character may be in a parameter, percent-encoded.
        path = operation.path.replace("}", ":[^/]+}")
        made.router.add_route(operation.method, path, _begun(operation))
        if operation.method == "GET":
            made.router.add_route("HEAD", path, _begun(operation))
    return made


def _table(edge: Edge, version: str, page: Page | None, now: Clock) -> tuple[Operation, ...]:
    changing, showing = Changing(edge), Showing(edge, now)
    operations: list[Operation] = []

    operations += DescribingPaths(edge, version, operations).operations()
    operations += OperatingPaths(edge, page).operations()
    operations += ResourcePaths(edge, changing, showing).operations()
    operations += ChangePaths(changing, showing).operations()
    operations += OrderPaths(edge, showing).operations()
    operations += AuthorityPaths(edge).operations()
    operations += PortalPaths(edge, changing, showing).operations()
    return tuple(operations)


def _begun(operation: Operation) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        begin(request, operation)
        return await operation.handler(request)

    return handle


def _around(admission: Admission, room: Room, portal: set[str]) -> Middleware:
    """Return what every request goes through: who asks, what goes wrong, and what is always
    said."""

    @web.middleware
    async def around(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            admission.admit(request)
            with room.used():
                answer = await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            refusal = _refusal(error, request)
            as_portal = request.path in portal
            answer = portal_answer(refusal) if as_portal else problem_answer(refusal)
        answer.headers.update(_ALWAYS)
        return answer

    return around


def _refusal(error: Exception, request: web.Request) -> Refusal:
    if isinstance(error, Refusal):
        return error
    known = refusal_of(error)
    if known is not None:
        return known
    if isinstance(error, web.HTTPMethodNotAllowed):
        allowed = ", ".join(sorted(error.allowed_methods))
        message = f"{request.method[:40]} is not for this path: use {allowed}"
        return Refusal(405, message, headers={"Allow": allowed})
    if isinstance(error, web.HTTPException) and error.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return Refusal(error.status, _words(error.status))
    _log.error("a request of the admin API failed", exc_info=error)
    return Refusal(500, "the proxy failed at this: its error log says more")


def _words(status: int) -> str:
    if status == HTTPStatus.NOT_FOUND:
        return "there is no such path: GET /v1 tells them all"
    return HTTPStatus(status).phrase
