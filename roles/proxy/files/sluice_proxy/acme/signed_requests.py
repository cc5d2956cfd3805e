# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests that are signed, sent again while only their nonce is refused (RFC 8555, section 6)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from .failures import Problem, TransportFailed
from .messages import reading
from .messages.fields import Fields, Malformed
from .messages.reply import JSON, PROBLEM, Reply
from .nonces import Nonces
from .signing import jws
from .signing.keys import SigningKey
from .transport import Transport

MOST_TRIES = 20
"""Of a request whose nonce is refused: of 1,000,000 at an authority that refuses each second one,
one fails."""


class SignedRequests:
    """Signs and sends, and has what went wrong raised: Problem or TransportFailed."""

    def __init__(self, transport: Transport, now: Callable[[], datetime]) -> None:
        self._transport = transport
        self._now = now
        self._nonces = Nonces()

    async def post(
        self,
        url: str,
        payload: jws.Document | None,
        *,
        key: SigningKey,
        account: str | None,
        new_nonce: str,
        accept: str = JSON,
    ) -> Reply:
        """Return the answer, which is a success (2xx).

        ``payload`` None is a POST-as-GET; ``account`` None shows the key itself. Nonces are to be
        had at the URL ``new_nonce``.
        """
        for _unused in range(MOST_TRIES):
            nonce = self._nonces.take() or await self._new_nonce(new_nonce)
            content = jws.request(key, url, nonce, payload, account)
            reply = await self._transport.post(url, content, accept)
            problem = None if reply.succeeded else self.problem(reply)
            if problem is None or problem.kind != "badNonce":
                self._nonces.put(reply.nonce)
                if problem is not None:
                    raise problem
                return reply
            # The others may be as old; the one that came with the refusal is not.
            self._nonces.forget()
            self._nonces.put(reply.nonce)
        raise TransportFailed(f"POST {url}: {MOST_TRIES} nonces in a row were refused")

    def problem(self, reply: Reply) -> Problem:
        """Return what an authority said when it refused.

        Raises TransportFailed when the refusal is none of ACME, as that of a gateway in between.
        """
        pause = reply.retry_after(self._now())
        if reply.media_type in {PROBLEM, JSON}:
            try:
                fields = Fields.read(reply.content)
            except Malformed:
                fields = None
            if fields is not None and (fields.has("type") or reply.media_type == PROBLEM):
                return reading.problem_of(fields, reply.status, pause)
        raise TransportFailed(
            f"{reply.url}: {reply.status} without a problem document", reply.status, pause
        )

    async def _new_nonce(self, url: str) -> str:
        reply = await self._transport.head(url)
        nonce = reply.nonce
        if not reply.succeeded or nonce is None:
            raise TransportFailed(
                f"HEAD {url}: {reply.status}, and no nonce",
                reply.status,
                reply.retry_after(self._now()),
            )
        return nonce
