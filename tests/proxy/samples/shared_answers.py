# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What nodes share, in memory, for what publishes answers: it counts, fails and waits as told."""

from __future__ import annotations

import asyncio

from sluice_proxy.fleet.shared import Changes, Lease, Record, Unreachable


class SharedAnswers:
    """Documents of any kind, without leases and counts."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.seconds: dict[str, float | None] = {}
        self._gone: dict[str, int] = {}
        self._revision = 0
        self.trouble = ""
        """Why it cannot be reached, empty when it can."""
        self.looks = 0
        """How often it was asked for changes."""
        self.at_once = 0
        self.most_at_once = 0
        self.open = asyncio.Event()
        """Questions for changes are answered while it is set."""
        self.open.set()

    def _reached(self) -> None:
        if self.trouble:
            raise Unreachable(self.trouble)

    async def get(self, kind: str, name: str) -> Record | None:
        self._reached()
        return self.records.get(name)

    async def changes(self, kind: str, since: int = 0) -> Changes:
        self.looks += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.open.wait()
        finally:
            self.at_once -= 1
        self._reached()
        return Changes(
            self._revision,
            {name: record for name, record in self.records.items() if record.revision > since},
            tuple(name for name, revision in self._gone.items() if revision > since),
            whole=since == 0,
        )

    async def put(
        self,
        kind: str,
        name: str,
        document: bytes,
        *,
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> Record:
        self._reached()
        self._revision += 1
        self._gone.pop(name, None)
        self.records[name] = record = Record(document, self._revision)
        self.seconds[name] = seconds
        return record

    async def remove(self, kind: str, name: str, *, lease: Lease | None = None) -> None:
        self._reached()
        if self.records.pop(name, None) is not None:
            self._revision += 1
            self._gone[name] = self._revision

    async def add(self, kind: str, name: str, document: bytes) -> Record:
        raise NotImplementedError

    async def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        raise NotImplementedError

    async def renew(self, lease: Lease, seconds: float) -> None:
        raise NotImplementedError

    async def release(self, lease: Lease) -> None:
        raise NotImplementedError

    async def allow(self, name: str, most: int, window: float) -> float:
        raise NotImplementedError

    async def allowed(self, name: str, window: float) -> int:
        raise NotImplementedError

    async def close(self) -> None:
        """There is nothing to let go of."""
