# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The worker processes: started, replaced when they die, and sent away."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..observe.metrics import Metrics
from .backoff import Backoff
from .channel import Channel, Message, channel_pair
from .metrics_form import decode_metrics
from .sockets import Sharing, share_out

SILENCE = 20.0
"""Seconds after which a worker that answers nothing is killed and replaced."""
GRACE = 5.0
"""Seconds that a worker has, after the time to drain, to end by itself."""

_CHANNEL_DESCRIPTOR = 3
_PACKAGES = Path(__file__).resolve().parents[2]

_log = logging.getLogger("sluice_proxy.supervisor")


@dataclass(frozen=True, slots=True)
class InForce:
    """What workers are to serve: an encoded snapshot, its sockets, and the targets that are down.

    ``sockets`` has those of each listener of the snapshot, in its order; ``drain`` is how many
    seconds a worker has to finish in whose place goes away.
    """

    version: int
    encoded: bytes
    sockets: Sharing
    drain: float = 30.0
    down: frozenset[tuple[str, str]] = frozenset()


class Refused(RuntimeError):
    """A worker cannot take a snapshot over."""


class Died(Refused):
    """A worker ended before it had taken a snapshot over."""


class Worker:
    """One process, from its start, or its take-over in an upgrade, to its end."""

    def __init__(self, pid: int, channel_end: Any, ended: Callable[[Worker], None]) -> None:
        loop = asyncio.get_running_loop()
        self.pid = pid
        self.adopted = 0
        """The version of the snapshot that it serves; 0 before the first."""
        self.metrics = Metrics()
        """Its numbers, as it told them last."""
        self.heard = loop.time()
        self.drains = False
        self.exit_status: int | None = None
        self._ended = ended
        self._loop = loop
        self._versions: dict[int, asyncio.Future[None]] = {}
        self._reports: list[asyncio.Future[None]] = []
        self._killing: asyncio.TimerHandle | None = None
        self.channel = Channel(channel_end, self._received, lambda: None)
        self._process = os.pidfd_open(pid)
        loop.add_reader(self._process, self._exited)

    async def adopt(self, force: InForce, mine: Sequence[tuple[int, Any]]) -> None:
        """Have it serve what is in force; raises Refused, also when it dies over it."""
        done = self._versions.setdefault(force.version, self._loop.create_future())
        self.channel.send(
            "adopt",
            {"version": force.version, "places": [place for place, _unused in mine]},
            [force.encoded, _encoded(force.down)],
            [one for _unused, one in mine],
        )
        await asyncio.shield(done)

    def report(self) -> asyncio.Future[None]:
        """Ask for its numbers; what is returned is done when they are there, or it is not."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._reports.append(done)
        self.channel.send("report")
        return done

    def ping(self) -> None:
        """Have it say that it is there."""
        self.channel.send("ping")

    def set_down(self, down: frozenset[tuple[str, str]]) -> None:
        """Tell it which targets are down."""
        self.channel.send("down", payloads=[_encoded(down)])

    def drain(self, seconds: float) -> None:
        """Have it finish within ``seconds``, and end; it is killed if it does not."""
        self.channel.send("drain", {"seconds": seconds})
        if not self.drains:
            self.drains = True
            self._killing = self._loop.call_later(seconds + GRACE, self.kill)

    def kill(self) -> None:
        """End it at once."""
        if self.exit_status is None:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def _received(self, message: Message) -> None:
        self.heard = self._loop.time()
        match message.kind:
            case "adopted":
                self.adopted = version = message.values["version"]
                self._answer(version, None)
            case "refused":
                self._answer(message.values["version"], Refused(message.values["reason"]))
            case "report":
                self.metrics = decode_metrics(message.payloads[0])
                self._reported()

    def _answer(self, version: int, refused: Refused | None) -> None:
        done = self._versions.pop(version, None)
        if done is not None and not done.done():
            if refused is None:
                done.set_result(None)
            else:
                done.set_exception(refused)
                # Nobody may be waiting any more.
                done.exception()

    def _reported(self) -> None:
        reports, self._reports = self._reports, []
        for done in reports:
            if not done.done():
                done.set_result(None)

    def _exited(self) -> None:
        self._loop.remove_reader(self._process)
        # Its last numbers may still be in the channel.
        self.channel.drain_incoming()
        self.channel.close()
        try:
            self.exit_status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            self.exit_status = 0
        os.close(self._process)
        if self._killing is not None:
            self._killing.cancel()
        for version in list(self._versions):
            self._answer(version, Died(f"worker {self.pid} {_described(self.exit_status)}"))
        self._reported()
        self._ended(self)


class Workers:
    """One worker in each of a number of places, and those that are on their way out."""

    def __init__(self, factory: str, silence: float = SILENCE) -> None:
        self._factory = factory
        self._silence = silence
        self._loop = asyncio.get_running_loop()
        self._places: list[Worker | None] = []
        self._backoffs: list[Backoff] = []
        self._leaving: set[Worker] = set()
        self._force: InForce | None = None
        self._stopping = False
        self._all_gone = asyncio.Event()
        self.departed = Metrics()
        """What workers counted that are gone."""
        self.deaths = 0
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
        self._force = force
        surplus, self._places = self._places[count:], self._places[:count]
        missing = count - len(self._places)
        self._places += [None] * missing
        self._backoffs += [Backoff() for _unused in range(count - len(self._backoffs))]
        results = await asyncio.gather(
            *(self._bring_up(place, force) for place in range(count)), return_exceptions=True
        )
        failed = [result for result in results if isinstance(result, BaseException)]
        if failed:
            raise failed[0]
        # Only now: till here the surplus served what it still listens to.
        for worker in surplus:
            if worker is not None:
                self._leave(worker, force.drain)

    async def _bring_up(self, place: int, force: InForce) -> None:
        try:
            await self._adopt(place, force)
        except Died:
            # Its death may have nothing to do with the snapshot; that of the next one has.
            await self._adopt(place, force)

    async def _adopt(self, place: int, force: InForce) -> None:
        worker = self._places[place]
        if worker is None:
            worker = self._start(place)
        await worker.adopt(force, share_out(force.sockets, place, len(self._places)))

    def take_over(self, processes: Iterable[tuple[int, Any]]) -> None:
        """Take workers of a former supervisor over, to send them away when ours serve."""
        for pid, channel_end in processes:
            self._leaving.add(Worker(pid, channel_end, self._left))

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
        whole.merge(self.departed)
        for worker in self.everybody:
            whole.merge(worker.metrics)
        return whole

    def kill_silent(self) -> None:
        """Kill workers that were not heard of for too long; they are replaced."""
        now = self._loop.time()
        for worker in self.everybody:
            if now - worker.heard > self._silence and not worker.drains:
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

    def addresses(self) -> list[tuple[int, int]]:
        """Return (process id, descriptor of the channel) of all, for a successor."""
        return [(worker.pid, worker.channel.fileno()) for worker in self.everybody]

    def _leave(self, worker: Worker, seconds: float) -> None:
        self._leaving.add(worker)
        worker.drain(seconds)

    def _start(self, place: int) -> Worker:
        ours, theirs = channel_pair()
        try:
            pid = os.posix_spawn(
                sys.executable,
                [
                    sys.executable,
                    "-m",
                    "sluice_proxy.supervisor.worker_process",
                    str(_CHANNEL_DESCRIPTOR),
                    self._factory,
                ],
                worker_environment(os.environ),
                file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), _CHANNEL_DESCRIPTOR)],
                setsigmask=(),
                setsigdef=(signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2),
            )
        finally:
            theirs.close()
        worker = Worker(pid, ours, self._died)
        self._places[place] = worker
        return worker

    def _died(self, worker: Worker) -> None:
        """Replace a worker that nobody sent away."""
        self.departed.merge(without_gauges(worker.metrics))
        if worker in self._leaving:
            self._left_at_last(worker)
            return
        place = self._places.index(worker)
        self._places[place] = None
        if self._stopping:
            return
        self.deaths += 1
        wait = self._backoffs[place].delay(self._loop.time(), served=worker.adopted > 0)
        how = _described(worker.exit_status)
        _log.error("worker %d %s; another one starts in %g s", worker.pid, how, wait)
        task = self._loop.create_task(self._replace(place, wait))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _replace(self, place: int, wait: float) -> None:
        await asyncio.sleep(wait)
        force = self._force
        if self._stopping or force is None or place >= len(self._places):
            return
        if self._places[place] is not None:
            return
        try:
            await self._bring_up(place, force)
        except Refused as refused:
            _log.error("a new worker cannot serve: %s", refused)

    def _left(self, worker: Worker) -> None:
        self.departed.merge(without_gauges(worker.metrics))
        self._left_at_last(worker)

    def _left_at_last(self, worker: Worker) -> None:
        self._leaving.discard(worker)
        if not self._leaving:
            self._all_gone.set()
        if worker.exit_status:
            how = _described(worker.exit_status)
            _log.warning("worker %d, which was to end, %s", worker.pid, how)


def without_gauges(metrics: Metrics) -> Metrics:
    """Return numbers without those that only say how it is at present."""
    kept = Metrics()
    kept.merge(metrics)
    kept.gauges.clear()
    return kept


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of workers: they find this package, and tell systemd nothing."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "FDSTORE")
        and not name.startswith("LISTEN_")
    }
    path = [str(_PACKAGES), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def _encoded(down: frozenset[tuple[str, str]]) -> bytes:
    return json.dumps(sorted(down)).encode()


def _described(status: int | None) -> str:
    if status is not None and status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"
