# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The application on listening sockets: bounded in connections and in what each may take."""

from __future__ import annotations

import asyncio
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_protocol import RequestHandler

MOST_CONNECTIONS = 256
"""Connections of one listening socket at a time; further ones are closed."""
MOST_OF_ADDRESS = 64
"""Of them, those of one address."""
HEAD_PATIENCE = 10.0
"""Seconds for TLS, and for the first request's head to come."""
IDLE = 60.0
"""Seconds between two requests."""
WRITE_PATIENCE = 30.0
"""Seconds that a client may keep an answer waiting."""
LINGERING = 2.0
"""Seconds in which content that nobody asked for is read and thrown away."""
_AT_ONCE = 0.001
"""Seconds for whom there is no time left; 0 would be no limit."""
_NO_DESCRIPTORS = 1.0
"""Seconds until connections are accepted again when that failed."""

_log = logging.getLogger("sluice_proxy.admin")
_HTTP: dict[str, Any] = {
    "access_log": None,
    "auto_decompress": False,
    "keepalive_timeout": IDLE,
    "lingering_time": LINGERING,
    "logger": _log,
    "max_line_size": 16_384,
    "max_field_size": 8_192,
}


@dataclass(frozen=True, slots=True, eq=False)
class Door:
    """A listening socket, which stays the caller's; with ``tls`` it is spoken there."""

    socket: socket.socket
    tls: ssl.SSLContext | None = None


class AdminServer:
    """Serves an application, which is its own from then on, at the doors that it is told of."""

    def __init__(self, application: web.Application) -> None:
        application.middlewares.insert(0, self._noted)
        self._runner = web.AppRunner(
            application, handle_signals=False, shutdown_timeout=_AT_ONCE, **_HTTP
        )
        self._server: web.Server | None = None
        self._open: list[_OpenDoor] = []
        self._connections: dict[asyncio.BaseTransport, _Connection] = {}

    @property
    def connections(self) -> int:
        """How many connections are open."""
        return len(self._connections)

    async def serve(self, doors: Sequence[Door]) -> None:
        """Serve at these doors from now on, and at no others; connections that are open stay.

        A socket that was a door already stays one, with the TLS that it has now.
        """
        if self._server is None:
            await self._runner.setup()
            self._server = self._runner.server
        known = {one.door.socket: one for one in self._open}
        wanted = {door.socket for door in doors}
        former, self._open = self._open, []
        for one in former:
            if one.door.socket not in wanted:
                await one.stop()
        for door in doors:
            there = known.get(door.socket) or _OpenDoor(door, self._handler, self._connections)
            there.door = door
            self._open.append(there)

    async def close(self, seconds: float) -> None:
        """Accept nobody any more, and be done within ``seconds``, whatever clients do.

        Requests that are being answered have that long, and are cut off then. What the edge does
        for one of them is the edge's to finish.
        """
        former, self._open = self._open, []
        for one in former:
            await one.stop()
        if self._server is not None:
            try:
                async with asyncio.timeout(seconds):
                    # It waits twice: for who is being answered, and for who does not end.
                    await self._server.shutdown(seconds / 2)
            except TimeoutError:
                pass
        for connection in list(self._connections.values()):
            connection.abort()
        await self._runner.cleanup()

    def _handler(self) -> RequestHandler:
        if self._server is None:
            raise RuntimeError("nothing is served yet")
        return self._server()

    @web.middleware
    async def _noted(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Note that the head of a request came."""
        transport = request.transport
        connection = None if transport is None else self._connections.get(transport)
        if connection is not None:
            connection.began()
        return await handler(request)


class _OpenDoor:
    """Accepts connections at a door."""

    def __init__(
        self,
        door: Door,
        handler: Callable[[], asyncio.Protocol],
        connections: dict[asyncio.BaseTransport, _Connection],
    ) -> None:
        self.door = door
        self._handler = handler
        self._connections = connections
        self._from: Counter[str] = Counter()
        self._beginning: set[asyncio.Task[None]] = set()
        door.socket.setblocking(False)
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._look()

    async def stop(self) -> None:
        """Accept nobody any more; the socket is not looked at when this returns."""
        if self._later is not None:
            self._later.cancel()
        self._loop.remove_reader(self.door.socket)
        for task in self._beginning:
            task.cancel()
        await asyncio.gather(*self._beginning, return_exceptions=True)

    def _look(self) -> None:
        # Not by sock_accept of the loop: cancelled, it may yet take a connection and lose it.
        self._loop.add_reader(self.door.socket, self._accept)

    def _accept(self) -> None:
        try:
            end, peer = self.door.socket.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.warning("the admin API cannot accept a connection: %s", error)
            self._loop.remove_reader(self.door.socket)
            self._later = self._loop.call_later(_NO_DESCRIPTORS, self._look)
            return
        end.setblocking(False)
        address = str(peer[0]) if end.family != socket.AF_UNIX else ""
        most = MOST_OF_ADDRESS if address else MOST_CONNECTIONS
        if self._from.total() >= MOST_CONNECTIONS or self._from[address] >= most:
            end.close()
            return
        self._from[address] += 1
        task = self._loop.create_task(self._begin(end, address))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)

    async def _begin(self, end: socket.socket, address: str) -> None:
        """Have a connection handled, once TLS is spoken."""
        tls = self.door.tls
        connection = _Connection(self._handler(), self._connections)
        connection.on_end = lambda: self._left(address)
        try:
            await self._loop.connect_accepted_socket(
                lambda: connection,
                end,
                ssl=tls,
                ssl_handshake_timeout=None if tls is None else HEAD_PATIENCE,
                ssl_shutdown_timeout=None if tls is None else LINGERING,
            )
        except (OSError, asyncio.CancelledError):
            # Whoever cannot speak TLS, or not in time, is no matter for the log.
            end.close()
            connection.never_began()

    def _left(self, address: str) -> None:
        self._from[address] -= 1
        if not self._from[address]:
            del self._from[address]


class _Connection(asyncio.Protocol):
    """Passes everything on to the handler, within the time that a client has for it."""

    def __init__(
        self, handler: asyncio.Protocol, connections: dict[asyncio.BaseTransport, _Connection]
    ) -> None:
        self.on_end: Callable[[], None] = lambda: None
        self._handler = handler
        self._connections = connections
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the first head."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connections[transport] = self
        # What is taken for written is in the kernel then: a client that reads nothing shows.
        transport.set_write_buffer_limits(0)
        self._within(HEAD_PATIENCE)
        self._handler.connection_made(transport)

    def began(self) -> None:
        """Know that a head came."""
        self._in_time()

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        self._within(WRITE_PATIENCE)
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        """Go on."""
        self._in_time()
        self._handler.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._in_time()
        if self._transport is not None:
            self._connections.pop(self._transport, None)
            self._transport = None
            self.on_end()
        self._handler.connection_lost(exc)

    def never_began(self) -> None:
        """Forget a connection that failed before it was made; one that was made ends itself."""
        if self._transport is None:
            self.on_end()
            self.on_end = lambda: None

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()

    def _within(self, seconds: float) -> None:
        self._in_time()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def _in_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
