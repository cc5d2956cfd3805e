# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes what is in force beside its store, after each change and in nobody's way."""

from __future__ import annotations

import asyncio
import logging

from .kept import Kept
from .last_good import place_of, write_last_good

_log = logging.getLogger("sluice_proxy.supervisor")


class KeepingLastGood:
    """Writes one after the other; of changes that come meanwhile only the last counts."""

    def __init__(self) -> None:
        self._wanted: Kept | None = None
        self._writing: asyncio.Task[None] | None = None
        self._trouble = ""

    def write(self, kept: Kept) -> None:
        """Begin to write what a store has now; one in memory has no file beside it."""
        if kept.path is None or not kept.is_open:
            return
        self._wanted = kept
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def finish(self) -> None:
        """Return when all is written."""
        if self._writing is not None:
            await self._writing

    async def _write(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while (kept := self._wanted) is not None:
                self._wanted = None
                place = place_of(str(kept.path))
                try:
                    await loop.run_in_executor(None, write_last_good, place, kept.contents)
                    self._trouble = ""
                except OSError as error:
                    self._tell(f"{place} cannot be written: {error.strerror or error}")
        finally:
            self._writing = None

    def _tell(self, trouble: str) -> None:
        if trouble != self._trouble:
            _log.warning("%s; it is for a start without the store", trouble)
        self._trouble = trouble
