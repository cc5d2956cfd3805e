# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the supervisor does beside its main course, until it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

_log = logging.getLogger("sluice_proxy.supervisor")


class Tasks:
    """Work under way: what fails in it is logged, and hurts nothing else."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Future[None]] = set()

    def begin(self, work: Awaitable[None]) -> None:
        """Do ``work``."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def keep_doing(self, what: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Do ``what`` now, and again ``seconds`` after each time that it was done."""

        async def again() -> None:
            while True:
                try:
                    await what()
                except Exception:  # noqa: BLE001 - the next time it may go well
                    _log.exception("the supervisor failed at something")
                await asyncio.sleep(seconds)

        self.begin(again())

    async def cancel(self) -> None:
        """End what is under way; returns when it has ended."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _done(self, task: asyncio.Future[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("the supervisor failed at something", exc_info=task.exception())
