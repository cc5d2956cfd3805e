# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is let in: everybody who can open the socket file, and over TCP who has a token."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable

from aiohttp import web

from .caller import connected, name_caller
from .guessing import Guesses
from .naming import is_own_name, is_same_origin
from .refusal import Refusal
from .tokens import BadTokens, TokensFile, holder_of

_ASK = {"WWW-Authenticate": 'Bearer realm="sluice-proxy"'}
_ASK_AGAIN = {"WWW-Authenticate": 'Bearer realm="sluice-proxy", error="invalid_token"'}

_log = logging.getLogger("sluice_proxy.admin")


class Admission:
    """Looks at every request before anything else does.

    ``tokens`` may be replaced at any time; without it nobody is let in over TCP. ``now`` returns
    seconds that only grow.
    """

    def __init__(
        self, tokens: TokensFile | None = None, now: Callable[[], float] = time.monotonic
    ) -> None:
        self.tokens = tokens
        self._guesses = Guesses(now)
        self._said = ""

    def admit(self, request: web.Request) -> None:
        """Refuse a request, or remember who asks."""
        other = connected(request)
        if other is None:
            raise Refusal(400, "the connection is gone")
        host = request.headers.get("Host", "")
        origin = request.headers.get("Origin")
        if origin is not None and not is_same_origin(origin, host):
            raise Refusal(403, "a page of another site asks for this")
        if other.address is not None:
            name_caller(f"{self._holder(request, other.address)} at {other.address}")
            return
        # Who has no need of a token could be a browser that was lured here.
        if not is_own_name(host):
            raise Refusal(421, f"this is not {host[:200]!r}: use localhost or an address")
        name_caller("somebody" if other.user is None else f"user {other.user}")

    def _holder(self, request: web.Request, address: str) -> str:
        presented = _presented(request)
        if not presented:
            raise Refusal(401, "a token is needed", headers=_ASK)
        wait = self._guesses.wait(address)
        if wait > 0:
            seconds = str(math.ceil(wait))
            message = f"too many wrong tokens: try again in {seconds} s"
            raise Refusal(429, message, headers={"Retry-After": seconds})
        holder = self._checked(presented)
        if holder is None:
            line = self._guesses.wrong(address)
            if line is not None:
                _log.warning("%s", line)
            raise Refusal(401, "the token is wrong", headers=_ASK_AGAIN)
        return holder

    def _checked(self, presented: set[str]) -> str | None:
        try:
            tokens = () if self.tokens is None else self.tokens.read()
        except BadTokens as error:
            if str(error) != self._said:
                self._said = str(error)
                _log.error("nobody is let in over TCP: %s", error)
            raise Refusal(503, "no token can be checked: the error log says why") from None
        self._said = ""
        holders = [holder_of(one, tokens) for one in presented]
        return holders[0] if len(holders) == 1 else None


def _presented(request: web.Request) -> set[str]:
    """Return the tokens that a request shows, whichever way."""
    found = [one.strip() for one in request.headers.getall("X-AUTH-TOKEN", ())]
    for field in request.headers.getall("Authorization", ()):
        scheme, _blank, rest = field.strip().partition(" ")
        if scheme.lower() == "bearer":
            found.append(rest.strip())
    return {one for one in found if one}
