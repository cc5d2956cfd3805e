# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a request asks for, read strictly: parameters, content, conditions."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from aiohttp import web

from .conditions import Tags, matches, none_matches, read_tags
from .json_text import MOST_BYTES, BadJson, read_json
from .operation import JSON, Operation
from .refusal import Refusal
from .room import take

PATIENCE = 30.0
"""Seconds for the content of a request to come."""

_MUCH = 256 * 1024
_TRUTHS = {"true": True, "false": False}
_UTF8 = ("utf-8", "utf8")


def begin(request: web.Request, operation: Operation) -> None:
    """Refuse parameters that the operation does not know: one that is misspelt must not be
    taken for none."""
    known = operation.query()
    for name in request.query:
        if name not in known:
            used = f"use {', '.join(sorted(known))}" if known else "none is possible here"
            raise Refusal(400, f"there is no parameter {name[:80]!r}: {used}")
        if not known[name].repeated and len(request.query.getall(name)) > 1:
            raise Refusal(400, f"the parameter {name} is there twice: leave one out")
    for text in (*request.query.values(), *request.match_info.values()):
        if not _is_text(text):
            raise Refusal(400, "the path or the query has bytes that are no UTF-8")


def is_dry_run(request: web.Request) -> bool:
    """Return whether nothing is to be changed."""
    text = request.query.get("dry_run", "false")
    if text not in _TRUTHS:
        raise Refusal(400, "dry_run is neither true nor false")
    return _TRUTHS[text]


async def read_content(request: web.Request) -> bytes:
    """Return the content; refuses one that is too large, too slow, or compressed."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Refusal(415, "the content is compressed: send it as it is")
    if request.content_length is not None and request.content_length > MOST_BYTES:
        raise _too_large()
    try:
        async with asyncio.timeout(PATIENCE):
            return await _all_of(request)
    except TimeoutError:
        message = f"the content did not come within {PATIENCE:g} s"
        raise Refusal(408, message, last=True) from None
    except web.RequestPayloadError:
        raise Refusal(400, "the content is cut off", last=True) from None


async def _all_of(request: web.Request) -> bytes:
    content = bytearray()
    while piece := await request.content.readany():
        take(len(piece))
        content += piece
        if len(content) > MOST_BYTES:
            raise _too_large()
    return bytes(content)


async def read_body(request: web.Request, types: tuple[str, ...] = (JSON,)) -> Any:
    """Return the JSON of a request, which is of one of ``types``; of any, where there is none."""
    if types:
        charset = (request.charset or "utf-8").lower()
        if request.content_type not in types or charset not in _UTF8:
            accepted = ", ".join(types)
            raise Refusal(
                415,
                f"the content is not {accepted}: say so in Content-Type",
                # RFC 9110, section 15.5.16.
                headers={"Accept": accepted},
            )
    return await parsed(await read_content(request))


async def parsed(content: bytes) -> Any:
    """Return the JSON of a content."""
    try:
        if len(content) > _MUCH:
            # Health checks and workers go on meanwhile.
            return await asyncio.to_thread(read_json, content)
        return read_json(content)
    except BadJson as error:
        raise Refusal(400, str(error)) from None


def expected_version(
    request: web.Request, tags: tuple[str, ...], version: int | None
) -> int | None:
    """Return the version that a resource must have for a change, None for any.

    ``tags`` are those that it has now, ``version`` its own, None when it is not there. Refuses
    with 412 when a condition does not hold already.
    """
    wanted, unwanted = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    if wanted is None and unwanted is None:
        return None
    if wanted is not None and not matches(wanted, tags):
        raise _outdated(tags)
    if unwanted is not None and not none_matches(unwanted, tags):
        raise _outdated(tags)
    return version or 0


def is_known(request: web.Request, tags: tuple[str, ...]) -> bool:
    """Return whether the client of a GET has what it asks for already; refuses with 412 where
    If-Match does not hold. The first of ``tags`` is that of what would be answered."""
    wanted, unwanted = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    if wanted is not None and not matches(wanted, tags):
        raise _outdated(tags)
    return unwanted is not None and not none_matches(unwanted, tags[:1])


def json_answer(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer with JSON in it; dataclasses and mappings are objects in it."""
    text = json.dumps(value, default=_as_object, separators=(",", ":"))
    return web.Response(
        body=text.encode() + b"\n", status=status, content_type=JSON, headers=headers
    )


def _as_object(value: Any) -> dict[str, Any]:
    # Of thousands of routes, a copy of them all first would take longer than all the rest.
    names = _field_names(value.__class__)
    return dict(value) if names is None else {name: getattr(value, name) for name in names}


@cache
def _field_names(kind: type[Any]) -> tuple[str, ...] | None:
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else None


def _tags(request: web.Request, name: str) -> Tags | None:
    try:
        return read_tags(request.headers.getall(name, ()))
    except ValueError as error:
        raise Refusal(400, f"{name}: {error}") from None


def _outdated(tags: tuple[str, ...]) -> Refusal:
    now = f"the entity tag is {tags[0]} now" if tags else "it is not there"
    return Refusal(412, f"the condition does not hold: {now}", kind="urn:sluice:outdated")


def _too_large() -> Refusal:
    message = f"the content is larger than {MOST_BYTES} bytes: send it in parts"
    return Refusal(413, message, last=True)


def _is_text(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
