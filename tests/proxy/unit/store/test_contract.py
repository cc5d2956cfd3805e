# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both stores do what every store has to."""

from __future__ import annotations

from pathlib import Path

from contracts.store import LastingContract, StoreContract
from sluice_proxy.store.in_thread import InThread
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import Store


class TestMemory(StoreContract):
    async def opened(self, folder: Path) -> Store:
        return await InThread.open(MemoryStore)


class TestSqlite(LastingContract):
    async def opened(self, folder: Path) -> Store:
        return await InThread.open(lambda: SqliteStore(folder / "store" / "edge.db"))
