# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections to one target: kept alive, bounded in number, given out newest first."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from ..proxy_protocol import ProxyHeader, compose_v1, compose_v2
from ..routes.model.target import ProxyVersion, Scheme, Target, TargetTls
from ..snapshot.limits import UpstreamLimits
from .names import Names
from .target_connection import TargetConnection
from .tls_contexts import TowardsTarget

AVOIDED = 10.0
"""Seconds for which an address that failed is tried after the others of its name."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where connections go: what they have in common, whatever route they are for."""

    host: str
    port: int
    socket: str | None
    tls: TargetTls | None
    proxy_protocol: ProxyVersion | None = None

    @classmethod
    def of(cls, target: Target) -> Endpoint:
        """Return the endpoint of a target."""
        tls = target.tls if target.scheme is Scheme.HTTPS else None
        return cls(target.host, target.port, target.socket, tls, target.proxy_protocol)

    @property
    def server_name(self) -> str:
        """The name that TLS asks for and checks."""
        name = self.tls.server_name if self.tls is not None else None
        return name or self.host or "localhost"

    def preface(self, client: ProxyHeader) -> bytes:
        """Return what a connection begins with, for this client."""
        if self.proxy_protocol is None:
            return b""
        return compose_v1(client) if self.proxy_protocol is ProxyVersion.V1 else compose_v2(client)


class Waiting(Protocol):
    """What needs a connection: an exchange."""

    @property
    def connect_timeout(self) -> float:
        """Seconds until the target has to accept."""

    @property
    def client_addresses(self) -> ProxyHeader:
        """Who it is for, as a PROXY header says it."""

    def connected(self, connection: TargetConnection) -> None:
        """Here it is."""

    def connect_failed(self, reason: str, timed_out: bool) -> None:
        """There is none."""

    def queued(self, seconds: float) -> None:
        """All are in use: wait that long at most."""


