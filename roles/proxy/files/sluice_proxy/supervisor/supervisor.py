# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supervisor's life: start, changes of the configuration, upgrade, end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ..config.problems import InvalidConfig
from ..observe.error_log import write_error_log
from ..observe.metrics import Metrics
from ..snapshot.listening import Listener
from ..snapshot.snapshot import Snapshot, encode
from ..tls.upstream_contexts import UpstreamContexts
from . import handover
from .configuration import read_configuration
from .health_checks import HealthChecks
from .health_request import ask
from .metrics_form import decode_metrics, encode_metrics
from .metrics_page import MetricsPage
from .numbers import HELPS, supervisor_metrics
from .open_files import raise_open_files
from .rotation import LOOKED_AT, RotatedLog
from .sockets import CannotListen, ListeningSockets
from .systemd import Notifier, inherited_sockets
from .workers import InForce, Refused, Workers

ADOPTION = 30.0
"""Seconds in which all workers have to take a snapshot over."""
ANSWER = 2.0
"""Seconds in which a worker has to tell its numbers, before the last known are taken."""
PINGS = 5.0
"""Seconds between two looks at whether workers answer."""
RETRY = 10.0
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
        self._sockets = ListeningSockets(inherited_sockets(os.environ))
        self._metrics_sockets = ListeningSockets()
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
        self._logs: tuple[RotatedLog, ...] = ()
        self._reloads = {"applied": 0, "refused": 0}
        self._changing = asyncio.Lock()
        self._asked_to_stop = 0
        self._stop = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Serve. Raises InvalidConfig or CannotStart when that is not possible."""
        self._listen_to_signals()
        predecessor = handover.take()
        try:
            await self._start(predecessor)
            self._notifier.ready(self._status())
            _log.info("serving: %s", self._status())
            self._keep_doing(self._look_at_logs, LOOKED_AT)
            self._keep_doing(self._look_at_workers, PINGS)
            if self._notifier.watchdog is not None:
                self._keep_doing(self._feed_watchdog, self._notifier.watchdog / 2)
            await self._stop.wait()
        finally:
            await self._end()

    # Start and end

    async def _start(self, predecessor: handover.Handover | None) -> None:
        if predecessor is not None:
            await self._succeed(predecessor)
            return
        snapshot = await self._read()
        self._write_logs(snapshot)
        try:
            async with self._changing:
                await self._put_in_force(snapshot)
        except (CannotListen, Refused, TimeoutError) as error:
            raise CannotStart(_said(error)) from error
        self._sockets.forget_inherited()

    async def _succeed(self, predecessor: handover.Handover) -> None:
        """Take over from a predecessor; its workers serve for as long as ours cannot."""
        first = True
        while not self._stop.is_set():
            try:
                async with self._changing:
                    snapshot = await self._read()
                    if first:
                        self._write_logs(snapshot)
                        self._inherit(predecessor, snapshot)
                        first = False
                    await self._put_in_force(snapshot)
            except (InvalidConfig, CannotListen, Refused, TimeoutError) as error:
                if first:
                    raise
                _log.error("the former workers go on: %s", _said(error))
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), RETRY)
            else:
                self._workers.dismiss_former(snapshot.timeouts.drain)
                return

    async def _read(self) -> Snapshot:
        return await asyncio.to_thread(read_configuration, self._path, self._version + 1)

    def _inherit(self, predecessor: handover.Handover, snapshot: Snapshot) -> None:
        """Take over what the predecessor left."""
        self._version = predecessor.version
        self._workers.deaths = predecessor.deaths
        self._reloads = dict(predecessor.reloads)
        self._workers.departed = decode_metrics(predecessor.departed)
        metrics = None if snapshot.metrics is None else snapshot.metrics.address
        for address, numbers in predecessor.sockets.items():
            owner = self._metrics_sockets if address == metrics else self._sockets
            owner.adopt(address, handover.as_sockets(numbers))
        ends = handover.as_sockets([channel for _pid, channel in predecessor.workers])
        pids = [pid for pid, _channel in predecessor.workers]
        self._workers.take_over(zip(pids, ends, strict=True))
        self._health.follow(snapshot.routes, predecessor.down)

    async def _end(self) -> None:
        seconds = self._snapshot.timeouts.drain if self._asked_to_stop < 2 else 0.0
        self._notifier.stopping(f"draining for at most {seconds:g} s")
        for task in self._tasks:
            task.cancel()
        self._health.stop()
        self._keep_doing(self._feed_watchdog, 1.0)
        # Who comes now had better be refused than wait for a worker that never takes it.
        self._sockets.close()
        await self._workers.stop(seconds)
        if self._page is not None:
            self._page.page.close()
        self._metrics_sockets.close()
        _log.info("stopped")

    # Changes

    async def _put_in_force(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` in place of what is in force.

        Raises CannotListen, Refused or TimeoutError, and then all is as it was.
        """
        count = _workers(snapshot)
        self._warn_about_files(snapshot, count)
        opened = self._sockets.open(snapshot.listeners, count)
        try:
            await self._serve_page(snapshot)
            await self._push(snapshot, count)
        except (OSError, Refused, TimeoutError):
            self._sockets.close_again(opened)
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
        self._write_logs(snapshot)

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

    async def _reload(self) -> None:
        """Read the file again and serve what it says; a bad one changes nothing."""
        async with self._changing:
            self._notifier.reloading("reading the configuration")
            former = self._snapshot
            try:
                await self._put_in_force(await self._read())
            except (InvalidConfig, CannotListen, CannotStart) as error:
                self._refuse(_said(error))
            except (Refused, TimeoutError) as error:
                self._refuse(_said(error))
                await self._take_back(former)
            else:
                self._reloads["applied"] += 1
                _log.info("the configuration was read again: %s", self._status())
            self._notifier.ready(self._status())

    async def _take_back(self, former: Snapshot) -> None:
        """Have all workers serve ``former`` again, those too that went over already."""
        try:
            await self._serve_page(former)
            await self._push(former, _workers(former))
        except (OSError, Refused) as error:
            _log.error("not all workers serve what they did: %s", _said(error))

    def _refuse(self, why: str) -> None:
        self._reloads["refused"] += 1
        for line in why.splitlines():
            _log.error("%s", line)
        _log.error("the configuration stays as it was")

    async def _upgrade(self) -> None:
        """Become a new program, if that one can use the configuration; clients do not notice."""
        async with self._changing:
            self._notifier.reloading("upgrading")
            if await self._successor_can_serve():
                await self._become_successor()
            self._notifier.ready(self._status())

    async def _successor_can_serve(self) -> bool:
        """Have the new program check the configuration: one that cannot even start is noticed."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "sluice_proxy",
            "check-config",
            str(self._path),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _unused = await process.communicate()
        if process.returncode == 0:
            return True
        for line in said.decode("utf-8", "replace").splitlines()[-20:]:
            _log.error("%s", line)
        _log.error("no upgrade: the new program cannot serve this configuration")
        return False

    async def _become_successor(self) -> None:
        left = handover.Handover(
            sockets={
                address: [one.fileno() for one in sockets]
                for owner in (self._sockets, self._metrics_sockets)
                for address, sockets in owner.all().items()
            },
            workers=self._workers.addresses(),
            version=self._version,
            down=self._health.down,
            departed=encode_metrics(self._workers.departed),
            deaths=self._workers.deaths,
            reloads=self._reloads,
        )
        # A signal that comes before the successor listens to it waits.
        signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        try:
            os.execve(sys.executable, sys.orig_argv, handover.leave(left, os.environ))
        except OSError as error:
            handover.withdraw(left)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
            _log.error("no upgrade: %s", _said(error))

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
            page = MetricsPage(wanted.path, self._render, lambda: bool(self._workers.serving))
            await page.listen(self._metrics_sockets.of(listener.address))
            self._page = _Page(listener, page)
        self._metrics_sockets.keep_only([] if listener is None else [listener])

    async def _render(self) -> str:
        whole = Metrics()
        whole.merge(await self._workers.collect(ANSWER))
        serving = len(self._workers.serving)
        whole.merge(
            supervisor_metrics(
                workers=serving,
                leaving=len(self._workers.leaving),
                deaths=self._workers.deaths,
                version=self._version,
                routes=len(self._snapshot.routes),
                certificates=len(self._snapshot.certificates),
                reloads=self._reloads,
                targets=self._health.states,
            )
        )
        return whole.render(HELPS)

    # What is done again and again

    async def _look_at_logs(self) -> None:
        try:
            rotated = [log.rotate_if_due() for log in self._logs]
        except OSError as error:
            _log.error("a log cannot be put aside: %s", _said(error))
            return
        if any(rotated):
            self._workers.reopen_logs()

    async def _look_at_workers(self) -> None:
        for worker in self._workers.everybody:
            worker.ping()
        self._workers.kill_silent()

    async def _feed_watchdog(self) -> None:
        self._notifier.alive()

    def _keep_doing(self, what: Callable[[], Awaitable[None]], seconds: float) -> None:
        async def again() -> None:
            while True:
                await what()
                await asyncio.sleep(seconds)

        self._begin(again())

    def _begin(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("the supervisor failed at something", exc_info=task.exception())

    # Signals

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._told_to_stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._begin(self._reload()))
        loop.add_signal_handler(signal.SIGUSR2, lambda: self._begin(self._upgrade()))
        loop.add_signal_handler(signal.SIGUSR1, self._reopen_logs)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)

    def _told_to_stop(self) -> None:
        self._asked_to_stop += 1
        self._stop.set()
        if self._asked_to_stop > 1:
            self._workers.cut_off()

    def _reopen_logs(self) -> None:
        write_error_log(self._snapshot.logs)
        self._workers.reopen_logs()

    # Small matters

    def _write_logs(self, snapshot: Snapshot) -> None:
        logs = snapshot.logs
        try:
            write_error_log(logs)
        except OSError as error:
            raise CannotStart(f"the error log cannot be written: {_said(error)}") from error
        self._logs = (RotatedLog(logs.access), RotatedLog(logs.error))

    def _warn_about_files(self, snapshot: Snapshot, count: int) -> None:
        warning = raise_open_files(snapshot.limits, count)
        if warning is not None:
            _log.warning("%s", warning)

    def _status(self) -> str:
        snapshot = self._snapshot
        addresses = ", ".join(str(listener.address) for listener in snapshot.listeners)
        return (
            f"version {self._version}, {len(self._workers.serving)} workers,"
            f" {len(snapshot.routes)} routes, {len(snapshot.certificates)} certificates,"
            f" listening on {addresses or 'nothing'}"
        )


def _workers(snapshot: Snapshot) -> int:
    """Return how many workers a snapshot asks for."""
    return snapshot.workers or os.cpu_count() or 1


def _said(error: Exception) -> str:
    """Return an error's text, whatever kind it is."""
    if isinstance(error, TimeoutError) and not str(error):
        return f"the workers did not take the snapshot over within {ADOPTION:g} s"
    if isinstance(error, CannotListen):
        return str(error.strerror)
    return str(error) or type(error).__name__
