# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts snapshots in force: sockets, workers, health checks and logs go over to each as one."""

from __future__ import annotations

import asyncio
import logging
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ..observe.error_log import ErrorLog, set_level
from ..snapshot.issuing import Issuing
from ..snapshot.snapshot import Snapshot, encode
from ..tls.upstream_contexts import UpstreamContexts
from .aside import aside
from .health_checks import HealthChecks
from .health_request import ask
from .logs import LogFiles
from .numbers import traffic_of
from .open_files import raise_open_files
from .sockets import InheritedSockets, ListeningSockets
from .systemd import Notifier
from .worker import InForce, Refused
from .workers import Workers

ADOPTION = 60.0
"""Seconds in which all workers have to take a snapshot over."""

_log = logging.getLogger("sluice_proxy.supervisor")


class Door(Protocol):
    """What the supervisor itself answers at addresses of the snapshot."""

    async def serve(self, snapshot: Snapshot) -> None:
        """Answer as a snapshot says, in place of what was before. Raises OSError."""


class Enforcer:
    """Has one snapshot in force at a time; ``doors`` are set before the first.

    ``factory`` is MODULE:NAME of what makes the data plane in a worker.
    """

    def __init__(self, factory: str, inherited: InheritedSockets, notifier: Notifier) -> None:
        self.snapshot = Snapshot()
        """What is in force; its version is 0 before the first."""
        self.version = 0
        """The last version that workers were told of."""
        self.sockets = ListeningSockets(inherited)
        self.workers = Workers(factory)
        self.logs = LogFiles(self.workers.reopen_logs)
        self.health = HealthChecks(
            lambda target, check: ask(target, check, self._contexts.of),
            self.workers.set_down,
            random.Random(),
        )
        self.doors: Sequence[Door] = ()
        self._contexts = UpstreamContexts()
        self._notifier = notifier
        self._warned: str | None = None
        self._level = ""

    @property
    def log_level(self) -> str:
        """The level of the error logs."""
        return self._level or self.snapshot.logs.level

    def set_log_level(self, level: str) -> None:
        """Log at another level from now on, in every process."""
        self._level = level
        set_level(level)
        self.workers.set_log_level(level)

    async def put_in_force(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot`` in place of what is in force, at the log level that it has.

        Raises OSError or Refused, and then all is as it was.
        """
        asked, version = self._level, self.version
        # There is nothing to go back to.
        first = not self.snapshot.version
        count = _workers(snapshot)
        self._warn_about_files(snapshot, count)
        error_log = ErrorLog(snapshot.logs)
        try:
            if first:
                error_log.use()
            opened = self.sockets.open(snapshot.listeners, count)
            try:
                await self._serve_doors(snapshot)
                await self._push(snapshot, count, "")
            except (OSError, Refused):
                self.sockets.close_again(opened)
                if not first:
                    await self.serve_doors_again()
                    await self._take_back(version)
                raise
        except (OSError, Refused):
            if not first:
                error_log.close()
            raise
        closed = self.sockets.keep_only(snapshot.listeners)
        if opened or closed:
            self._notifier.keep([one for of_one in self.sockets.all().values() for one in of_one])
        if self._level == asked:
            self._level = ""
        self.logs.use(error_log, snapshot.logs)
        self._settle(snapshot)

    async def change_to(self, snapshot: Snapshot) -> None:
        """Serve ``snapshot``, which has what clients are served otherwise than what is in force,
        and all else alike; a log level that was set stays.

        Raises OSError or Refused, and then all is as it was.
        """
        version = self.version
        try:
            await self._push(snapshot, _workers(snapshot), self._level)
        except Exception:
            await self._take_back(version)
            raise
        self._settle(snapshot)

    def _settle(self, snapshot: Snapshot) -> None:
        """Go on in this process with what all workers serve."""
        self.snapshot = snapshot
        self._contexts.forget()
        before = self.health.down
        self.health.follow(snapshot.routes)
        if self.health.down != before:
            # A target that is down may be another route's now.
            self.workers.set_down(self.health.down)
        self.workers.departed.keep_only(traffic_of(snapshot.routes))
        if self._level:
            # It may have been set meanwhile.
            self.set_log_level(self._level)

    async def _serve_doors(self, snapshot: Snapshot) -> None:
        for door in self.doors:
            await door.serve(snapshot)

    async def serve_doors_again(self) -> None:
        """Answer where what is in force says; what cannot be is logged."""
        try:
            await self._serve_doors(self.snapshot)
        except OSError as error:
            _log.error("not all is answered where it was: %s", said(error))

    async def _push(self, snapshot: Snapshot, count: int, level: str) -> None:
        self.version += 1
        # What only the supervisor needs is no worker's.
        theirs = replace(
            snapshot,
            version=self.version,
            workers=count,
            metrics=None,
            store=None,
            admin=None,
            issuing=Issuing(),
            fleet=None,
        )
        force = InForce(
            self.version,
            await aside(encode, theirs),
            [self.sockets.of(listener.address) for listener in snapshot.listeners],
            snapshot.timeouts.drain,
            self.health.down,
            level,
        )
        async with asyncio.timeout(ADOPTION):
            await self.workers.put_in_force(force, count)

    async def _take_back(self, version: int) -> None:
        """Have all workers serve what is in force, those too that went over to something else
        after ``version``."""
        refused = self.version
        if refused == version:
            return
        former = self.snapshot
        try:
            await self._push(former, _workers(former), self._level)
        except (OSError, Refused) as error:
            _log.error("not all workers go back to what they served: %s", said(error))
            self.workers.kill_those_of(refused)

    def _warn_about_files(self, snapshot: Snapshot, count: int) -> None:
        warning = raise_open_files(snapshot.limits, count)
        # Said once, and not with every change.
        if warning is not None and warning != self._warned:
            _log.warning("%s", warning)
        self._warned = warning


def _workers(snapshot: Snapshot) -> int:
    """Return how many workers a snapshot asks for."""
    return snapshot.workers or len(os.sched_getaffinity(0))


def said(error: Exception) -> str:
    """Return an error's text, whatever kind it is."""
    if isinstance(error, TimeoutError) and not str(error):
        return f"the workers did not take the snapshot over within {ADOPTION:g} s"
    return str(error) or type(error).__name__
