# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An authority that answers each request as a test wrote it down beforehand."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.messages.reply import CHAIN, JSON, PROBLEM
from sluice_proxy.acme.patience import Patience
from sluice_proxy.acme.signing.base64url import decoded
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.transport import open_session

URN = "urn:ietf:params:acme:error:"
FOREVER = 3600.0
_PATHS = {
    "newNonce": "/nonce",
    "newAccount": "/account",
    "newOrder": "/order",
    "revokeCert": "/revoke",
    "keyChange": "/key-change",
}


@dataclass(frozen=True)
class Answer:
    """``delay`` is the seconds before it; each comes with a nonce, unless it brings its own."""

    status: int = 200
    content: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    media_type: str = JSON
    delay: float = 0.0


def document(content: object, status: int = 200, **fields: str) -> Answer:
    return Answer(status, json.dumps(content).encode(), _named(fields))


def problem(kind: str, detail: str = "because", status: int = 400, **fields: str) -> Answer:
    content = json.dumps({"type": URN + kind, "detail": detail, "status": status})
    return Answer(status, content.encode(), _named(fields), PROBLEM)


def chain(pem: bytes, **fields: str) -> Answer:
    return Answer(200, pem, _named(fields), CHAIN)


def _named(fields: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in fields.items()}


@dataclass(frozen=True)
class Asked:
    """A request that came: ``header`` and ``payload`` are of its signed content."""

    method: str
    path: str
    fields: Mapping[str, str]
    header: Mapping[str, Any]
    payload: Any

    @property
    def nonce(self) -> str:
        return str(self.header["nonce"])


class Script:
    """What it answers at a path is gone through in its order; the last one is repeated."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.slept: list[float] = []
        """The pauses of its clients, which take no time."""
        self._answers: dict[str, list[Answer]] = {}
        self._nonces = (f"nonce-{number}" for number in itertools.count())
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._server = TestServer(app, host="127.0.0.1")
        self._base = ""

    def url(self, path: str) -> str:
        return f"{self._base}{path}"

    def on(self, path: str, *answers: Answer) -> None:
        """Have a path answered so from now on."""
        self._answers[path] = list(answers)

    def to(self, path: str) -> list[Asked]:
        """Return the requests that came to a path, but those for a nonce alone."""
        return [one for one in self.asked if one.path == path]

    def directory(self, **more: Any) -> None:
        """Have a directory, with more than the usual members or less (None)."""
        members = {name: self.url(path) for name, path in _PATHS.items()} | more
        self.on("/dir", document({name: value for name, value in members.items() if value}))

    async def _answer(self, request: web.Request) -> web.Response:
        content = await request.read()
        signed = json.loads(content) if content else None
        header = json.loads(decoded(signed["protected"])) if signed else {}
        payload = signed and (json.loads(decoded(signed["payload"])) if signed["payload"] else None)
        self.asked.append(Asked(request.method, request.path, request.headers, header, payload))
        answers = self._answers.get(request.path, [Answer(404, b"none", media_type="text/plain")])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        await asyncio.sleep(answer.delay)
        fields = {"Replay-Nonce": next(self._nonces), **answer.fields}
        if answer.media_type:
            fields["Content-Type"] = answer.media_type
        return web.Response(status=answer.status, body=answer.content, headers=fields)

    @asynccontextmanager
    async def client(
        self, *, account: bool = True, key: SigningKey | None = None, **patience: float
    ) -> AsyncIterator[Client]:
        """Yield a client whose pauses take no time, with an account unless told."""
        patient = Patience(**patience)

        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        async with open_session(None, patient) as session:
            yield Client(
                session,
                self.url("/dir"),
                key or SigningKey.new(),
                self.url("/account/1") if account else None,
                patience=patient,
                sleep=sleep,
            )

    @classmethod
    @asynccontextmanager
    async def run(cls) -> AsyncIterator[Script]:
        """Yield one that runs, with a directory and nonces."""
        script = cls()
        await script._server.start_server()
        script._base = str(script._server.make_url("")).rstrip("/")
        try:
            script.directory()
            script.on("/nonce", Answer(media_type=""))
            yield script
        finally:
            await script._server.close()