class TargetPool:
    """The connections of one worker to one endpoint."""

    __slots__ = (
        "_closed",
        "_connecting",
        "_context",
        "_endpoint",
        "_failing",
        "_idle",
        "_limits",
        "_loop",
        "_names",
        "_open_ones",
        "_waiting",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        endpoint: Endpoint,
        limits: UpstreamLimits,
        names: Names,
        towards_target: TowardsTarget,
    ) -> None:
        self._loop = loop
        self._endpoint = endpoint
        self._limits = limits
        self._names = names
        self._context = towards_target
        self._failing: dict[str, float] = {}
        """Addresses that failed, and until when others are tried first."""
        self._idle: list[TargetConnection] = []
        self._open_ones: set[TargetConnection] = set()
        self._connecting: dict[asyncio.Task[TargetConnection], Waiting | None] = {}
        self._waiting: deque[Waiting] = deque()
        self._closed = False

    @property
    def sizes(self) -> tuple[int, int, int]:
        """How many connections are open, how many of them idle; how many exchanges wait."""
        return len(self._open_ones), len(self._idle), len(self._waiting) + len(self._connecting)

    def set_limits(self, limits: UpstreamLimits) -> None:
        """Take other bounds; what is beyond them goes as it is given back."""
        self._limits = limits
        self._serve_waiting()

    def take(self, exchange: Waiting, fresh: bool = False) -> bool:
        """Give the exchange a connection, now or later; False when too many wait already.

        With ``fresh`` no connection that was used before is given: for what is tried again after
        one turned out to be dead.
        """
        idle = self._idle
        while idle and not fresh:
            connection = idle.pop()
            if not connection.closed:
                exchange.connected(connection)
                return True
        if len(self._open_ones) + len(self._connecting) < self._limits.connections:
            self._connect(exchange)
            return True
        if idle:
            # All that may be are open, and none of them will do.
            idle.pop(0).close()
            self._connect(exchange)
            return True
        if len(self._waiting) >= self._limits.queue:
            return False
        self._waiting.append(exchange)
        exchange.queued(self._limits.wait)
        return True

    def forget(self, exchange: Waiting) -> None:
        """The exchange waits no more; a connection that is being made is kept for others."""
        for task, waiting in self._connecting.items():
            if waiting is exchange:
                self._connecting[task] = None
                return
        if exchange in self._waiting:
            self._waiting.remove(exchange)

    def give_back(self, connection: TargetConnection, now: float) -> None:
        """Take a connection whose exchange is done and which can serve another."""
        if self._closed or self._endpoint.proxy_protocol is not None:
            connection.close()
        elif self._waiting:
            self._waiting.popleft().connected(connection)
        elif len(self._idle) >= self._limits.idle:
            connection.close()
        else:
            connection.idle_since = now
            self._idle.append(connection)

    def lost(self, connection: TargetConnection) -> None:
        """A connection is gone: another may be made for one that waits."""
        self._open_ones.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._serve_waiting()

    def tick(self, now: float) -> None:
        """Close what was idle for too long; the one that is idle for longest stands first."""
        while self._idle and self._idle[0].idle_since + self._limits.idle_time <= now:
            self._idle.pop(0).close()

    def close(self) -> None:
        """Close what is idle; connections in use close when their exchange is done."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _serve_waiting(self) -> None:
        room = self._limits.connections - len(self._open_ones) - len(self._connecting)
        while self._waiting and room > 0:
            self._connect(self._waiting.popleft())
            room -= 1

    def _connect(self, exchange: Waiting) -> None:
        endpoint = self._endpoint
        preface = b""
        if endpoint.proxy_protocol is not None:
            preface = endpoint.preface(exchange.client_addresses)
        task = self._loop.create_task(self._open(exchange.connect_timeout, preface))
        self._connecting[task] = exchange
        task.add_done_callback(self._connect_ended)

    def _connect_ended(self, task: asyncio.Task[TargetConnection]) -> None:
        exchange = self._connecting.pop(task)
        error = None if task.cancelled() else task.exception()
        if task.cancelled() or error is not None:
            self._serve_waiting()
            if exchange is not None:
                exchange.connect_failed(_reason(error), isinstance(error, TimeoutError))
            return
        connection = task.result()
        if connection.closed:
            self._serve_waiting()
            if exchange is not None:
                exchange.connect_failed("closes connections at once", False)
            return
        self._open_ones.add(connection)
        if exchange is None:
            self.give_back(connection, monotonic())
        else:
            exchange.connected(connection)

    async def _open(self, seconds: float, preface: bytes) -> TargetConnection:
        tls = self._endpoint.tls
        try:
            async with asyncio.timeout(seconds):
                context = None if tls is None else self._context(tls)
                if not preface:
                    return await self._open_connection(context, seconds)
                connection = await self._open_connection(None, seconds)
                connection.send(preface)
                if context is not None:
                    await self._secure(connection, context)
                return connection
        except TimeoutError:
            raise TimeoutError(f"does not accept within {seconds:g} s") from None

    async def _secure(self, connection: TargetConnection, context: ssl.SSLContext) -> None:
        """Begin TLS after what was sent without it."""
        transport = await self._loop.start_tls(
            connection.transport,
            connection,
            context,
            server_hostname=self._endpoint.server_name,
        )
        if transport is None:
            raise OSError("the connection ended before TLS had begun")
        connection.connection_made(transport)

    async def _open_connection(
        self, context: ssl.SSLContext | None, seconds: float
    ) -> TargetConnection:
        endpoint, loop = self._endpoint, self._loop
        name = None if context is None else endpoint.server_name
        if endpoint.socket is not None:
            _unused, connection = await loop.create_unix_connection(
                self._make, endpoint.socket, ssl=context, server_hostname=name
            )
            return connection
        end = loop.time() + seconds
        addresses = self._best_first(await self._names.resolve(endpoint.host))
        while True:
            address = addresses.pop(0)
            # None may take the time of those after it.
            share = (end - loop.time()) / (len(addresses) + 1)
            try:
                async with asyncio.timeout(share if addresses else None):
                    _unused, connection = await loop.create_connection(
                        self._make, address, endpoint.port, ssl=context, server_hostname=name
                    )
            except OSError:
                self._failing[address] = loop.time() + AVOIDED
                if not addresses:
                    raise
            else:
                return connection

    def _best_first(self, addresses: list[str]) -> list[str]:
        """Put those that failed of late behind the others."""
        if self._failing:
            now = self._loop.time()
            failing = {one: until for one, until in self._failing.items() if until > now}
            self._failing = failing
            addresses.sort(key=failing.__contains__)
        return addresses

    def _make(self) -> TargetConnection:
        return TargetConnection(self)


def _reason(error: BaseException | None) -> str:
    """Return what a target does, for a log."""
    if isinstance(error, TimeoutError):
        return str(error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"shows a certificate that is not accepted: {error.verify_message}"
    if isinstance(error, OSError) and error.strerror:
        return f"cannot be connected to: {error.strerror}"
    return f"cannot be connected to: {error or 'the proxy is stopping'}"
