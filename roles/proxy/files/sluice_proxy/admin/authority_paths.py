# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of certificate authorities, and of the fleet's accounts there."""

from __future__ import annotations

from aiohttp import web

from ..ordering.model import AuthorityStatus
from .asking import json_answer
from .caller import caller_of
from .changing import log_change
from .edge import Edge, NotChanged
from .operation import Answer, Operation, Parameter
from .schemas import TEXT, ref

_WHICH = Parameter("name", "path", "The name of the authority in the configuration.", TEXT)
_PROBLEMS = (404, 409, 502)


class AuthorityPaths:
    """Handlers of `/v1/authorities` and what is below it."""

    def __init__(self, edge: Edge) -> None:
        self._edge = edge

    def operations(self) -> list[Operation]:
        """Return what there is."""
        return [
            Operation(
                "GET", "/v1/authorities", "list_authorities",
                "List the authorities that certificates are ordered of, in their order.",
                self._list, answers={200: Answer("All of them.", ref("AuthorityList"))},
            ),
            Operation(
                "POST", "/v1/authorities/{name}/roll-over", "roll_over_account",
                "Have a new key for the account at an authority.",
                self._roll_over, (_WHICH,),
                answers={200: Answer("It has one.", ref("AuthorityStatus"))}, problems=_PROBLEMS,
            ),
            Operation(
                "POST", "/v1/authorities/{name}/deactivate", "deactivate_account",
                "Give the account at an authority up for good; the next order makes another one.",
                self._deactivate, (_WHICH,),
                answers={200: Answer("It is given up.", ref("AuthorityStatus"))},
                problems=_PROBLEMS,
            ),
        ]  # fmt: skip

    async def _list(self, request: web.Request) -> web.StreamResponse:
        return json_answer({"items": await self._edge.authorities()})

    async def _roll_over(self, request: web.Request) -> web.StreamResponse:
        name, what = request.match_info["name"], "roll over the account's key"
        try:
            now = await self._edge.roll_over(name)
        except NotChanged as error:
            _log(request, name, f"{what}: not done: {error}")
            raise
        thumbprint = "" if now.account is None else f": {now.account.thumbprint} now"
        return _done(request, now, what + thumbprint)

    async def _deactivate(self, request: web.Request) -> web.StreamResponse:
        name, what = request.match_info["name"], "deactivate the account"
        try:
            now = await self._edge.deactivate(name)
        except NotChanged as error:
            _log(request, name, f"{what}: not done: {error}")
            raise
        return _done(request, now, what)


def _done(request: web.Request, now: AuthorityStatus, what: str) -> web.StreamResponse:
    _log(request, now.name, what)
    return json_answer(now)


def _log(request: web.Request, name: str, what: str) -> None:
    log_change(caller_of(request), f"authority {name}: {what}")
