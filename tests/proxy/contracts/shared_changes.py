# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held true of changes that nodes learn of: that none is missed, and none made up."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable

import pytest
from sluice_proxy.fleet.records import MOST_GONE
from sluice_proxy.fleet.redis.scripts import PAGE
from sluice_proxy.fleet.shared import Changes, Shared

from contracts.sharing import Node, Nodes, View


class ChangesContract(Nodes):
    # What changed

    def test_at_first_there_is_nothing(self, node: Node) -> None:
        assert node.changes() == Changes(0, {}, (), whole=True)

    def test_only_what_changed_is_told(self, node: Node, other: Node) -> None:
        node.put("a", b"1")
        node.put("b", b"1")
        first = other.changes()
        node.put("b", b"2")
        node.put("c", b"3")
        node.remove("a")

        second = other.changes(first.revision)
        assert (set(first.put), first.removed, first.whole) == ({"a", "b"}, (), True)
        assert (set(second.put), second.removed, second.whole) == ({"b", "c"}, ("a",), False)
        assert second.put["b"].document == b"2"
        assert first.revision < second.put["b"].revision <= second.revision
        assert other.changes(second.revision) == Changes(second.revision, {})

    def test_what_changed_of_another_kind_is_no_change(self, node: Node) -> None:
        node.put("a", b"1")
        first = node.changes()
        node.put("a", b"1", kind="account")

        assert node.changes(first.revision) == Changes(first.revision, {})

    def test_what_came_and_went_is_told_as_gone_and_what_came_again_as_there(
        self, node: Node
    ) -> None:
        first = node.changes(node.put("x", b"") and 0)
        node.put("a", b"1")
        node.remove("a")
        node.remove("x")
        node.put("x", b"2")

        changes = node.changes(first.revision)
        assert set(changes.put) == {"x"}
        assert set(changes.removed) == {"a"}

    def test_a_revision_that_never_was_brings_everything(self, node: Node) -> None:
        revision = node.put("a", b"1")
        told = node.changes()

        for since in (revision + 1_000_000_000, 1, -1):
            assert node.changes(since) == told

    def test_more_than_is_told_at_once_is_told_all_the_same(self, node: Node, other: Node) -> None:
        view = View(other)
        view.look()
        expected = {f"n{number}": b"%d" % number for number in range(2 * PAGE + 50)}

        async def put_all() -> None:
            put = node.shared.put
            await asyncio.gather(*(put("answer", *item) for item in expected.items()))

        node.put("first", b"")
        view.look()
        node.run(put_all())
        node.remove("first")
        assert not view.look().whole
        assert view.documents == expected
        assert {name: record.document for name, record in node.changes().put.items()} == expected

    def test_of_what_was_removed_a_bounded_number_is_remembered(
        self, node: Node, other: Node
    ) -> None:
        patient, late = View(other), View(other)
        node.put("stays", b"1")
        late.look()

        async def come_and_go() -> None:
            for start in range(0, MOST_GONE + 10, 10):
                names = [f"n{number}" for number in range(start, start + 10)]
                await asyncio.gather(*(node.shared.put("answer", name, b"") for name in names))
                if start == MOST_GONE // 2:
                    await patient.look_within()
                await asyncio.gather(*(node.shared.remove("answer", name) for name in names))

        node.run(come_and_go())
        assert not patient.look().whole
        assert late.look().whole
        assert patient.documents == late.documents == {"stays": b"1"}

    def test_who_looks_while_many_write_misses_nothing(self, node: Node, other: Node) -> None:
        views = [View(node), View(other)]
        is_over = False

        async def write(shared: Shared, seed: int) -> None:
            chance = random.Random(seed)
            for number in range(40):
                name = chance.choice("abcdef")
                if chance.random() < 0.3:
                    await shared.remove("answer", name)
                else:
                    await shared.put("answer", name, b"%d %d" % (seed, number))

        async def watch(view: View) -> None:
            last = 0
            while not is_over:
                changes = await view.look_within()
                assert changes.revision >= last
                last = changes.revision

        async def all_at_once() -> None:
            nonlocal is_over
            watching = [asyncio.create_task(watch(view)) for view in views]
            nodes = [node.shared, other.shared] * 2
            await asyncio.gather(*(write(one, seed) for seed, one in enumerate(nodes)))
            is_over = True
            await asyncio.gather(*watching)

        node.run(all_at_once())
        there = {name: record.document for name, record in node.changes().put.items()}
        for view in views:
            view.look()
            assert view.documents == there
        assert {name: node.get(name) for name in there} == there

    @pytest.mark.parametrize("seed", range(4))
    def test_whatever_is_done_who_looks_knows_what_there_is(
        self, opening: Callable[[], Node], seed: int
    ) -> None:
        chance = random.Random(seed)
        nodes = [opening(), opening()]
        there: dict[str, dict[str, bytes]] = {"answer": {}, "account": {}}
        views = [(kind, View(node, kind)) for node in nodes for kind in there for _unused in "ab"]
        done: Counter[str] = Counter()
        for number in range(150):
            node, kind, name = chance.choice(nodes), chance.choice([*there]), chance.choice("abcd")
            what = chance.choices(["put", "remove", "add", "look", "lose"], [6, 3, 2, 6, 0.2], k=1)[
                0
            ]
            document = b"%d" % number
            if what == "put":
                node.put(name, document, kind=kind)
                there[kind][name] = document
            elif what == "remove":
                node.remove(name, kind=kind)
                there[kind].pop(name, None)
            elif what == "add":
                found = node.run(node.shared.add(kind, name, document)).document
                assert found == there[kind].setdefault(name, document)
            elif what == "look":
                kind, view = chance.choice(views)
                done["all" if view.look().whole else "some"] += 1
                assert view.documents == there[kind]
            elif self.lose():
                there = {"answer": {}, "account": {}}
            assert node.get(name, kind) == there[kind].get(name)
        for kind, view in views:
            view.look()
            assert view.documents == there[kind]
        assert done["all"]
        assert done["some"]
