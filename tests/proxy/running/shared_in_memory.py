# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes share, in the memory of a test; it can be unreachable for some of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sluice_proxy.fleet.records import Records
from sluice_proxy.fleet.shared import Changes, Lease, Record, Unreachable
from sluice_proxy.fleet.told import Told

T = TypeVar("T")

_open: list[Records] = []


def records_in_memory(clock: Callable[[], float]) -> Records:
    """Return records without a file, which `close_records` closes."""
    records = Records(None, clock)
    _open.append(records)
    return records


def close_records() -> None:
    """Close all records that were made: those who share them do not know who is the last."""
    while _open:
        _open.pop().close()


class SharedInMemory:
    """A Shared without threads: what one node sees of ``records``."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.down = ""
        """Why it cannot be reached, empty while it can be."""
        self.done: list[tuple[str, str]] = []
        """The methods that were called, with the kind or the name that they are about."""
        self.fails: dict[str, str] = {}
        """Methods that cannot be reached, and why."""
        self.delay = 0.0
        """Seconds between what is done and the answer to it."""
        self._told = Told()

    async def get(self, kind: str, name: str) -> Record | None:
        return await self._do("get", kind, lambda: self.records.get(kind, name))

    async def changes(self, kind: str, since: int = 0) -> Changes:
        def told() -> Changes:
            known = since if self._told.has(kind, "", since) else 0
            changes = self.records.changes(kind, known)
            self._told.note(kind, "", changes.revision)
            return changes

        return await self._do("changes", kind, told)

    async def put(
        self,
        kind: str,
        name: str,
        document: bytes,
        *,
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> Record:
        return await self._do(
            "put", kind, lambda: self.records.put(kind, name, document, lease, seconds)
        )

    async def remove(self, kind: str, name: str, *, lease: Lease | None = None) -> None:
        await self._do("remove", kind, lambda: self.records.remove(kind, name, lease))

    async def add(self, kind: str, name: str, document: bytes) -> Record:
        return await self._do("add", kind, lambda: self.records.add(kind, name, document))

    async def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        return await self._do("lease", name, lambda: self.records.lease(name, holder, seconds))

    async def renew(self, lease: Lease, seconds: float) -> None:
        await self._do("renew", lease.name, lambda: self.records.renew(lease, seconds))

    async def release(self, lease: Lease) -> None:
        await self._do("release", lease.name, lambda: self.records.release(lease))

    async def allow(self, name: str, most: int, window: float) -> float:
        return await self._do("allow", name, lambda: self.records.allow(name, most, window))

    async def allowed(self, name: str, window: float) -> int:
        return await self._do("allowed", name, lambda: self.records.allowed(name, window))

    @property
    def trouble(self) -> str:
        return self.down

    async def close(self) -> None:
        return

    async def _do(self, method: str, about: str, work: Callable[[], T]) -> T:
        # Others get their turn, as with a real one.
        await asyncio.sleep(0)
        self.done.append((method, about))
        if self.down or method in self.fails:
            raise Unreachable(self.down or self.fails[method])
        result = work()
        await asyncio.sleep(self.delay)
        return result
