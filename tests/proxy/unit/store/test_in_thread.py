# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Blocking work beside the loop: in one thread, in order, and ended well."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping, Sequence

import pytest
from sluice_proxy.store.failures import StoreFailed
from sluice_proxy.store.in_thread import InThread
from sluice_proxy.store.items import Applied, Change, Contents, Key, Put
from sluice_proxy.store.memory import MemoryStore

A = Key("route", "a")


class Slow(MemoryStore):
    """Changes nothing before it is let go on, and remembers who did what."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()
        self.threads = {threading.get_ident()}
        self.done: list[str] = []

    def read(self, kinds: object) -> Contents:
        self._note("read")
        return super().read(None)

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> Applied:
        self.go_on.wait()
        self._note(changes[0].key.id)
        return super().apply(changes, unchanged)

    def close(self) -> None:
        self._note("close")

    def _note(self, what: str) -> None:
        self.threads.add(threading.get_ident())
        self.done.append(what)


class Broken(MemoryStore):
    """A store of which nothing can be had."""

    def read(self, kinds: object) -> Contents:
        raise StoreFailed("edge.db", "the disk is full")

    def close(self) -> None:
        raise StoreFailed("edge.db", "the disk is full")


def end_of_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("store"):
            thread.join()


def test_all_of_it_is_done_in_one_other_thread_and_in_order() -> None:
    slow: list[Slow] = []

    def make() -> Slow:
        slow.append(Slow())
        return slow[0]

    async def use() -> None:
        store = await InThread.open(make)
        waiting = [asyncio.create_task(store.apply([Put(Key("route", i), b"")])) for i in "abc"]
        waiting.append(asyncio.create_task(store.apply([Put(Key("route", "d"), b"")])))
        reading = asyncio.create_task(store.read())
        await asyncio.sleep(0)
        waiting[1].cancel()
        # The loop goes on while a change is at work.
        await asyncio.sleep(0.01)
        assert not waiting[0].done()
        slow[0].go_on.set()
        closing = asyncio.create_task(store.close())
        assert list((await reading).items) == [Key("route", i) for i in "abcd"]
        await closing
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(use())
    assert slow[0].done == ["a", "b", "c", "d", "read", "close"]
    assert len(slow[0].threads) == 1
    assert threading.get_ident() not in slow[0].threads


def test_the_thread_begins_as_it_is_told_to() -> None:
    done = []

    async def use() -> None:
        store = await InThread.open(
            lambda: done.append("make") or MemoryStore(), lambda: done.append("begin")
        )
        await store.close()

    asyncio.run(use())
    assert done == ["begin", "make"]


def test_a_store_that_cannot_be_opened_says_why_and_leaves_no_thread() -> None:
    def fail() -> MemoryStore:
        raise StoreFailed("edge.db", "it is damaged")

    before = threading.active_count()
    with pytest.raises(StoreFailed, match="it is damaged"):
        asyncio.run(InThread.open(fail))  # type: ignore[arg-type]
    end_of_threads()
    assert threading.active_count() == before


def test_a_store_that_nobody_waits_for_any_more_is_closed() -> None:
    go_on, slow = threading.Event(), Slow()

    def make() -> Slow:
        go_on.wait()
        return slow

    async def lose_patience() -> None:
        opening = asyncio.create_task(InThread.open(make))
        await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        go_on.set()

    asyncio.run(lose_patience())
    end_of_threads()
    assert slow.done == ["close"]


def test_what_fails_is_told_to_who_asked_and_to_nobody_else() -> None:
    async def use() -> None:
        store = await InThread.open(Broken)
        with pytest.raises(StoreFailed, match="the disk is full"):
            await store.read()
        await store.apply([Put(A, b"1")])
        for _unused in range(2):
            with pytest.raises(StoreFailed, match="the disk is full"):
                await store.close()

    asyncio.run(use())
