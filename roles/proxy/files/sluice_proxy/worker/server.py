# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One worker: its sockets, its connections, what it serves, and what it counts."""

from __future__ import annotations

import asyncio
import os
import socket
from collections import Counter
from collections.abc import Callable
from email.utils import formatdate
from time import monotonic

from ..observe.access_log import AccessLog
from ..observe.metrics import Metrics
from ..routes.admission.rate import client_key
from ..snapshot.collecting import collector_paused
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot
from .client_stream import ClientConnection
from .deadlines import Deadlines
from .entrance import Entrance
from .exchange import Exchange
from .names import Names
from .origin import Origin, Standing
from .questions import Questions
from .route_serving import RouteServing, Surroundings
from .serving import Serving
from .target_pool import Endpoint, TargetPool
from .tls_contexts import TlsContexts

DRAIN_GRACE = 1.0
"""Seconds that connections between two requests have for one more, when the worker drains."""

LogError = Callable[[str], None]
_NO_PLACE = '"route":"","upstream":""'


class Worker:
    """Serves a snapshot on sockets that it is given."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        snapshot: Snapshot,
        contexts: TlsContexts,
        log_error: LogError,
        questions: Questions,
    ) -> None:
        """``snapshot`` has this worker's part of what is bounded for all workers.

        Raises what `Serving` raises, and OSError for a log that cannot be opened.
        """
        self.loop = loop
        self.log_error = log_error
        self.metrics = Metrics()
        self.deadlines = Deadlines(loop, self._tick)
        self.questions = questions
        self.names = Names(loop, snapshot.upstream.resolve)
        self.clients: dict[ClientConnection, None] = {}
        self.held: dict[Exchange, None] = {}
        """Exchanges that wait for the end of a maintenance."""
        self.draining = False
        self.date = b""
        self.idle_seconds = snapshot.timeouts.idle
        self._contexts = contexts
        self._pools: dict[Endpoint, TargetPool] = {}
        self._servers: list[asyncio.Server] = []
        self._connections = 0
        self._by_address: dict[bytes, int] = {}
        self._out: dict[Standing, Origin] = {}
        self._id_start = os.urandom(8).hex().encode("ascii")
        self._ids = 0
        self._log = AccessLog(snapshot.logs.access.path)
        self._unroutable = self.metrics.of("", "")
        self.serving = self._prepared(snapshot, None)
        self._set_date()
        self.deadlines.start()

    # Snapshots

    def prepare(self, snapshot: Snapshot) -> Serving:
        """Return what `adopt` takes; may be called in any thread, but not twice at a time.

        With thousands of routes this takes a while. Raises what `Serving` raises.
        """
        return self._prepared(snapshot, self.serving)

    def adopt(self, serving: Serving) -> None:
        """Serve another snapshot from now on; what runs goes on as it began.

        ``serving`` is what `prepare` made last. Raises OSError for a log that cannot be opened,
        and goes on with the earlier snapshot then.
        """
        snapshot, before = serving.snapshot, self.serving.snapshot
        if snapshot.logs.access.path != before.logs.access.path:
            self._log.move(snapshot.logs.access.path)
        self.serving = serving
        serving.take_over()
        if not self.draining:
            self.idle_seconds = snapshot.timeouts.idle
        self.names.age = snapshot.upstream.resolve
        self._keep_pools()
        for exchange in list(self.held):
            exchange.admit_again()

    def _prepared(self, snapshot: Snapshot, earlier: Serving | None) -> Serving:
        surroundings = Surroundings(self._pool, snapshot.limits.body_bytes)
        choose = self._contexts.towards_clients(snapshot)
        with collector_paused(kept=True):
            return Serving(snapshot, choose, surroundings, earlier)

    def _pool(self, endpoint: Endpoint) -> TargetPool:
        pool = self._pools.get(endpoint)
        if pool is None:
            limits = self.serving.snapshot.upstream
            towards_target = self._contexts.towards_target
            pool = TargetPool(self.loop, endpoint, limits, self.names, towards_target)
            self._pools[endpoint] = pool
        return pool

    def _keep_pools(self) -> None:
        for endpoint in self._pools.keys() - self.serving.endpoints:
            self._pools.pop(endpoint).close()
        for pool in self._pools.values():
            pool.set_limits(self.serving.snapshot.upstream)

    def set_health(self, route_name: str, target_name: str, healthy: bool) -> None:
        """Take over what active checks found of a target; one that is unknown is ignored."""
        route = self.serving.by_name.get(route_name)
        for origin in () if route is None else route.origins:
            if origin.name == target_name:
                origin.standing.set_checked(healthy)

    # Sockets

    async def listen(self, listener: Listener, sock: socket.socket) -> None:
        """Accept connections of a socket that is bound; it is closed when the worker drains."""
        if self.draining:
            sock.close()
            return
        entrance = Entrance(self, listener)
        if sock.family == socket.AF_UNIX:
            server = await self.loop.create_unix_server(
                entrance, sock=sock, backlog=listener.backlog
            )
        else:
            server = await self.loop.create_server(entrance, sock=sock, backlog=listener.backlog)
        self._servers.append(server)

    def stop_accepting(self) -> None:
        """Accept no more; connections that were accepted go on."""
        for server in self._servers:
            server.close()
        self._servers.clear()

    async def drain(self, seconds: float | None = None) -> bool:
        """Stop: answer what runs, within ``seconds`` or the snapshot's limit.

        Return whether everything ended by itself. Clients are told to close; those between two
        requests get a moment for one that may be on its way already.
        """
        self.stop_accepting()
        self.draining = True
        self.idle_seconds = DRAIN_GRACE
        now = monotonic()
        end = now + (self.serving.timeouts.drain if seconds is None else seconds)
        for client in list(self.clients):
            client.drain(min(now + DRAIN_GRACE, end))
        while self._connections and monotonic() < end:
            await asyncio.sleep(0.05)
        return not self._connections

    async def close(self) -> None:
        """Close everything at once."""
        self.stop_accepting()
        for client in list(self.clients):
            client.abort()
        for pool in self._pools.values():
            pool.close()
        self.deadlines.stop()
        # The loop closes sockets one turn later.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self._log.close()

    def reopen_log(self) -> None:
        """Write the access log to a new file of the same name: after a rotation."""
        self._log.reopen()

    @property
    def lines_dropped(self) -> int:
        """How many lines of the access log were lost."""
        return self._log.dropped

    # Connections

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return self._connections

    def connection_refused(self, address: str) -> str | None:
        """Count a new connection; return why it is refused, or None."""
        limits = self.serving.snapshot.limits
        if self._connections >= limits.connections:
            return self._refused_connection("too many connections")
        if address:
            key = client_key(address)
            number = self._by_address.get(key, 0)
            most = limits.connections_per_client
            if most is not None and number >= most:
                return self._refused_connection("too many connections of one client")
            self._by_address[key] = number + 1
        self._connections += 1
        return None

    def _refused_connection(self, reason: str) -> str:
        self.metrics.add("sluice_connections_refused_total", labels=(("reason", reason),))
        return reason

    def connection_closed(self, address: str) -> None:
        """Count down."""
        self._connections -= 1
        if address:
            key = client_key(address)
            number = self._by_address.pop(key) - 1
            if number:
                self._by_address[key] = number

    def handshake_failed(self, reason: str) -> None:
        """Count a TLS handshake that failed."""
        self.metrics.add("sluice_tls_handshakes_failed_total")

    # Exchanges

    def count_in_flight(self) -> Counter[tuple[str, str]]:
        """Return how many exchanges are under way, by the names of route and target.

        Those that are there are counted, so nothing that exchanges go through can miss one, and
        none pays for it.
        """
        watched = self.deadlines.watched
        return Counter(one.place for one in watched if isinstance(one, Exchange))

    def new_request_id(self) -> bytes:
        """Return an id that no other request of any worker has."""
        self._ids += 1
        return b"%b%08x" % (self._id_start, self._ids)

    def finished(
        self, exchange: Exchange, route: RouteServing | None, origin: Origin | None, seconds: float
    ) -> None:
        """Log and count an exchange that is over."""
        if origin is not None:
            place, standing = origin.log_text, origin.standing
            traffic = standing.traffic
            if traffic is None:
                traffic = standing.traffic = self.metrics.of(origin.route.name, origin.name)
        elif route is not None:
            place, traffic = route.log_text, route.traffic
            if traffic is None:
                traffic = route.traffic = self.metrics.of(route.name, "")
        else:
            place, traffic = _NO_PLACE, self._unroutable
        head = exchange.head
        status = exchange.status
        traffic.count(status, seconds, exchange.bytes_in, exchange.bytes_out)
        self._log.write(
            exchange.address,
            head.method,
            head.authority,
            head.target,
            status,
            seconds,
            exchange.bytes_in,
            exchange.bytes_out,
            place,
            exchange.request_id,
            exchange.error,
        )

    def refused(self, address: str, status: int, reason: str, size: int, sent: int) -> None:
        """Log and count what was no request."""
        self._unroutable.count(status, 0.0, size, sent)
        self._log.write(address, b"", "", b"", status, 0.0, size, sent, _NO_PLACE, b"", reason)

    def target_failed(self, origin: Origin, reason: str, now: float) -> None:
        """Count a failure of a target; it may be taken out for a while."""
        if origin.standing.failed(now):
            self._out[origin.standing] = origin
            self.log_error(f"target {origin.name} is taken out: it {reason}")

    # The clock

    def _tick(self, now: float) -> None:
        self._set_date()
        self._log.flush()
        self.questions.expire(now)
        for pool in self._pools.values():
            pool.tick(now)
        for standing in [one for one in self._out if one.returns(now) or not one.out]:
            origin = self._out.pop(standing)
            self.log_error(f"target {origin.name} is back in")

    def _set_date(self) -> None:
        self.date = formatdate(usegmt=True).encode("ascii")
