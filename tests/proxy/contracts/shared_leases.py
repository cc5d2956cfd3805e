# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held true of leases, and of what may happen only so often."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from sluice_proxy.fleet.shared import Lease, LeaseLost, Shared

from contracts.sharing import LONG, SHORT, Node, Nodes


class LeasesContract(Nodes):
    # Leases

    def test_one_holds_a_lease_until_it_is_released(self, node: Node, other: Node) -> None:
        lease = node.leased("certificate a", "one")
        assert other.lease("certificate a", "two") is None
        assert other.lease("certificate b", "two") is not None

        node.run(node.shared.release(lease))
        node.run(node.shared.release(lease))
        second = other.lease("certificate a", "two")
        assert second is not None
        assert second.fence > lease.fence
        node.run(node.shared.release(lease))
        assert other.holds(second)
        assert not node.holds(lease)

    def test_who_has_a_lease_gets_a_new_one_and_the_former_is_lost(self, node: Node) -> None:
        first = node.leased("a", "one")
        second = node.leased("a", "one")

        assert second.fence > first.fence
        assert not node.holds(first)
        assert node.holds(second)

    def test_a_lease_ends_with_its_time(self, node: Node, other: Node) -> None:
        lease = node.leased("a", "one", SHORT)
        second = other.leased("a", "two")

        assert second.fence > lease.fence
        assert not node.holds(lease)

    def test_a_lease_whose_time_is_over_is_lost_though_nobody_took_it(self, node: Node) -> None:
        lease = node.leased("a", "one", SHORT)
        node.wait_until_lost(lease)

        assert not node.holds(lease)
        with pytest.raises(LeaseLost):
            node.put("a", b"1", lease=lease)

    def test_a_lease_that_is_renewed_lasts(self, node: Node, other: Node) -> None:
        lease = node.leased("a", "one", SHORT)
        second = node.leased("b", "one", SHORT)
        if not node.holds(lease):
            # The machine took longer than that.
            lease = node.leased("a", "one")
        node.wait_until_lost(second)

        assert other.lease("a", "two") is None
        assert node.holds(lease)

    def test_what_is_written_under_a_lease_is_written_while_it_is_held(
        self, node: Node, other: Node
    ) -> None:
        lease = node.leased("certificate a", "one")
        node.put("a", b"1", lease=lease)
        node.put("b", b"1", lease=lease)
        node.remove("b", lease=lease)
        node.run(node.shared.release(lease))
        held = other.leased("certificate a", "two")
        other.put("a", b"2", lease=held)
        before = node.changes()

        for late in (
            node.shared.put("answer", "a", b"3", lease=lease),
            node.shared.put("answer", "c", b"3", lease=lease),
            node.shared.remove("answer", "a", lease=lease),
            node.shared.remove("answer", "none", lease=lease),
        ):
            with pytest.raises(LeaseLost, match="the lease certificate a is not held any more"):
                node.run(late)
        assert node.changes() == before
        assert before.put["a"].document == b"2"
        other.put("a", b"4", lease=held)

    def test_a_lease_of_another_name_allows_nothing(self, node: Node) -> None:
        lease = node.leased("a", "one")

        with pytest.raises(LeaseLost):
            node.put("x", b"", lease=Lease("b", lease.fence))

    def test_of_many_that_race_one_holds_it_at_a_time_and_fences_grow(
        self, node: Node, other: Node
    ) -> None:
        inside: list[str] = []
        fences: list[int] = []

        async def take(shared: Shared, holder: str) -> None:
            while (lease := await shared.lease("a", holder, LONG)) is None:
                await asyncio.sleep(0)
            inside.append(holder)
            assert inside == [holder]
            fences.append(lease.fence)
            await shared.put("answer", "count", b"%d" % len(fences), lease=lease)
            inside.remove(holder)
            await shared.release(lease)

        async def race() -> None:
            nodes = [node.shared, other.shared] * 6
            await asyncio.gather(*(take(one, f"holder {n}") for n, one in enumerate(nodes)))

        node.run(race())
        assert len(fences) == 12
        assert fences == sorted(set(fences))
        assert node.get("count") == b"12"

    # How often

    def test_so_many_may_happen_and_no_more(self, node: Node, other: Node) -> None:
        assert [node.allow(), other.allow(), node.allow()] == [0, 0, 0]

        for one in (node, other):
            assert 0 < one.allow() <= LONG
        assert node.allow("others") == 0

    def test_what_was_refused_does_not_count_and_time_makes_room(self, node: Node) -> None:
        async def happen() -> list[float]:
            waits = []
            for _unused in range(3):
                while wait := await node.shared.allow("orders", 1, SHORT):
                    waits.append(wait)
                    await asyncio.sleep(wait)
            return waits

        assert all(0 < wait <= SHORT for wait in node.run(happen()))

    def test_another_bound_counts_what_has_happened(self, node: Node) -> None:
        assert [node.allow(most=4) for _unused in range(4)] == [0, 0, 0, 0]

        assert node.allow(most=2) > 0
        assert node.allow(most=5) == 0
        assert node.allow(most=0) == LONG

    def test_of_many_that_ask_at_once_exactly_so_many_may(self, node: Node, other: Node) -> None:
        async def race() -> list[float]:
            nodes = [node.shared, other.shared] * 15
            return await asyncio.gather(*(one.allow("orders", 7, LONG) for one in nodes))

        assert Counter(wait > 0 for wait in node.run(race())) == {False: 7, True: 23}

    def test_what_has_happened_is_counted_within_a_window_and_refusals_are_not(
        self, node: Node, other: Node
    ) -> None:
        async def count(window: float = LONG, name: str = "orders") -> int:
            return await other.shared.allowed(name, window)

        assert node.run(count()) == 0
        assert [node.allow(), other.allow(), node.allow()] == [0, 0, 0]
        assert node.allow() > 0

        assert node.run(count()) == 3
        assert node.run(count(name="others")) == 0
        node.run(asyncio.sleep(SHORT))
        assert node.run(count(SHORT / 2)) == 0
        assert node.run(count()) == 3
