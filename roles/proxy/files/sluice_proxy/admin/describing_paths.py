# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths that tell of the API itself."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from .asking import json_answer
from .edge import Edge
from .openapi import openapi
from .operation import Answer, Operation
from .schemas import ref


class DescribingPaths:
    """Handlers of `/v1` and `/openapi.json`; ``table`` has all operations when they are asked."""

    def __init__(self, edge: Edge, version: str, table: Sequence[Operation]) -> None:
        self._edge = edge
        self._version = version
        self._table = table

    def operations(self) -> list[Operation]:
        """Return what there is."""
        return [
            Operation(
                "GET",
                "/v1",
                "about",
                "Tell the program's version, the revision and all paths.",
                self._about,
                answers={200: Answer("About the API.", ref("About"))},
            ),
            Operation(
                "GET",
                "/openapi.json",
                "describe",
                "Describe the API.",
                self._describe,
                answers={200: Answer("An OpenAPI document.", {"type": "object"})},
            ),
        ]

    async def _about(self, request: web.Request) -> web.StreamResponse:
        return json_answer(
            {
                "program": "sluice-proxy",
                "version": self._version,
                "revision": self._edge.declared.revision,
                "paths": sorted({one.path for one in self._table}),
            }
        )

    async def _describe(self, request: web.Request) -> web.StreamResponse:
        return json_answer(openapi(self._table, self._version))
