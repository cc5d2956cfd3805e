# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The data plane of a worker process: the room ``worker``, told by the supervisor."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from ..observe.error_log import ErrorLog
from ..observe.metrics import Metrics
from ..snapshot.snapshot import Snapshot
from ..tls.choosing import PROTOCOLS, Choice, ContextChooser
from ..tls.client_hello import ClientHello
from ..tls.server_contexts import ServerContexts
from ..tls.server_side import Choose
from ..tls.upstream_contexts import UpstreamContexts
from ..worker.late_contexts import LateContexts
from ..worker.questions import Questions, Reply, Send
from ..worker.server import Worker
from ..worker.serving import let_go
from ..worker.tls_contexts import TlsContexts
from .aside import aside
from .data_plane import DataPlane, Down, Listening

_log = logging.getLogger("sluice_proxy.worker")


class ServingPlane:
    """Makes the worker with the first snapshot, and tells it of the further ones."""

    def __init__(self, send: Send) -> None:
        """``send`` asks the supervisor."""
        self._worker: Worker | None = None
        self._questions = Questions(send)
        self._late = LateContexts(self._questions, self._choose_now)
        self._down: Down = frozenset()
        self._error_log: ErrorLog | None = None
        self._server_contexts = ServerContexts(PROTOCOLS)
        self._upstream_contexts = UpstreamContexts()

    async def adopt(self, snapshot: Snapshot, listening: Listening, down: Down) -> None:
        """Go over to a snapshot: see DataPlane."""
        mine = _share(snapshot)
        error_log = ErrorLog(snapshot.logs)
        try:
            await self._serve(mine, listening)
        except BaseException:
            error_log.close()
            raise
        error_log.use()
        self._error_log = error_log
        self._apply(down | self._down, down)

    async def _serve(self, mine: Snapshot, listening: Listening) -> None:
        worker = self._worker
        serving = None if worker is None else await aside(worker.prepare, mine)
        if worker is None or serving is None:
            worker = Worker(
                asyncio.get_running_loop(),
                mine,
                TlsContexts(self._choose, self._upstream_contexts.of),
                _log.warning,
                self._questions,
            )
            self._worker = worker
        else:
            former = worker.serving.parts()
            worker.adopt(serving)
            await let_go(former)
        self._upstream_contexts.forget()
        worker.metrics.keep_only(worker.serving.traffic)
        self._server_contexts.keep_only(mine.certificates)
        # What waits in the backlog of a socket is not lost: the supervisor has it open too.
        worker.stop_accepting()
        for listener, one in listening:
            await worker.listen(listener, one)

    def set_down(self, down: Down) -> None:
        """Take over what active health checks found."""
        self._apply(down ^ self._down, down)

    async def drain(self, seconds: float) -> None:
        """Accept no more, and return when every exchange is done."""
        if self._worker is not None:
            await self._worker.drain(seconds)
            await self._worker.close()

    def metrics(self) -> Metrics:
        """Return the numbers so far."""
        worker = self._worker
        if worker is None:
            return Metrics()
        worker.metrics.in_flight = dict(worker.count_in_flight())
        worker.metrics.gauges["sluice_connections", ()] = worker.connections
        worker.metrics.gauges["sluice_tls_contexts", ()] = len(self._server_contexts)
        worker.metrics.counters["sluice_access_log_lines_dropped_total", ()] = worker.lines_dropped
        for (about, result), number in self._questions.counts.items():
            labels = (("about", about), ("result", result))
            worker.metrics.counters["sluice_questions_total", labels] = number
        return worker.metrics

    def reopen_logs(self) -> None:
        """Open the logs anew. Raises OSError, and goes on with the access log as it was then."""
        if self._error_log is not None:
            self._error_log.reopen()
        if self._worker is not None:
            self._worker.reopen_log()

    def answered(self, number: int, reply: Reply) -> None:
        """Take what the supervisor answered to a question."""
        self._questions.answered(number, reply)

    def leave_alone(self) -> None:
        """The supervisor is gone: whoever waits for it goes on without."""
        self._questions.leave_alone()

    def _choose(self, snapshot: Snapshot) -> Choose:
        return ContextChooser(
            snapshot,
            self._server_contexts,
            challenge=self._late.challenge(snapshot.asking),
            on_demand=self._late.on_demand(snapshot.asking.demand),
        ).context_for

    def _choose_now(self, hello: ClientHello, came_to: str) -> Choice:
        assert self._worker is not None
        return self._worker.serving.choose(hello, came_to)

    def _apply(self, changed: Down, down: Down) -> None:
        self._down = down
        if self._worker is not None:
            for route, target in changed:
                self._worker.set_health(route, target, (route, target) not in down)


def _share(snapshot: Snapshot) -> Snapshot:
    """Return ``snapshot`` with the part of what is bounded for all workers that is one's own."""
    connections = -(-snapshot.limits.connections // (snapshot.workers or 1))
    return replace(snapshot, limits=replace(snapshot.limits, connections=connections))


def data_plane(send: Send) -> DataPlane:
    """Return the data plane for a worker process, which asks the supervisor by ``send``."""
    return ServingPlane(send)
