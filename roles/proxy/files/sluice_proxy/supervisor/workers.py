# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worker processes: started, replaced when they die, and sent away."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Coroutine, Iterable
from dataclasses import replace

from ..observe.metrics import Metrics
from ..snapshot.collecting import collector_paused
from .asking import Asking
from .backoff import Backoff
from .sockets import share_out
from .worker import Died, InForce, Refused, Worker, start_worker

SILENCE = 20.0
"""Seconds after which a worker that answers nothing is killed and replaced."""
STARTING = 60.0
"""The same for one that does not serve yet: on a busy machine an interpreter starts slowly."""

_log = logging.getLogger("sluice_proxy.supervisor")


class Workers:
    """One worker in each of a number of places, and those that are on their way out."""

    def __init__(self, factory: str, silence: float = SILENCE) -> None:
        self._factory = factory
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self.asking = Asking()
        """Answers what they ask."""
        self._places: list[Worker | None] = []
        self._backoffs: list[Backoff] = []
        self._leaving: set[Worker] = set()
        self._force: InForce | None = None
        self._count = 0
        self._stopping = False
        self._all_gone = asyncio.Event()
        self.departed = Metrics()
        """What workers counted that are gone."""
        self.deaths = 0
        self._spread_over: list[Worker] = []
        """The workers that share all sockets while a place is empty; else each has its own."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def serving(self) -> list[Worker]:
        """The workers in their places that took a snapshot over."""
        return [one for one in self._places if one is not None and one.adopted]

    @property
    def everybody(self) -> list[Worker]:
        """All processes, those that leave included."""
        return [*(one for one in self._places if one is not None), *self._leaving]

    async def put_in_force(self, force: InForce, count: int) -> None:
        """Have ``count`` workers serve ``force``; returns when all do.

        Raises Refused when one cannot. Then some may serve it: put the former in force again.
        """
        self._force, self._count = force, count
        places = self._places
        places += [None] * (count - len(places))
        self._backoffs += [Backoff() for _unused in range(count - len(self._backoffs))]
        results = await asyncio.gather(
            *(self._bring_up(place) for place in range(count)), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise failed[0]
        self._spread_over = []
        # Only now: till here the surplus served what it still listens to.
        surplus = [worker for worker in places[count:] if worker is not None]
        del places[count:]
        for worker in surplus:
            self._leave(worker, force.drain)

    async def _bring_up(self, place: int) -> None:
        try:
            await self._adopt(place)
        except Died:
            # Its death may have nothing to do with the snapshot; that of the next one has.
            await self._adopt(place)

    async def _adopt(self, place: int) -> None:
        """Have the worker of a place serve what is in force now, whatever it was before."""
        force = self._force
        assert force is not None
        worker = self._places[place] or self._start(place)
        await worker.adopt(force, share_out(force.sockets, place, self._count))

    def kill_those_of(self, version: int) -> None:
        """End those that serve a version that is not to be; they are replaced."""
        for worker in self.serving:
            if worker.adopted == version:
                worker.kill()

    def take_over(self, processes: Iterable[tuple[int, socket.socket, Metrics]]) -> None:
        """Take workers of a former supervisor over, to send them away when ours serve.

        ``processes`` are process ids, channels, and the numbers that they told last.
        """
        for pid, channel_end, metrics in processes:
            worker = Worker(pid, channel_end, self._left, self.asking.asked)
            worker.metrics = metrics
            self._leaving.add(worker)

    def dismiss_former(self, seconds: float) -> None:
        """Have those taken over drain within ``seconds``."""
        for worker in list(self._leaving):
            worker.drain(seconds)

    def set_down(self, down: frozenset[tuple[str, str]]) -> None:
        """Tell all workers which targets are down, and those that come later."""
        force = self._force
        if force is not None:
            self._force = replace(force, down=down)
        for worker in self.everybody:
            worker.set_down(down)

    def set_log_level(self, level: str) -> None:
        """Have all workers log from another level on, and those that come later, as long as what
        is in force now is."""
        if self._force is not None:
            self._force = replace(self._force, log_level=level)
        for worker in self.everybody:
            worker.set_log_level(level)

    def reopen_logs(self) -> None:
        """Have all workers open their logs anew."""
        for worker in self.everybody:
            worker.channel.send("reopen")

    async def collect(self, seconds: float) -> Metrics:
        """Return the numbers of all workers ever, of which those alive are asked.

        Of one that does not answer within ``seconds`` the last known are taken.
        """
        reports = [worker.report() for worker in self.everybody]
        if reports:
            await asyncio.wait(reports, timeout=seconds)
        whole = Metrics()
        with collector_paused():
            whole.merge(self.departed)
            for worker in self.everybody:
                whole.merge(worker.metrics)
        return whole

    def kill_silent(self) -> None:
        """Kill workers that were not heard of for too long; they are replaced."""
        now = self._loop.time()
        for worker in self.everybody:
            patience = self._silence if worker.adopted else STARTING
            if now - worker.heard > patience and not worker.drains:
                _log.error("worker %d does not answer: killing it", worker.pid)
                worker.kill()

    async def stop(self, seconds: float) -> None:
        """Have all workers drain within ``seconds``; returns when all are gone."""
        self._stopping = True
        for place, worker in enumerate(self._places):
            self._places[place] = None
            if worker is not None:
                self._leave(worker, seconds)
        for worker in self._leaving:
            worker.drain(seconds)
        while self._leaving:
            self._all_gone.clear()
            await self._all_gone.wait()

    def cut_off(self) -> None:
        """End all workers at once."""
        for worker in self.everybody:
            worker.kill()

    @property
    def leaving(self) -> list[Worker]:
        """The workers that finish what they do, and end."""
        return list(self._leaving)

    def answered_within(self, seconds: float) -> bool:
        """Return whether a worker that serves, or served, was heard of so recently."""
        now = self._loop.time()
        serve = [*self.serving, *self._leaving]
        return any(now - worker.heard <= seconds for worker in serve)

    def _leave(self, worker: Worker, seconds: float) -> None:
        self._leaving.add(worker)
        worker.drain(seconds)

    def _start(self, place: int) -> Worker:
        worker = start_worker(self._factory, self._died, self.asking.asked)
        self._places[place] = worker
        return worker

    def _died(self, worker: Worker) -> None:
        """Replace a worker that nobody sent away."""
        self.departed.merge(worker.metrics.without_gauges())
        if worker in self._leaving:
            self._left_at_last(worker)
            return
        place = self._places.index(worker)
        self._places[place] = None
        if self._stopping:
            return
        self.deaths += 1
        wait = self._backoffs[place].delay(self._loop.time(), served=worker.adopted > 0)
        how = worker.described_end()
        _log.error("worker %d %s; another one starts in %g s", worker.pid, how, wait)
        self._begin(self._replace(place, wait))
        if wait:
            self._begin(self._spread())

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, place: int, wait: float) -> None:
        while True:
            await asyncio.sleep(wait)
            if self._stopping or place >= self._count or self._places[place] is not None:
                return
            try:
                await self._bring_up(place)
            except Died as died:
                # Its end has another one started.
                _log.error("a new worker cannot serve: %s", died)
                return
            except Refused as refused:
                _log.error("a new worker cannot serve: %s", refused)
                worker = self._places[place]
                if worker is not None and not worker.adopted:
                    # It would keep clients waiting at its sockets; its end has another one started.
                    worker.kill()
                return
            except OSError as error:
                wait = self._backoffs[place].delay(self._loop.time(), served=False)
                _log.error("no worker can be started, again in %g s: %s", wait, error)
            else:
                await self._spread()
                return

    async def _spread(self) -> None:
        """Have those that serve listen to all sockets, also to those of places that are empty."""
        force, serving = self._force, self.serving
        over = [] if len(serving) == self._count else serving
        if force is None or self._stopping or self._spread_over == over:
            return
        self._spread_over = over
        shares = [share_out(force.sockets, rank, len(serving)) for rank in range(len(serving))]
        await asyncio.gather(
            *(worker.adopt(force, share) for worker, share in zip(serving, shares, strict=True)),
            return_exceptions=True,
        )

    def _left(self, worker: Worker) -> None:
        self.departed.merge(worker.metrics.without_gauges())
        self._left_at_last(worker)

    def _left_at_last(self, worker: Worker) -> None:
        self._leaving.discard(worker)
        if not self._leaving:
            self._all_gone.set()
        if worker.exit_status:
            _log.warning("worker %d, which was to end, %s", worker.pid, worker.described_end())
