# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is held true of documents that nodes share: that they are there, and for how long."""

from __future__ import annotations

import asyncio

import pytest
from sluice_proxy.fleet.shared import Record

from contracts.sharing import LONG, SHORT, Node, Nodes, View

SECRET = b"-----BEGIN PRIVATE KEY-----"
NAMES = [
    "a", "A", "a ", " a", "a\0", "a%", "a*", "a'", 'a"', "a/b", "a:b", ":", "a\n", "{a}", "\xe4",
    "a\u0308", "*.example.com", "1", "01", "1.0", "nil", "\U0001f310", "x" * 5000,
]  # fmt: skip


class DocumentsContract(Nodes):
    # Documents

    def test_what_a_node_puts_all_have(self, node: Node, other: Node) -> None:
        assert other.get("a") is None
        node.put("a", b"1")
        assert other.get("a") == node.get("a") == b"1"
        other.put("a", b"2")
        assert node.get("a") == b"2"

    def test_what_is_removed_is_gone(self, node: Node, other: Node) -> None:
        node.put("a", b"1")
        node.put("b", b"1")
        other.remove("a")
        other.remove("none")

        assert node.get("a") is None
        assert node.get("b") == b"1"

    def test_a_record_has_the_document_and_a_revision_that_grows(self, node: Node) -> None:
        first = node.run(node.shared.put("answer", "a", b"1"))
        second = node.run(node.shared.put("answer", "b", b"2"))
        node.remove("a")
        third = node.run(node.shared.put("answer", "a", b"3"))

        assert first.document == b"1"
        assert 0 < first.revision < second.revision < third.revision
        assert node.run(node.shared.get("answer", "a")) == third

    @pytest.mark.parametrize("document", [b"", bytes(range(256)), b"\0", b"x" * (1 << 20)], ids=len)
    def test_documents_are_kept_byte_for_byte(self, node: Node, document: bytes) -> None:
        node.put("a", document)

        assert node.get("a") == document
        assert node.changes().put["a"].document == document

    def test_ids_differ_when_any_character_does(self, node: Node) -> None:
        for name in NAMES:
            node.put(name, name.encode())

        assert [node.get(name) for name in NAMES] == [name.encode() for name in NAMES]
        told = node.changes().put
        assert {name: record.document for name, record in told.items()} == {
            name: name.encode() for name in NAMES
        }

    def test_the_same_id_of_two_kinds_is_two_documents(self, node: Node) -> None:
        node.put("a", b"1")
        node.put("a", b"2", kind="account")
        node.remove("a")

        assert node.get("a", "account") == b"2"
        assert node.changes().put == {}
        assert list(node.changes(kind="account").put) == ["a"]

    @pytest.mark.parametrize("kind", ["", "a:b", "Kind", "a b", "a\n"], ids=ascii)
    def test_a_kind_is_a_word(self, node: Node, kind: str) -> None:
        with pytest.raises(ValueError, match="a kind is a word"):
            node.get("a", kind)

    @pytest.mark.parametrize("name", ["", "a\ud800"], ids=ascii)
    def test_what_is_no_text_is_no_name(self, node: Node, name: str) -> None:
        with pytest.raises(ValueError, match="has to be some text"):
            node.put(name, b"")
        with pytest.raises(ValueError, match="has to be some text"):
            node.lease(name, "holder")
        with pytest.raises(ValueError, match="has to be some text"):
            node.allow(name)

    def test_documents_are_in_no_text_about_them(self, node: Node) -> None:
        record = node.run(node.shared.put("answer", "a", SECRET))

        assert "PRIVATE" not in f"{record!r} {node.changes()!r} {node.shared!r}"

    # Their time

    def test_a_document_goes_when_its_time_is_over(self, node: Node, other: Node) -> None:
        node.put("a", b"1", seconds=SHORT)
        node.put("b", b"1", seconds=LONG)

        other.wait_until_gone("a")
        assert other.get("b") == b"1"
        assert set(other.changes().put) == {"b"}

    def test_that_its_time_is_over_is_a_change(self, node: Node, other: Node) -> None:
        view = View(other)
        node.put("a", b"1", seconds=SHORT)
        node.put("b", b"1")
        view.look()
        node.wait_until_gone("a")

        changes = view.look()
        assert view.documents == {"b": b"1"}
        assert not changes.whole

    def test_who_puts_it_again_gives_it_more_time_or_all_of_it(self, node: Node) -> None:
        node.put("a", b"1", seconds=LONG)
        node.put("b", b"1", seconds=SHORT)
        node.put("a", b"2")
        node.put("b", b"2", seconds=LONG)
        node.put("c", b"1", seconds=SHORT)
        node.wait_until_gone("c")

        assert node.get("a") == b"2"
        assert node.get("b") == b"2"
        assert set(node.changes().put) == {"a", "b"}

    def test_what_was_there_for_good_may_get_an_end(self, node: Node) -> None:
        node.put("a", b"1")
        node.put("a", b"2", seconds=SHORT)

        node.wait_until_gone("a")
        assert node.changes().put == {}

    # The first of several

    def test_what_is_added_is_there_if_nothing_was(self, node: Node, other: Node) -> None:
        first = node.run(node.shared.add("account", "ca", b"1"))
        second = other.run(other.shared.add("account", "ca", b"2"))

        assert first.document == b"1"
        assert second == first
        assert node.get("ca", "account") == b"1"

    def test_what_was_removed_or_is_over_may_be_added_again(self, node: Node) -> None:
        node.put("a", b"1", seconds=SHORT)
        node.wait_until_gone("a")
        assert node.run(node.shared.add("answer", "a", b"2")).document == b"2"
        node.remove("a")
        assert node.run(node.shared.add("answer", "a", b"3")).document == b"3"
        assert node.get("a") == b"3"

    def test_of_many_that_add_at_once_one_is_the_first(self, node: Node, other: Node) -> None:
        async def race() -> list[Record]:
            nodes = [node.shared, other.shared] * 10
            adding = (one.add("account", "ca", b"%d" % n) for n, one in enumerate(nodes))
            return await asyncio.gather(*adding)

        (added,) = set(node.run(race()))
        assert other.get("ca", "account") == added.document
