# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a handler says about itself: the table that routes and the OpenAPI document are made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Schema = Mapping[str, Any]
"""A JSON schema (2020-12), with references to ``#/components/schemas``."""

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
PROBLEM = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; ``place`` is ``path``, ``query`` or ``header``."""

    name: str
    place: str
    description: str
    schema: Schema = field(default_factory=lambda: {"type": "string"})
    repeated: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a request; any type is taken where ``types`` is empty."""

    schema: Schema
    types: tuple[str, ...] = (JSON,)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """A status that is answered; ``headers`` are names with what they say."""

    description: str
    schema: Schema | None = None
    type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path. ``path`` has parameters in braces; ``problems`` are the statuses of
    errors that it may answer beside those that each may."""

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    answers: Mapping[int, Answer] = field(default_factory=dict)
    problems: tuple[int, ...] = ()
    portal: bool = False

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"

    def query(self) -> dict[str, Parameter]:
        """Return the parameters of the query by their names."""
        return {one.name: one for one in self.parameters if one.place == "query"}


DRY_RUN = Parameter(
    "dry_run",
    "query",
    "Answer what would change, and change nothing.",
    {"type": "boolean", "default": False},
)
