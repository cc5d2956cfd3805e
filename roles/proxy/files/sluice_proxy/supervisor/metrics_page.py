# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page with the numbers, and the one that says whether the proxy serves."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from ..http.head_end import find_head_end
from ..http.limits import HeadLimits
from ..http.refusal import BadRequest
from ..http.request_gate import parse_request
from ..http.request_head import RequestHead

HEALTH_PATH = b"/healthz"
MOST_READERS = 64
"""Connections at a time; further ones are closed."""
PATIENCE = 5.0
"""Seconds for a request to come, and for its answer to be taken."""

_LIMITS = HeadLimits(head_bytes=8192, target_bytes=2048, field_bytes=4096, fields=50)
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class _Answer:
    status: HTTPStatus
    content: bytes
    content_type: str = _PLAIN


class MetricsPage:
    """Answers GET and HEAD of two paths, one request a connection."""

    def __init__(
        self, path: str, render: Callable[[], Awaitable[str]], serves: Callable[[], bool]
    ) -> None:
        self.path = path
        self._render = render
        self._serves = serves
        self._servers: list[asyncio.Server] = []
        self._readers = 0

    async def listen(self, sockets: Sequence[socket.socket]) -> None:
        """Answer on listening sockets, which stay the caller's."""
        for one in sockets:
            # What asyncio gets, it closes.
            own = one.dup()
            if own.family == socket.AF_UNIX:
                self._servers.append(await asyncio.start_unix_server(self._serve, sock=own))
            else:
                self._servers.append(await asyncio.start_server(self._serve, sock=own))

    def close(self) -> None:
        """Accept no more."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._readers += 1
        # What is taken for sent is in the kernel then, and closing waits for nobody.
        writer.transport.set_write_buffer_limits(0)
        try:
            if self._readers <= MOST_READERS:
                async with asyncio.timeout(PATIENCE):
                    await self._answer_one(reader, writer)
        except OSError:
            # A reader that is gone, or too slow, needs no answer.
            writer.transport.abort()
        finally:
            self._readers -= 1
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = None
        try:
            head = await _request(reader)
            if head is None:
                return
            answer = await self._answer(head)
        except BadRequest as bad:
            answer = _plain(HTTPStatus(bad.status))
        content = b"" if head is not None and head.method == b"HEAD" else answer.content
        writer.write(
            f"HTTP/1.1 {answer.status.value} {answer.status.phrase}\r\n"
            f"Content-Type: {answer.content_type}\r\nContent-Length: {len(answer.content)}\r\n"
            "Cache-Control: no-store\r\nConnection: close\r\n\r\n".encode()
            + content
        )
        await writer.drain()

    async def _answer(self, head: RequestHead) -> _Answer:
        if head.method not in (b"GET", b"HEAD"):
            return _plain(HTTPStatus.METHOD_NOT_ALLOWED)
        if head.path == self.path.encode():
            return _Answer(HTTPStatus.OK, (await self._render()).encode(), _TEXT)
        if head.path == HEALTH_PATH:
            serves = self._serves()
            return _plain(HTTPStatus.OK if serves else HTTPStatus.SERVICE_UNAVAILABLE)
        return _plain(HTTPStatus.NOT_FOUND)


async def _request(reader: asyncio.StreamReader) -> RequestHead | None:
    """Return the head of a request, None when the connection ends before it; raises BadRequest."""
    buffer = b""
    while True:
        piece = await reader.read(4096)
        if not piece:
            return None
        buffer += piece
        end = find_head_end(buffer, 0, _LIMITS)
        if end >= 0:
            return parse_request(buffer[:end], _LIMITS)


def _plain(status: HTTPStatus) -> _Answer:
    return _Answer(status, f"{status.phrase}\n".encode())
