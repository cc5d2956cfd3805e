# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a node alone shares with itself over restarts, and with the program that succeeds it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from ..store.failures import StoreFailed
from .naming import check, check_text
from .records import Records
from .shared import Changes, Lease, Record, Unreachable
from .told import Told

T = TypeVar("T")


class Alone:
    """Shared, in the database at ``path``, or in memory where that is None.

    Its work is done in a thread of its own, which does ``begin`` before anything else. The
    database is opened when it is first needed, and anew after it failed. ``clock`` tells seconds
    since 1970.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        begin: Callable[[], None] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, "fleet", begin)
        self._records: Records | None = None
        self._lives = 0
        self._told = Told()
        self._trouble = ""
        self._closing: asyncio.Future[None] | None = None

    async def get(self, kind: str, name: str) -> Record | None:
        """As Shared."""
        check(kind, name)
        return await self._do(lambda records: records.get(kind, name))

    async def changes(self, kind: str, since: int = 0) -> Changes:
        """As Shared."""
        check(kind)
        return await self._do(lambda records: self._changes(records, kind, since))

    async def put(
        self,
        kind: str,
        name: str,
        document: bytes,
        *,
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> Record:
        """As Shared."""
        check(kind, name)
        return await self._do(lambda records: records.put(kind, name, document, lease, seconds))

    async def remove(self, kind: str, name: str, *, lease: Lease | None = None) -> None:
        """As Shared."""
        check(kind, name)
        await self._do(lambda records: records.remove(kind, name, lease))

    async def add(self, kind: str, name: str, document: bytes) -> Record:
        """As Shared."""
        check(kind, name)
        return await self._do(lambda records: records.add(kind, name, document))

    async def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        """As Shared."""
        check_text(name)
        return await self._do(lambda records: records.lease(name, holder, seconds))

    async def renew(self, lease: Lease, seconds: float) -> None:
        """As Shared."""
        await self._do(lambda records: records.renew(lease, seconds))

    async def release(self, lease: Lease) -> None:
        """As Shared."""
        await self._do(lambda records: records.release(lease))

    async def allow(self, name: str, most: int, window: float) -> float:
        """As Shared."""
        check_text(name)
        return await self._do(lambda records: records.allow(name, most, window))

    async def allowed(self, name: str, window: float) -> int:
        """As Shared."""
        check_text(name)
        return await self._do(lambda records: records.allowed(name, window))

    @property
    def trouble(self) -> str:
        """As Shared."""
        return self._trouble

    async def close(self) -> None:
        """Finish what was handed in, and let go of the database."""
        if self._closing is None:
            loop = asyncio.get_running_loop()
            self._closing = loop.run_in_executor(self._thread, self._let_go)
            self._thread.shutdown(wait=False)
        await asyncio.shield(self._closing)

    async def _do(self, work: Callable[[Records], T]) -> T:
        """Return what ``work`` returns. It is done also if who waits for it is cancelled."""
        if self._closing is not None:
            raise Unreachable("what is shared: it is closed, as the proxy ends")
        loop = asyncio.get_running_loop()
        try:
            done = await asyncio.shield(loop.run_in_executor(self._thread, self._done, work))
        except StoreFailed as failure:
            self._trouble = str(failure)
            raise Unreachable(self._trouble) from failure
        self._trouble = ""
        return done

    def _done(self, work: Callable[[Records], T]) -> T:
        if self._records is None:
            self._records = Records(self._path, self._clock)
            self._lives += 1
        try:
            return work(self._records)
        except StoreFailed:
            if self._path is not None:
                self._let_go()
            raise

    def _changes(self, records: Records, kind: str, since: int) -> Changes:
        life = str(self._lives)
        known = since if self._told.has(kind, life, since) else 0
        changes = records.changes(kind, known)
        self._told.note(kind, life, changes.revision)
        return changes

    def _let_go(self) -> None:
        records, self._records = self._records, None
        if records is not None:
            with suppress(StoreFailed):
                records.close()
