# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A blocking store used from a loop: its work is done beside it, one piece after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from .failures import StoreFailed
from .items import Applied, Change, Contents
from .store import WHATEVER, BlockingStore

T = TypeVar("T")


class InThread:
    """A Store that has a BlockingStore do the work, in a thread of its own.

    What is handed in is done in that order, so a read tells what was changed before it, and no
    two changes are at work at once.
    """

    def __init__(self, store: BlockingStore, thread: ThreadPoolExecutor) -> None:
        self._store = store
        self._thread = thread
        self._closing: asyncio.Future[None] | None = None

    @classmethod
    async def open(
        cls, make: Callable[[], BlockingStore], begin: Callable[[], None] | None = None
    ) -> InThread:
        """Return the store that ``make`` returns, and raise what it raises.

        ``make`` runs in the thread as everything else does, and ``begin`` before it, for example
        to keep signals away from there. When the caller is cancelled, the store is closed.
        """
        thread = ThreadPoolExecutor(1, "store", begin)
        opening = thread.submit(make)
        try:
            return cls(await asyncio.shield(asyncio.wrap_future(opening)), thread)
        except BaseException:
            thread.submit(lambda: opening.result().close())
            thread.shutdown(wait=False)
            raise

    async def read(self, kinds: Collection[str] | None = None) -> Contents:
        """Return what is there when everything is done that was handed in before."""
        wanted = None if kinds is None else frozenset(kinds)
        return await self._do(lambda: self._store.read(wanted))

    async def apply(
        self, changes: Sequence[Change], unchanged: Mapping[str, int] = WHATEVER
    ) -> Applied:
        """Make the changes after everything that was handed in before."""
        # The caller may go on with its own.
        copy, expected = tuple(changes), dict(unchanged)
        return await self._do(lambda: self._store.apply(copy, expected))

    async def take_over(self, contents: Contents) -> None:
        """Have what another store had, after everything that was handed in before."""
        await self._do(lambda: self._store.take_over(contents))

    async def close(self) -> None:
        """Finish what was handed in, and close the store."""
        if self._closing is None:
            self._closing = _begun(self._thread, self._store.close)
            self._thread.shutdown(wait=False)
        await asyncio.shield(self._closing)

    async def _do(self, work: Callable[[], T]) -> T:
        if self._closing is not None:
            raise StoreFailed("the store", "it is closed, as the proxy ends")
        return await _done(self._thread, work)


async def _done(thread: ThreadPoolExecutor, work: Callable[[], T]) -> T:
    """Return what ``work`` returns. It is done also if who waits for it is cancelled."""
    return await asyncio.shield(_begun(thread, work))


def _begun(thread: ThreadPoolExecutor, work: Callable[[], T]) -> asyncio.Future[T]:
    return asyncio.get_running_loop().run_in_executor(thread, work)
