# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to one target: kept alive, bounded in number, given out newest first."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .upstream import Upstream

if TYPE_CHECKING:
    from .exchange import Exchange
    from .server import Server


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a target listens, and how it is spoken to.

    ``path`` is a unix socket's; else ``host`` and ``port`` count. ``server_name`` is what the
    certificate is checked against and the SNI; ``tls`` is None for plain HTTP.
    """

    host: str
    port: int
    path: str | None = None
    tls: ssl.SSLContext | None = None
    server_name: str | None = None
    preface: bool = False
    """Whether a PROXY protocol header goes first; then no connection is used twice."""


class Pool:
    """The connections of one worker to one endpoint."""

    def __init__(self, server: Server, endpoint: Endpoint, most: int, most_waiting: int) -> None:
        self.endpoint = endpoint
        self._server = server
        self._most = most
        self._most_waiting = most_waiting
        self._idle: list[Upstream] = []
        self._open: set[Upstream] = set()
        self._connecting: dict[asyncio.Task[None], Exchange] = {}
        self._waiting: deque[Exchange] = deque()
        self._closed = False

    @property
    def busy(self) -> int:
        """How many connections serve an exchange or are being made for one."""
        return len(self._open) - len(self._idle) + len(self._connecting)

    def take(self, exchange: Exchange, fresh: bool = False) -> bool:
        """Give the exchange a connection, now or later; False when too many wait already.

        The exchange is told by ``connected`` or ``connect_failed``. With ``fresh`` no connection
        that was used before is given: for what is tried again after one turned out to be dead.
        """
        idle = self._idle
        while idle and not fresh:
            upstream = idle.pop()
            if not upstream.is_closing():
                exchange.connected(upstream)
                return True
        if len(self._open) + len(self._connecting) < self._most:
            self._connect(exchange)
            return True
        if idle:
            # All connections are open and idle, and none of them will do.
            idle.pop(0).close()
            self._connect(exchange)
            return True
        if len(self._waiting) >= self._most_waiting:
            return False
        self._waiting.append(exchange)
        return True

    def forget(self, exchange: Exchange) -> None:
        """The exchange does not wait any more."""
        for task, waiting in self._connecting.items():
            if waiting is exchange:
                task.cancel()
                return
        try:
            self._waiting.remove(exchange)
        except ValueError:
            pass

    def give_back(self, upstream: Upstream) -> None:
        """Take a connection whose exchange is done and which can serve another."""
        if self._closed or self.endpoint.preface:
            upstream.close()
            return
        if self._waiting:
            self._waiting.popleft().connected(upstream)
            return
        upstream.rest()
        self._idle.append(upstream)

    def lost(self, upstream: Upstream) -> None:
        """A connection is gone: another may be made for one that waits."""
        self._open.discard(upstream)
        if upstream in self._idle:
            self._idle.remove(upstream)
        if self._waiting and len(self._open) + len(self._connecting) < self._most:
            self._connect(self._waiting.popleft())

    def close(self) -> None:
        """Close what is idle; connections in use close when their exchange is done."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _connect(self, exchange: Exchange) -> None:
        task = self._server.loop.create_task(self._open_connection(exchange))
        self._connecting[task] = exchange
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._connecting[task]

    async def _open_connection(self, exchange: Exchange) -> None:
        endpoint, loop = self.endpoint, self._server.loop

        def make() -> Upstream:
            return Upstream(self._server, self)

        try:
            async with asyncio.timeout(exchange.connect_timeout):
                if endpoint.path is not None:
                    _transport, upstream = await loop.create_unix_connection(
                        make,
                        endpoint.path,
                        ssl=endpoint.tls,
                        server_hostname=endpoint.server_name if endpoint.tls else None,
                    )
                else:
                    _transport, upstream = await loop.create_connection(
                        make,
                        await self._server.names.resolve(endpoint.host),
                        endpoint.port,
                        ssl=endpoint.tls,
                        server_hostname=endpoint.server_name if endpoint.tls else None,
                    )
        except TimeoutError:
            exchange.connect_failed("took longer than %g s to connect" % exchange.connect_timeout, True)
        except (OSError, ssl.SSLError, ssl.CertificateError) as error:
            exchange.connect_failed(str(error) or type(error).__name__, False)
        else:
            self._open.add(upstream)
            if exchange.is_over:
                self.give_back(upstream)
            else:
                exchange.connected(upstream)
