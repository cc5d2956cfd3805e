# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supervisor's life: start, changes of the configuration, upgrade, end."""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from ..config.problems import InvalidConfig
from ..observe.error_log import ErrorLog
from ..observe.metrics import Metrics
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot, encode
from ..tls.upstream_contexts import UpstreamContexts
from . import handover, successor
from .configuration import read_configuration
from .health_checks import HealthChecks
from .health_request import ask
from .logs import LogFiles
from .metrics_form import decode_metrics, encode_metrics
from .metrics_page import MetricsPage
from .numbers import HELPS, supervisor_metrics, traffic_of
from .open_files import raise_open_files
from .rotation import LOOKED_AT
from .sockets import InheritedSockets, ListeningSockets
from .systemd import Notifier, inherited_sockets
from .tasks import Tasks
from .worker import GRACE, InForce, Refused
from .workers import SILENCE, Workers

ADOPTION = 60.0
"""Seconds in which all workers have to take a snapshot over."""
ANSWER = 2.0
"""Seconds in which a worker has to tell its numbers, before the last known are taken."""
PINGS = 5.0
"""Seconds between two looks at whether workers answer."""
RETRY = 3.0
"""Seconds until a program that came by an upgrade, and cannot serve, tries again."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

_log = logging.getLogger("sluice_proxy.supervisor")


class CannotStart(RuntimeError):
    """The proxy cannot serve; the text says why, and what to do."""


@dataclass(slots=True)
class _Page:
    """The page with the numbers that is answered at present."""

    listener: Listener
    page: MetricsPage


class Supervisor:
    """Serves what a configuration file says until it is told to stop.

    ``factory`` is MODULE:NAME of what makes the data plane in a worker.
    """

    def __init__(self, path: Path, factory: str) -> None:
        self._path = path
        self._notifier = Notifier(os.environ)
        self._inherited = InheritedSockets(inherited_sockets(os.environ))
        self._sockets = ListeningSockets(self._inherited)
        self._metrics_sockets = ListeningSockets(self._inherited)
        self._workers = Workers(factory)
        self._contexts = UpstreamContexts()
        self._health = HealthChecks(
            lambda target, check: ask(target, check, self._contexts.of),
            self._workers.set_down,
            random.Random(),
        )
        self._snapshot = Snapshot()
        self._version = 0
        self._page: _Page | None = None
        self._logs = LogFiles(self._workers.reopen_logs)
        self._reloads = {"applied": 0, "refused": 0}
        self._last_refused = False
        self._reload_waits = False
        # A signal that comes in an upgrade has to wait, whichever thread could take it.
        self._reading = ThreadPoolExecutor(1, initializer=lambda: successor.block(SIGNALS))
        self._changing = asyncio.Lock()
        self._asked_to_stop = 0
        self._stop = asyncio.Event()
        self._tasks = Tasks()

    async def run(self) -> None:
        """Serve. Raises InvalidConfig or CannotStart when that is not possible."""
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(initializer=lambda: successor.block(SIGNALS))
        )
        self._listen_to_signals()
        self._tasks.keep_doing(self._logs.look, LOOKED_AT)
        self._tasks.keep_doing(self._look_at_workers, PINGS)
        if self._notifier.watchdog is not None:
            self._tasks.keep_doing(self._feed_watchdog, self._notifier.watchdog / 2)
        try:
            if await self._unless_told_to_stop(self._start()):
                self._notifier.ready(self._status())
                _log.info("serving: %s", self._status())
                await self._stop.wait()
        finally:
            await self._end()

    # Start and end

    async def _start(self) -> None:
        predecessor = handover.take()
        if predecessor is not None:
            self._inherit(predecessor)
            await self._succeed(predecessor)
            return
        try:
            async with self._changing:
                await self._put_in_force(await self._read())
        except (OSError, Refused) as error:
            raise CannotStart(_said(error)) from error
        self._inherited.close()

    async def _succeed(self, predecessor: handover.Handover) -> None:
        """Take over from a predecessor; its workers serve for as long as ours cannot."""
        while True:
            try:
                async with self._changing:
                    snapshot = await self._read()
                    self._health.follow(snapshot.routes, predecessor.down)
                    await self._put_in_force(snapshot)
            except (InvalidConfig, OSError, Refused) as error:
                _log.error("the former workers go on: %s", _said(error))
                await asyncio.sleep(RETRY)
            else:
                self._workers.dismiss_former(snapshot.timeouts.drain)
                return

    async def _unless_told_to_stop(self, work: Coroutine[None, None, None]) -> bool:
        """Do ``work``, and return whether it was done before we were told to stop."""
        working = asyncio.ensure_future(work)
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if working.done():
            working.result()
            return True
        working.cancel()
        await asyncio.wait((working,))
        return False

    async def _read(self) -> Snapshot:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._reading, read_configuration, self._path, self._version + 1
        )

    def _inherit(self, predecessor: handover.Handover) -> None:
        """Take over what the predecessor left."""
        self._notifier.alive()
        self._version = predecessor.version
        self._workers.deaths = predecessor.deaths
        self._reloads = dict(predecessor.reloads)
        self._workers.departed = decode_metrics(predecessor.departed)
        for left in predecessor.sockets:
            owner = self._metrics_sockets if left.for_numbers else self._sockets
            sockets = handover.as_sockets(left.descriptors)
            owner.adopt(left.address, sockets, of_unit=left.of_unit)
        ends = handover.as_sockets([worker.channel for worker in predecessor.workers])
        self._workers.take_over(
            (worker.pid, end, decode_metrics(worker.numbers))
            for worker, end in zip(predecessor.workers, ends, strict=True)
        )

    async def _end(self) -> None:
        seconds = self._snapshot.timeouts.drain if self._asked_to_stop < 2 else 0.0
        self._notifier.stopping(f"draining for at most {seconds:g} s", seconds + 2 * GRACE)
        self._health.stop()
        await self._tasks.cancel()
        self._tasks.keep_doing(self._say_alive, 1.0)
        # Who comes now had better be refused than wait for a worker that never takes it.
        self._sockets.close(kept=self._notifier.keeps_sockets)
        await self._workers.stop(seconds)
        if self._page is not None:
            self._page.page.close()
        self._metrics_sockets.close(kept=self._notifier.keeps_sockets)
        self._reading.shutdown(wait=False)
        _log.info("stopped")

    # Changes

    async def _put_in_force(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` in place of what is in force.

        Raises OSError or Refused, and then all is as it was.
        """
        # There is nothing to go back to.
        first = not self._snapshot.version
        count = _workers(snapshot)
        self._warn_about_files(snapshot, count)
        error_log = ErrorLog(snapshot.logs)
        try:
            if first:
                error_log.use()
            opened = self._sockets.open(snapshot.listeners, count)
            try:
                await self._serve_page(snapshot)
                await self._push(snapshot, count)
            except (OSError, Refused):
                self._sockets.close_again(opened)
                if not first:
                    await self._take_back(self._snapshot)
                raise
        except (OSError, Refused):
            if not first:
                error_log.close()
            raise
        self._snapshot = snapshot
        closed = self._sockets.keep_only(snapshot.listeners)
        if opened or closed:
            self._notifier.keep([one for of_one in self._sockets.all().values() for one in of_one])
        self._contexts.forget()
        before = self._health.down
        self._health.follow(snapshot.routes)
        if self._health.down != before:
            # A target that is down may be another route's now.
            self._workers.set_down(self._health.down)
        self._workers.departed.keep_only(traffic_of(snapshot.routes))
        self._logs.use(error_log, snapshot.logs)

    async def _push(self, snapshot: Snapshot, count: int) -> None:
        self._version += 1
        force = InForce(
            self._version,
            encode(replace(snapshot, version=self._version, workers=count)),
            [self._sockets.of(listener.address) for listener in snapshot.listeners],
            snapshot.timeouts.drain,
            self._health.down,
        )
        async with asyncio.timeout(ADOPTION):
            await self._workers.put_in_force(force, count)

    async def _take_back(self, former: Snapshot) -> None:
        """Have all workers serve ``former`` again, those too that went over already."""
        refused = self._version
        try:
            await self._serve_page(former)
            await self._push(former, _workers(former))
        except (OSError, Refused) as error:
            _log.error("not all workers go back to what they served: %s", _said(error))
            self._workers.kill_those_of(refused)

    async def _reload(self) -> None:
        """Read the file again and serve what it says; a bad one changes nothing."""
        async with self._changing:
            self._reload_waits = False
            if self._stop.is_set():
                return
            self._notifier.reloading("reading the configuration")
            try:
                await self._put_in_force(await self._read())
            except (InvalidConfig, OSError, Refused) as error:
                self._refuse(_said(error))
            else:
                self._last_refused = False
                self._reloads["applied"] += 1
                _log.info("the configuration was read again: %s", self._status())
            self._notifier.ready(self._status())

    def _refuse(self, why: str) -> None:
        self._last_refused = True
        self._reloads["refused"] += 1
        for line in why.splitlines():
            _log.error("%s", line)
        _log.error("the configuration stays as it was")

    async def _upgrade(self) -> None:
        """Become a new program, if that one can use the configuration; clients do not notice."""
        async with self._changing:
            if self._stop.is_set():
                return
            self._notifier.reloading("upgrading")
            try:
                objections = await successor.objections(self._path)
                if not objections:
                    await self._become_successor()
            except OSError as error:
                objections = [_said(error)]
            for line in objections:
                _log.error("%s", line)
            if objections:
                _log.error("no upgrade: the new program cannot serve this configuration")
            self._notifier.ready(self._status())

    async def _become_successor(self) -> None:
        successor.block(SIGNALS)
        try:
            # Signals that came already are acted on; those that come from now on wait.
            await asyncio.sleep(0.01)
            if not self._stop.is_set():
                # The next one is some time away: the new program has to start first.
                self._notifier.alive()
                successor.become(self._left())
        finally:
            successor.unblock(SIGNALS)

    def _left(self) -> handover.Handover:
        return handover.Handover(
            sockets=[
                handover.LeftSockets(
                    address,
                    [one.fileno() for one in sockets],
                    owner is self._metrics_sockets,
                    address in owner.of_units,
                )
                for owner in (self._sockets, self._metrics_sockets)
                for address, sockets in owner.all().items()
            ],
            workers=[
                handover.LeftWorker(
                    worker.pid, worker.channel.fileno(), encode_metrics(worker.metrics)
                )
                for worker in self._workers.everybody
            ],
            version=self._version,
            down=self._health.down,
            departed=encode_metrics(self._workers.departed),
            deaths=self._workers.deaths,
            reloads=self._reloads,
        )

    # The page with the numbers

    async def _serve_page(self, snapshot: Snapshot) -> None:
        wanted = snapshot.metrics
        listener = None if wanted is None else Listener(wanted.address, backlog=64)
        if self._page is not None and wanted is not None and self._page.listener == listener:
            self._page.page.path = wanted.path
            return
        if wanted is not None and listener is not None:
            self._metrics_sockets.open([listener], 1)
        if self._page is not None:
            self._page.page.close()
            self._page = None
        if wanted is not None and listener is not None:
            page = MetricsPage(wanted.path, self._render, self._serves)
            await page.listen(self._metrics_sockets.of(listener.address))
            self._page = _Page(listener, page)
        self._metrics_sockets.keep_only([] if listener is None else [listener])

    async def _render(self) -> str:
        whole = Metrics()
        whole.merge(await self._workers.collect(ANSWER))
        if self._snapshot.version:
            whole.keep_only(traffic_of(self._snapshot.routes))
        serving = len(self._workers.serving)
        whole.merge(
            supervisor_metrics(
                workers=serving,
                leaving=len(self._workers.leaving),
                deaths=self._workers.deaths,
                version=self._version,
                routes=len(self._snapshot.routes),
                certificates=self._snapshot.certificates,
                now=time.time(),
                reloads=self._reloads,
                targets=self._health.states,
            )
        )
        return whole.render(HELPS)

    def _serves(self) -> bool:
        """Whether clients are served: those of before an upgrade do so until ours can."""
        return not self._stop.is_set() and self._workers.answered_within(SILENCE)

    # What is done again and again

    async def _look_at_workers(self) -> None:
        for worker in self._workers.everybody:
            worker.ping()
        self._workers.kill_silent()

    async def _feed_watchdog(self) -> None:
        if self._workers.answered_within(SILENCE):
            self._notifier.alive()

    async def _say_alive(self) -> None:
        self._notifier.alive()

    # Signals

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._told_to_reload)
        loop.add_signal_handler(signal.SIGUSR2, lambda: self._tasks.begin(self._upgrade()))
        loop.add_signal_handler(signal.SIGUSR1, self._logs.reopen)
        successor.unblock(SIGNALS)

    def _told_to_reload(self) -> None:
        # One that waits for its turn has read nothing yet: it serves for this one too.
        if not self._reload_waits:
            self._reload_waits = True
            self._tasks.begin(self._reload())

    def _told_to_stop(self) -> None:
        self._asked_to_stop += 1
        self._stop.set()
        if self._asked_to_stop > 1:
            self._workers.cut_off()

    # Small matters

    def _warn_about_files(self, snapshot: Snapshot, count: int) -> None:
        warning = raise_open_files(snapshot.limits, count)
        if warning is not None:
            _log.warning("%s", warning)

    def _status(self) -> str:
        snapshot = self._snapshot
        addresses = ", ".join(str(listener.address) for listener in snapshot.listeners)
        refused = ", the last change was refused: see the error log" if self._last_refused else ""
        return (
            f"version {self._version}, {len(self._workers.serving)} workers,"
            f" {len(snapshot.routes)} routes, {len(snapshot.certificates)} certificates,"
            f" listening on {addresses or 'nothing'}{refused}"
        )


def _workers(snapshot: Snapshot) -> int:
    """Return how many workers a snapshot asks for."""
    return snapshot.workers or len(os.sched_getaffinity(0))


def _said(error: Exception) -> str:
    """Return an error's text, whatever kind it is."""
    if isinstance(error, TimeoutError) and not str(error):
        return f"the workers did not take the snapshot over within {ADOPTION:g} s"
    return str(error) or type(error).__name__
