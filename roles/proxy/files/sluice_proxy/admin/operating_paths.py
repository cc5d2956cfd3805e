# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths that tell how the proxy is, and the few that operate it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web

from ..observe.error_log import LEVELS
from .accepting import prefers_html
from .asking import json_answer, read_body
from .caller import caller_of
from .changing import log_change
from .edge import Edge
from .operation import Answer, Body, Operation, Parameter
from .page import POLICY
from .refusal import Refusal
from .schemas import ref
from .status import Status

Page = Callable[[Status, Mapping[str, str]], str]
"""Renders a status as a document of HTML, as the query of its URL asks for."""

METRICS = "text/plain; version=0.0.4; charset=utf-8"
PEM = "application/x-pem-file"
_TEXT = {"type": "string"}
_OF_THE_PAGE = (
    Parameter("q", "query", "On the page: only routes with these words."),
    Parameter("refresh", "query", "On the page: the seconds between two looks, 0 for none."),
)


class OperatingPaths:
    """Handlers of what is no resource. ``page`` is None where people get JSON too."""

    def __init__(self, edge: Edge, page: Page | None) -> None:
        self._edge = edge
        self._page = page

    def operations(self) -> list[Operation]:
        """Return what there is."""
        return [
            Operation(
                "GET", "/status", "status", "Tell how everything is at this moment.", self._status,
                parameters=_OF_THE_PAGE,
                answers={200: Answer("JSON, or a page for people by Accept.", ref("Status"))},
            ),
            Operation(
                "GET", "/metrics", "metrics", "Tell all numbers, for Prometheus.", self._metrics,
                answers={200: Answer("Numbers.", _TEXT, METRICS)},
            ),
            Operation(
                "GET", "/healthz", "health", "Tell whether clients are served.", self._health,
                answers={200: Answer("They are.", ref("Health")),
                         503: Answer("They are not.", ref("Health"))},
            ),
            Operation(
                "GET", "/v1/log-level", "show_log_level", "Show the level of the error log.",
                self._level, answers={200: Answer("The level.", ref("LogLevel"))},
            ),
            Operation(
                "PUT", "/v1/log-level", "set_log_level",
                "Log at another level until the configuration is read again.",
                self._set_level, (), Body(ref("LogLevel")),
                {200: Answer("The level.", ref("LogLevel"))}, (422,),
            ),
            Operation(
                "GET", "/v1/local-ca", "show_local_ca", "Show the certificate of the local CA.",
                self._local_ca, answers={200: Answer("PEM.", _TEXT, PEM)}, problems=(404,),
            ),
        ]  # fmt: skip

    async def _status(self, request: web.Request) -> web.StreamResponse:
        status = await self._edge.status()
        vary = {"Vary": "Accept"}
        if self._page is None or not prefers_html(request.headers.getall("Accept", [])):
            return json_answer(status, headers=vary)
        return web.Response(
            text=self._page(status, request.query),
            content_type="text/html",
            headers={**vary, "Content-Security-Policy": POLICY},
        )

    async def _metrics(self, request: web.Request) -> web.StreamResponse:
        content = (await self._edge.metrics()).encode()
        return web.Response(body=content, headers={"Content-Type": METRICS})

    async def _health(self, request: web.Request) -> web.StreamResponse:
        serves = self._edge.serves
        return json_answer({"serves": serves}, 200 if serves else 503)

    async def _level(self, request: web.Request) -> web.StreamResponse:
        return json_answer({"level": self._edge.log_level})

    async def _set_level(self, request: web.Request) -> web.StreamResponse:
        level = _read_level(await read_body(request))
        await self._edge.set_log_level(level)
        log_change(caller_of(request), f"log level {level}")
        return json_answer({"level": self._edge.log_level})

    async def _local_ca(self, request: web.Request) -> web.StreamResponse:
        certificate = self._edge.local_ca()
        if certificate is None:
            raise Refusal(404, "there is no local CA: set issuing in the configuration file")
        return web.Response(body=certificate, content_type=PEM)


def _read_level(value: Any) -> str:
    level = value.get("level") if isinstance(value, dict) and set(value) == {"level"} else None
    if level not in LEVELS:
        message = f"write one of {', '.join(LEVELS)}"
        raise Refusal(
            422, f"level: {message}", kind="urn:sluice:invalid", fields=[("level", message)]
        )
    return str(level)
