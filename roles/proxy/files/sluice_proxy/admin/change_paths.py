# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`/v1/changes`: many changes as one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from ..resources.model import Batch, Change, Declare, Kind, Purge, Withdraw
from .asking import is_dry_run, json_answer, read_body
from .caller import caller_of
from .changing import Changing
from .operation import DRY_RUN, Answer, Body, Operation
from .refusal import Refusal
from .schemas import ref
from .shown import Showing

_KINDS = {kind.value: kind for kind in Kind}
_LARGEST = 2**63 - 1


class ChangePaths:
    """The handler of `/v1/changes`."""

    def __init__(self, changing: Changing, showing: Showing) -> None:
        self._changing = changing
        self._showing = showing

    def operations(self) -> list[Operation]:
        """Return what there is."""
        return [
            Operation(
                "POST",
                "/v1/changes",
                "change",
                "Make many changes as one, or none of them.",
                self._change,
                (DRY_RUN,),
                Body(ref("Changes")),
                {200: Answer("What changed.", ref("Outcome"))},
                (409, 412, 422),
            )
        ]

    async def _change(self, request: web.Request) -> web.StreamResponse:
        dry_run = is_dry_run(request)
        batch = read_batch(await read_body(request))
        outcome = await self._changing.outcome(batch, caller_of(request), dry_run=dry_run)
        return json_answer(self._showing.outcome(outcome))


def read_batch(value: Any) -> Batch:
    """Return the batch that a body asks for; refuses with 422."""
    fields = _object(value, "", {"changes", "purges", "unchanged"})
    changes = _list(fields.get("changes", []), "changes")
    purges = _list(fields.get("purges", []), "purges")
    unchanged = _object(fields.get("unchanged", {}), "unchanged", set(_KINDS))
    return Batch(
        tuple(_change(one, f"changes[{place}]") for place, one in enumerate(changes)),
        tuple(_purge(one, f"purges[{place}]") for place, one in enumerate(purges)),
        {
            _KINDS[kind]: _number(revision, f"unchanged.{kind}")
            for kind, revision in unchanged.items()
        },
    )


def _change(value: Any, place: str) -> Change:
    fields = _object(value, place, {"kind", "id", "document", "owner", "expected", "remove"})
    kind, own = _kind(fields, place), _text(fields.get("id"), f"{place}.id")
    expected = None
    if fields.get("expected") is not None:
        expected = _number(fields["expected"], f"{place}.expected")
    remove = fields.get("remove", False)
    if not isinstance(remove, bool):
        raise _wrong(f"{place}.remove", "write true or false here")
    if remove:
        for other in ("document", "owner"):
            if other in fields:
                raise _wrong(f"{place}.{other}", "it has no use beside remove: leave it out")
        return Withdraw(kind, own, expected)
    document = fields.get("document")
    if not isinstance(document, dict):
        raise _wrong(f"{place}.document", "write an object here, or remove: true beside it")
    owner = fields.get("owner")
    return Declare(
        kind, own, document, None if owner is None else _text(owner, f"{place}.owner"), expected
    )


def _purge(value: Any, place: str) -> Purge:
    fields = _object(value, place, {"kind", "owner", "ignore"})
    ignore = _list(fields.get("ignore", []), f"{place}.ignore")
    owner = fields.get("owner")
    return Purge(
        _kind(fields, place),
        None if owner is None else _text(owner, f"{place}.owner"),
        frozenset(_text(one, f"{place}.ignore[{index}]") for index, one in enumerate(ignore)),
    )


def _kind(fields: dict[str, Any], place: str) -> Kind:
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _wrong(f"{place}.kind", f"write one of {', '.join(_KINDS)}")
    return _KINDS[kind]


def _object(value: Any, place: str, known: set[str]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(place, "write an object here")
    for name in _unknown(value, known):
        inner = f"{place}.{name}" if place else name
        raise _wrong(inner, f"there is no such name: use {', '.join(sorted(known))}")
    return value


def _unknown(value: dict[str, Any], known: set[str]) -> Iterator[str]:
    return (name for name in value if name not in known)


def _list(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(place, "write a list here")
    return value


def _text(value: Any, place: str) -> str:
    if not isinstance(value, str):
        raise _wrong(place, "write a text here")
    return value


def _number(value: Any, place: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _LARGEST:
        raise _wrong(place, "write a whole number from 0 here")
    return value


def _wrong(place: str, message: str) -> Refusal:
    return Refusal(
        422,
        f"{place[:200] or 'the content'}: {message}",
        kind="urn:sluice:invalid",
        fields=[(place[:200], message)],
    )
