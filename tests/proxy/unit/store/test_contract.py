# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both stores do what every store has to."""

from __future__ import annotations

from pathlib import Path

from contracts.store import LastingContract, StoreContract
from sluice_proxy.store.in_thread import InThread
from sluice_proxy.store.items import Contents, Key, Put, Remove
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER, Store


class TestMemory(StoreContract):
    async def opened(self, folder: Path) -> Store:
        return await InThread.open(MemoryStore)


class TestSqlite(LastingContract):
    async def opened(self, folder: Path) -> Store:
        return await InThread.open(lambda: SqliteStore(folder / "store" / "edge.db"))


def test_a_store_in_memory_goes_on_with_what_another_had() -> None:
    former = MemoryStore()
    former.apply([Put(Key("route", "a"), b"1"), Put(Key("page", "502"), b"2")], WHATEVER)
    former.apply([Remove(Key("page", "502"))], WHATEVER)

    store = MemoryStore(former.read(None))
    assert store.read(None) == former.read(None)
    assert store.apply([Put(Key("route", "a"), b"3", expected=1)], {"route": 2}).revision == 3
    assert MemoryStore(Contents(7, {})).apply([Put(Key("route", "a"), b"")], WHATEVER).revision == 8
