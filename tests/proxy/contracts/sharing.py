# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes that share something, for tests of what that has to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sluice_proxy.fleet.shared import Changes, Lease, LeaseLost, Shared, Unreachable

LONG = 60.0
"""Seconds that no test takes."""
SHORT = 0.02
"""Seconds that are soon over."""
T = TypeVar("T")


class Node:
    """What a node shares, called from outside of its loop."""

    def __init__(self, runner: asyncio.Runner, shared: Shared) -> None:
        self.shared = shared
        self._runner = runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def after_what_has_happened() -> T:
            # The loop of a node goes on all the time, and knows which connections are closed.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            return await work

        return self._runner.run(after_what_has_happened())

    def get(self, name: str, kind: str = "answer") -> bytes | None:
        record = self.run(self.shared.get(kind, name))
        return None if record is None else record.document

    def put(
        self,
        name: str,
        document: bytes,
        *,
        kind: str = "answer",
        lease: Lease | None = None,
        seconds: float | None = None,
    ) -> int:
        put = self.shared.put(kind, name, document, lease=lease, seconds=seconds)
        return self.run(put).revision

    def remove(self, name: str, *, kind: str = "answer", lease: Lease | None = None) -> None:
        self.run(self.shared.remove(kind, name, lease=lease))

    def changes(self, since: int = 0, kind: str = "answer") -> Changes:
        return self.run(self.shared.changes(kind, since))

    def lease(self, name: str, holder: str, seconds: float = LONG) -> Lease | None:
        return self.run(self.shared.lease(name, holder, seconds))

    def leased(self, name: str, holder: str, seconds: float = LONG) -> Lease:
        """Return a lease, as soon as it can be had."""

        async def wait() -> Lease:
            while (lease := await self.shared.lease(name, holder, seconds)) is None:
                await asyncio.sleep(SHORT / 4)
            return lease

        return self.run(wait())

    def holds(self, lease: Lease) -> bool:
        try:
            self.run(self.shared.renew(lease, LONG))
        except LeaseLost:
            return False
        return True

    def wait_until_lost(self, lease: Lease) -> None:
        """Wait until the time of a lease is over; to look does not prolong it."""

        async def wait() -> None:
            while True:
                try:
                    await self.shared.remove("probe", "none", lease=lease)
                except LeaseLost:
                    return
                await asyncio.sleep(SHORT / 4)

        self.run(wait())

    def wait_until_gone(self, name: str) -> None:
        """Wait until the time of a document is over."""

        async def wait() -> None:
            while await self.shared.get("answer", name) is not None:
                await asyncio.sleep(SHORT / 4)

        self.run(wait())

    def allow(self, name: str = "orders", most: int = 3, window: float = LONG) -> float:
        return self.run(self.shared.allow(name, most, window))


def refused(node: Node) -> str:
    """Return why a node cannot share anything."""
    with pytest.raises(Unreachable) as unreachable:
        node.put("a", b"1")
    assert node.shared.trouble == str(unreachable.value)
    assert "\n" not in node.shared.trouble
    return node.shared.trouble


class View:
    """What a node knows by asking for changes again and again."""

    def __init__(self, node: Node, kind: str = "answer") -> None:
        self._node = node
        self._kind = kind
        self._since = 0
        self.documents: dict[str, bytes] = {}

    def look(self) -> Changes:
        return self._node.run(self.look_within())

    async def look_within(self) -> Changes:
        changes = await self._node.shared.changes(self._kind, self._since)
        assert not set(changes.put) & set(changes.removed)
        if changes.whole:
            assert not changes.removed
            self.documents = {}
        for name in changes.removed:
            self.documents.pop(name, None)
        self.documents |= {name: record.document for name, record in changes.put.items()}
        self._since = changes.revision
        return changes


class Nodes:
    """The nodes of a test: ``opened`` says what they share."""

    async def opened(self, folder: Path) -> Shared:
        """Return what a node shares; what is opened in the same folder is of one fleet."""
        raise NotImplementedError

    @pytest.fixture
    def runner(self) -> Iterator[asyncio.Runner]:
        with asyncio.Runner() as runner:
            yield runner

    @pytest.fixture
    def opening(self, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Callable[[], Node]]:
        """Yield what returns another node of the fleet."""
        opened: list[Node] = []

        def another() -> Node:
            opened.append(Node(runner, runner.run(self.opened(tmp_path))))
            return opened[-1]

        yield another
        for node in opened:
            runner.run(node.shared.close())

    @pytest.fixture
    def node(self, opening: Callable[[], Node]) -> Node:
        return opening()

    @pytest.fixture
    def other(self, opening: Callable[[], Node], node: Node) -> Node:
        return opening()

    def lose(self) -> bool:
        """Have everything lost that nodes share, where something but them can do that."""
        return False
