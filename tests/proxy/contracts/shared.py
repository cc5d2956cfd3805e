# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What everything that nodes share things by is held to: a test class of it inherits from these.

``SharedContract`` is for all, ``LastingContract`` for what is kept over a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sluice_proxy.fleet.shared import Shared, Unreachable

from contracts.shared_changes import ChangesContract
from contracts.shared_documents import DocumentsContract
from contracts.shared_leases import LeasesContract
from contracts.sharing import LONG, SHORT, Node

SECRET = b"-----BEGIN PRIVATE KEY-----"


class SharedContract(DocumentsContract, ChangesContract, LeasesContract):
    # The end

    def test_who_is_cancelled_leaves_the_others_as_they_are(self, node: Node) -> None:
        async def lose_patience() -> list[bytes]:
            for number in range(20):
                waiting = asyncio.create_task(node.shared.put("answer", "a", b"%d" % number))
                await asyncio.sleep(0.0002 * (number % 5))
                waiting.cancel()
                await asyncio.gather(waiting, return_exceptions=True)
            names = [f"n{number}" for number in range(20)]
            putting = (node.shared.put("answer", name, name.encode()) for name in names)
            return [record.document for record in await asyncio.gather(*putting)]

        assert node.run(lose_patience()) == [b"n%d" % number for number in range(20)]
        for number in range(20):
            assert node.get(f"n{number}") == b"n%d" % number

    def test_when_it_is_closed_it_says_so(self, node: Node) -> None:
        node.put("a", b"1")
        node.run(node.shared.close())
        node.run(node.shared.close())

        with pytest.raises(Unreachable, match="closed"):
            node.get("a")

    def test_there_is_no_trouble_as_long_as_it_can_be_reached(self, node: Node) -> None:
        assert node.shared.trouble == ""
        node.put("a", b"1")
        assert node.shared.trouble == ""


class LastingContract(SharedContract):
    async def restarted(self, folder: Path) -> Shared:
        """Have what keeps it start anew, and return what a node shares then."""
        raise NotImplementedError

    @pytest.fixture
    def restarting(
        self, runner: asyncio.Runner, node: Node, tmp_path: Path
    ) -> Iterator[Callable[[], Node]]:
        opened: list[Node] = []

        def restart() -> Node:
            runner.run(node.shared.close())
            opened.append(Node(runner, runner.run(self.restarted(tmp_path))))
            return opened[-1]

        yield restart
        for one in opened:
            runner.run(one.shared.close())

    def test_everything_is_there_after_a_restart(
        self, node: Node, restarting: Callable[[], Node]
    ) -> None:
        node.put("a", b"1")
        node.put("a", SECRET)
        node.put("b", b"2", seconds=LONG)
        node.put("c", b"3")
        node.remove("c")
        node.put("ca", b"4", kind="account")
        before = node.changes()

        again = restarting()
        assert again.changes() == before
        assert set(before.put) == {"a", "b"}
        assert again.get("ca", "account") == b"4"

    def test_revisions_go_on_after_a_restart_though_nothing_is_left(
        self, node: Node, restarting: Callable[[], Node]
    ) -> None:
        node.put("a", b"1")
        node.remove("a")
        before = node.changes().revision

        again = restarting()
        assert again.changes().put == {}
        assert again.put("a", b"1") > before

    def test_a_lease_outlives_a_restart_and_so_does_the_order_of_fences(
        self, node: Node, restarting: Callable[[], Node]
    ) -> None:
        held = node.leased("a", "one")
        released = node.leased("b", "one")
        node.run(node.shared.release(released))

        again = restarting()
        assert again.lease("a", "two") is None
        assert again.holds(held)
        assert again.leased("b", "two").fence > released.fence
        again.put("x", b"1", lease=held)

    def test_what_happened_before_a_restart_counts(
        self, node: Node, restarting: Callable[[], Node]
    ) -> None:
        assert [node.allow() for _unused in range(3)] == [0, 0, 0]

        assert restarting().allow() > 0

    def test_what_ended_meanwhile_is_gone_after_a_restart(
        self, node: Node, restarting: Callable[[], Node]
    ) -> None:
        node.put("a", b"1", seconds=SHORT)
        node.put("b", b"1")
        node.wait_until_gone("a")

        again = restarting()
        assert set(again.changes().put) == {"b"}
        assert again.get("a") is None
