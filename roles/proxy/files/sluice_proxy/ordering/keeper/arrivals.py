# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates that arrived, on their way to who puts them in force."""

from __future__ import annotations

import asyncio
import logging

from ..keeping import Arrived
from ..model import Obtained

FIRST, LONGEST = 1.0, 60.0
"""Seconds until what was refused is told again, and at most; they double in between."""
_log = logging.getLogger("sluice_proxy.ordering")


class Arrivals:
    """Tells of certificates, many at once, until they are in force."""

    def __init__(self, arrived: Arrived) -> None:
        self._arrived = arrived
        self._waiting: dict[str, Obtained] = {}
        self._some = asyncio.Event()
        self._told: dict[str, asyncio.Future[None]] = {}

    def add(self, name: str, obtained: Obtained) -> asyncio.Future[None]:
        """Have a certificate told for the id of a wish; the future is done when it is in force."""
        self._waiting[name] = obtained
        self._some.set()
        told = self._told.get(name)
        if told is None:
            told = self._told[name] = asyncio.get_running_loop().create_future()
        return told

    def drop(self, name: str) -> None:
        """Tell nothing more for an id that nobody wants."""
        self._waiting.pop(name, None)
        told = self._told.pop(name, None)
        if told is not None:
            told.cancel()

    async def run(self) -> None:
        """Tell of what comes, for ever."""
        pause = FIRST
        while True:
            await self._some.wait()
            self._some.clear()
            batch, self._waiting = self._waiting, {}
            if not batch:
                continue
            try:
                await self._arrived(batch)
            except Exception as error:  # noqa: BLE001 - whatever it was, it is told again
                _log.warning(
                    "%d certificates could not be put in force, tried again in %g s: %s",
                    len(batch), pause, error,
                )  # fmt: skip
                # What arrived since is newer, and some may not be wanted any more.
                wanted = {name: one for name, one in batch.items() if name in self._told}
                self._waiting = wanted | self._waiting
                self._some.set()
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)
            else:
                pause = FIRST
                self._done(batch)

    def _done(self, batch: dict[str, Obtained]) -> None:
        for name in batch:
            if name not in self._waiting and name in self._told:
                told = self._told.pop(name)
                if not told.done():
                    told.set_result(None)
