# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The supervisor's life: start, changes of the configuration, upgrade, end."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from ..admin.edge import NotInForce
from ..config.loading import Base
from ..config.problems import InvalidConfig
from ..issuing.issuer import LOOKED_AT as RENEWALS
from ..issuing.issuer import Issuer
from . import handover, successor
from .admin_door import AdminDoor
from .all_numbers import all_numbers
from .beside import Beside
from .changes import Changes
from .configuration import read_configuration
from .declaring import Declaring
from .edge import LiveEdge
from .enforcer import Enforcer, said
from .means_of_ordering import Opening
from .metrics_door import MetricsDoor
from .metrics_form import decode_metrics, encode_metrics
from .numbers import HELPS
from .orders import Orders
from .rotation import LOOKED_AT
from .sockets import InheritedSockets, ListeningSockets
from .systemd import Notifier, inherited_sockets
from .tasks import Tasks
from .worker import GRACE, Refused
from .workers import SILENCE

ANSWERING = 2.0
"""Seconds in which clients of the admin API have to take answers, at the end and in an upgrade."""
PINGS = 5.0
"""Seconds between two looks at whether workers answer."""
RETRY = 3.0
"""Seconds until a program that came by an upgrade, and cannot serve, tries again."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)

_log = logging.getLogger("sluice_proxy.supervisor")


class CannotStart(RuntimeError):
    """The proxy cannot serve; the text says why, and what to do."""


class Supervisor:
    """Serves what a configuration file says until it is told to stop.

    ``factory`` is MODULE:NAME of what makes the data plane in a worker.
    """

    def __init__(self, path: Path, factory: str) -> None:
        self._path = path
        self._notifier = Notifier(os.environ)
        self._inherited = InheritedSockets(inherited_sockets(os.environ))
        self._enforcer = Enforcer(factory, self._inherited, self._notifier)
        self._workers = self._enforcer.workers
        self._reloads = {"applied": 0, "refused": 0}
        self._refused = ""
        self._refusals = 0
        self._reload_waits = False
        self._beside = Beside(_block_signals)
        self._changing = asyncio.Lock()
        self._declaring = Declaring(
            self._enforcer,
            self._beside,
            self._changing,
            _block_signals,
            Issuer(os.environ, socket.gethostname()),
            lambda: datetime.now(UTC),
        )
        opening = Opening(_block_signals)
        self._orders = Orders(
            opening.means,
            self._declaring.take_in,
            self._declaring.make_for,
            self._workers.asking,
        )
        self._declaring.followers.append(self._orders.follow)
        self._metrics = MetricsDoor(self._inherited, self._render, self._serves)
        self._changes = Changes(self._declaring, self._enforcer, self._beside, self._changing)
        edge = LiveEdge(
            self._declaring,
            self._orders.certificates,
            self._changes,
            self._enforcer,
            self._render,
            self._serves,
            lambda: self._refused,
        )
        self._admin = AdminDoor(self._inherited, edge)
        self._enforcer.doors = [self._metrics, self._admin]
        self._asked_to_stop = 0
        self._stop = asyncio.Event()
        self._tasks = Tasks()

    async def run(self) -> None:
        """Serve. Raises InvalidConfig or CannotStart when that is not possible."""
        asyncio.get_running_loop().set_default_executor(
            ThreadPoolExecutor(initializer=_block_signals)
        )
        self._listen_to_signals()
        self._tasks.keep_doing(self._enforcer.logs.look, LOOKED_AT)
        self._tasks.keep_doing(self._look_at_workers, PINGS)
        self._tasks.keep_doing(self._declaring.renew, RENEWALS)
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
                await self._serve()
        except (OSError, Refused) as error:
            raise CannotStart(said(error)) from error
        self._inherited.close()

    async def _succeed(self, predecessor: handover.Handover) -> None:
        """Take over from a predecessor; its workers serve for as long as ours cannot."""
        while True:
            try:
                async with self._changing:
                    await self._serve(predecessor.down)
            except (InvalidConfig, OSError, Refused) as error:
                _log.error("the former workers go on: %s", said(error))
                self._notifier.status(f"the former workers go on: {said(error)}")
                await asyncio.sleep(RETRY)
            else:
                self._workers.dismiss_former(self._enforcer.snapshot.timeouts.drain)
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

    async def _serve(self, down: frozenset[tuple[str, str]] | None = None) -> None:
        """Serve what the file says; ``changing`` is held. Raises as ``Declaring.serve``."""
        await self._declaring.serve(await self._read(), down)
        await self._orders.serve(self._declaring.composition)

    async def _read(self) -> Base:
        return await self._beside(read_configuration, self._path, self._enforcer.version + 1)

    def _inherit(self, predecessor: handover.Handover) -> None:
        """Take over what the predecessor left."""
        self._notifier.alive()
        self._enforcer.version = predecessor.version
        self._workers.deaths = predecessor.deaths
        self._reloads = dict(predecessor.reloads)
        self._declaring.inherited = predecessor.declared
        self._workers.departed = decode_metrics(predecessor.departed)
        for left in predecessor.sockets:
            sockets = handover.as_sockets(left.descriptors)
            self._sockets()[left.purpose].adopt(left.address, sockets, of_unit=left.of_unit)
        ends = handover.as_sockets([worker.channel for worker in predecessor.workers])
        self._workers.take_over(
            (worker.pid, end, decode_metrics(worker.numbers))
            for worker, end in zip(predecessor.workers, ends, strict=True)
        )

    async def _end(self) -> None:
        seconds = self._enforcer.snapshot.timeouts.drain if self._asked_to_stop < 2 else 0.0
        self._notifier.stopping(f"draining for at most {seconds:g} s", seconds + 2 * GRACE)
        self._enforcer.health.stop()
        await self._tasks.cancel()
        self._tasks.keep_doing(self._say_alive, 1.0)
        # The change under way needs the sockets. One that workers are long over is nobody's.
        finishing = asyncio.create_task(self._changes.finish())
        await asyncio.wait((finishing,), timeout=min(seconds, GRACE))
        # Who comes now had better be refused than wait for a worker that never takes it.
        kept = self._notifier.keeps_sockets
        self._enforcer.sockets.close(kept=kept)
        await asyncio.gather(
            self._workers.stop(seconds),
            self._admin.close(ANSWERING, kept=kept),
            self._orders.close(),
        )
        self._metrics.close(kept=kept)
        await self._declaring.close()
        self._beside.close()
        _log.info("stopped")

    # Changes

    async def _reload(self) -> None:
        """Read the file again and serve what it says; a bad one changes nothing."""
        async with self._changing:
            self._reload_waits = False
            if self._stop.is_set():
                return
            self._notifier.reloading("reading the configuration")
            try:
                await self._serve()
            except (InvalidConfig, OSError, Refused) as error:
                self._reloads["refused"] += 1
                self._refuse(said(error), "the configuration stays as it was")
            else:
                self._refused = ""
                self._reloads["applied"] += 1
                _log.info("the configuration was read again: %s", self._status())
            self._notifier.ready(self._status())

    def _refuse(self, why: str, so: str) -> None:
        self._refused = why
        self._refusals += 1
        for line in why.splitlines():
            _log.error("%s", line)
        _log.error("%s", so)

    async def _upgrade(self) -> None:
        """Become a new program, if that one can use the configuration; clients do not notice."""
        async with self._changing:
            if self._stop.is_set():
                return
            self._notifier.reloading("upgrading")
            objections = await self._objections()
        if not objections:
            # Changes that wait go on meanwhile; who comes from now on is answered by the new one.
            await self._admin.pause(ANSWERING)
            async with self._changing:
                objections = await self._become_successor()
        if objections:
            no_upgrade = "no upgrade: the new program cannot serve this configuration"
            self._refuse("\n".join(objections), no_upgrade)
        self._notifier.ready(self._status())

    async def _objections(self) -> list[str]:
        try:
            return await successor.objections(self._path)
        except OSError as error:
            return [said(error)]

    async def _become_successor(self) -> list[str]:
        """Return why there is no successor; what was given up for it is taken up again then."""
        await self._orders.close()
        await self._declaring.close()
        successor.block(SIGNALS)
        try:
            # Signals that came already are acted on; those that come from now on wait.
            await asyncio.sleep(0.01)
            if not self._stop.is_set():
                # The next one is some time away: the new program has to start first.
                self._notifier.alive()
                successor.become(self._left())
            return []
        except OSError as error:
            return [said(error)]
        finally:
            successor.unblock(SIGNALS)
            if not self._stop.is_set():
                await self._declaring.open_again()
                await self._orders.serve(self._declaring.composition)
                await self._enforcer.serve_doors_again()

    def _left(self) -> handover.Handover:
        return handover.Handover(
            sockets=[
                handover.LeftSockets(
                    address,
                    [one.fileno() for one in sockets],
                    purpose,
                    address in owner.of_units,
                )
                for purpose, owner in self._sockets().items()
                for address, sockets in owner.all().items()
            ],
            workers=[
                handover.LeftWorker(
                    worker.pid, worker.channel.fileno(), encode_metrics(worker.metrics)
                )
                for worker in self._workers.everybody
            ],
            version=self._enforcer.version,
            down=self._enforcer.health.down,
            departed=encode_metrics(self._workers.departed),
            deaths=self._workers.deaths,
            reloads=self._reloads,
            declared=self._declaring.left(),
        )

    def _sockets(self) -> dict[handover.Purpose, ListeningSockets]:
        return {
            handover.Purpose.CLIENTS: self._enforcer.sockets,
            handover.Purpose.NUMBERS: self._metrics.sockets,
            handover.Purpose.ADMIN: self._admin.sockets,
        }

    # What is told, and done again and again

    async def _render(self) -> str:
        days = self._declaring.local_ca_days_left
        numbers = await all_numbers(self._enforcer, self._reloads, days)
        with suppress(NotInForce):
            numbers.merge(self._orders.metrics(self._declaring.composition))
        return numbers.render(HELPS)

    def _serves(self) -> bool:
        """Whether clients are served: those of before an upgrade do so until ours can."""
        return not self._stop.is_set() and self._workers.answered_within(SILENCE)

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
        loop.add_signal_handler(signal.SIGUSR1, self._enforcer.logs.reopen)
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

    def _status(self) -> str:
        snapshot = self._enforcer.snapshot
        addresses = ", ".join(str(listener.address) for listener in snapshot.listeners)
        refused = ""
        if self._refused:
            # The number tells whoever waits for a change one refusal from the next.
            refused = f", the last change was refused ({self._refusals} so far): see the error log"
        if self._declaring.trouble:
            refused += ", the store cannot be used: see the error log"
        return (
            f"version {self._enforcer.version}, {len(self._workers.serving)} workers,"
            f" {len(snapshot.routes)} routes, {len(snapshot.certificates)} certificates,"
            f" listening on {addresses or 'nothing'}{refused}"
        )


def _block_signals() -> None:
    # A signal that comes in an upgrade has to wait, whichever thread could take it.
    successor.block(SIGNALS)
