# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every store is held to: a test class of an implementation inherits from these.

``StoreContract`` is for all, ``LastingContract`` for those that keep documents over a restart.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Collection, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sluice_proxy.store.failures import Conflict, Mismatch, StoreFailed
from sluice_proxy.store.items import ABSENT, Applied, Change, Contents, Item, Key, Put, Remove
from sluice_proxy.store.store import WHATEVER, Store

from contracts.store_model import Model

A, B, C = Key("route", "a"), Key("route", "b"), Key("certificate", "c")
SECRET = b"-----BEGIN PRIVATE KEY-----"
T = TypeVar("T")


class Driven:
    """A store, called from outside of its loop."""

    def __init__(self, runner: asyncio.Runner, store: Store) -> None:
        self.store = store
        self._runner = runner

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)

    def read(self, kinds: Collection[str] | None = None) -> Contents:
        return self.run(self.store.read(kinds))

    def apply(self, *changes: Change, unchanged: Mapping[str, int] = WHATEVER) -> Applied:
        return self.run(self.store.apply(changes, unchanged))

    def close(self) -> None:
        self.run(self.store.close())

    def versions(self) -> dict[Key, int]:
        return {key: item.version for key, item in self.read().items.items()}

    def documents(self) -> dict[Key, bytes]:
        return {key: item.document for key, item in self.read().items.items()}


class StoreContract:
    async def opened(self, folder: Path) -> Store:
        """Return a store of what is in ``folder``, which is this test's own."""
        raise NotImplementedError

    @pytest.fixture
    def runner(self) -> Iterator[asyncio.Runner]:
        with asyncio.Runner() as runner:
            yield runner

    @pytest.fixture
    def store(self, runner: asyncio.Runner, tmp_path: Path) -> Iterator[Driven]:
        store = Driven(runner, runner.run(self.opened(tmp_path)))
        yield store
        store.close()

    # What is there

    def test_at_first_it_is_empty_at_revision_0(self, store: Driven) -> None:
        assert store.read() == Contents(0, {})

    def test_what_is_put_is_there_with_the_revision_that_it_came_with(self, store: Driven) -> None:
        assert store.apply(Put(A, b"1"), Put(C, b"2")) == Applied(
            1, (Item(C, 1, b"2"), Item(A, 1, b"1"))
        )
        assert store.apply(Put(B, b"3")) == Applied(2, (Item(B, 2, b"3"),))
        assert store.read() == Contents(
            2, {A: Item(A, 1, b"1"), B: Item(B, 2, b"3"), C: Item(C, 1, b"2")}
        )

    def test_a_document_takes_the_place_of_another(self, store: Driven) -> None:
        store.apply(Put(A, b"1"), Put(B, b"2"))
        store.apply(Put(A, b"3"))

        assert store.documents() == {A: b"3", B: b"2"}
        assert store.versions() == {A: 2, B: 1}

    def test_a_document_that_is_there_already_is_no_change(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))

        assert store.apply(Put(A, b"1")) == Applied(1)
        assert store.apply(Put(A, b"1"), Put(B, b"2")) == Applied(2, (Item(B, 2, b"2"),))
        assert store.versions() == {A: 1, B: 2}

    def test_no_changes_are_no_change(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))

        assert store.apply() == Applied(1)

    def test_what_is_removed_is_gone(self, store: Driven) -> None:
        store.apply(Put(A, b"1"), Put(B, b"2"), Put(C, b"3"))

        assert store.apply(Remove(B), Remove(C)) == Applied(2, (), (C, B))
        assert store.documents() == {A: b"1"}

    def test_to_remove_what_is_not_there_is_no_change(self, store: Driven) -> None:
        assert store.apply(Remove(A), Remove(B, expected=ABSENT)) == Applied(0)
        assert store.read() == Contents(0, {})

    def test_an_item_that_comes_again_never_has_a_version_of_before(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))
        store.apply(Remove(A))
        store.apply(Put(A, b"1"))

        assert store.versions() == {A: 3}

    def test_what_was_read_stays_as_it_was(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))
        before = store.read()
        store.apply(Put(A, b"2"), Put(B, b"2"))

        assert before == Contents(1, {A: Item(A, 1, b"1")})

    def test_items_come_in_the_order_of_their_keys(self, store: Driven) -> None:
        names = ["b", "B", "ä", "a", "10", "9", "z", "\U0001f310", "\uffee"]
        keys = [Key(kind, name) for kind in ("route", "certificate") for name in names]
        store.apply(*(Put(key, b"") for key in keys))

        assert list(store.read().items) == sorted(keys)

    # Kinds

    def test_kinds_can_be_read_by_themselves(self, store: Driven) -> None:
        store.apply(Put(A, b"1"), Put(C, b"3"))
        store.apply(Put(B, b"2"))

        assert store.read(["certificate"]) == Contents(2, {C: Item(C, 1, b"3")})
        assert list(store.read(["route", "lease"]).items) == [A, B]
        assert list(store.read({"route", "certificate"}).items) == [C, A, B]
        assert store.read([]) == Contents(2, {})

    def test_the_same_id_of_two_kinds_is_two_items(self, store: Driven) -> None:
        store.apply(Put(Key("route", "x"), b"1"), Put(Key("lease", "x"), b"2"))
        store.apply(Remove(Key("route", "x")))

        assert store.documents() == {Key("lease", "x"): b"2"}

    # What documents and ids can be

    @pytest.mark.parametrize("document", [b"", bytes(range(256)), b"\0", b"x" * (1 << 20)], ids=len)
    def test_documents_are_kept_byte_for_byte(self, store: Driven, document: bytes) -> None:
        store.apply(Put(A, document))

        assert store.documents() == {A: document}

    def test_ids_differ_when_any_character_does(self, store: Driven) -> None:
        names = [
            "a", "A", "a ", " a", "a\0", "a\0b", "a%", "a*", "a'", 'a"', "a/b", "a:b", "a\n",
            "\xe4", "a\u0308", "*.example.com", "1", "01", "1.0", "NULL", "x" * 5000,
        ]  # fmt: skip
        store.apply(*(Put(Key("route", name), name.encode()) for name in names))

        assert store.documents() == {Key("route", name): name.encode() for name in names}

    @pytest.mark.parametrize("part", ["", "\ud800"], ids=ascii)
    def test_what_is_no_text_is_no_id_and_no_kind(self, part: str) -> None:
        with pytest.raises(ValueError, match="have to be some text"):
            Key("route", part)
        with pytest.raises(ValueError, match="have to be some text"):
            Key(part, "a")

    def test_documents_are_in_no_text_about_them(self, store: Driven) -> None:
        put = Put(A, SECRET)
        applied = store.apply(put)
        with pytest.raises(Conflict) as conflict:
            store.apply(Put(A, SECRET, expected=7))

        said = f"{put!r} {applied!r} {store.read()!r} {conflict.value} {conflict.value!r}"
        assert "PRIVATE" not in said

    # Conditions

    @pytest.mark.parametrize(
        ("change", "found"),
        [
            (Put(A, b"new", expected=ABSENT), 1),
            (Put(A, b"new", expected=2), 1),
            (Put(A, b"1", expected=2), 1),
            (Put(B, b"new", expected=1), ABSENT),
            (Remove(A, expected=ABSENT), 1),
            (Remove(A, expected=2), 1),
            (Remove(B, expected=1), ABSENT),
        ],
        ids=str,
    )
    def test_an_item_with_another_version_than_expected_is_not_changed(
        self, store: Driven, change: Change, found: int
    ) -> None:
        store.apply(Put(A, b"1"))
        before = store.read()

        with pytest.raises(Conflict) as conflict:
            store.apply(change)

        assert change.expected is not None
        assert conflict.value.mismatches == (Mismatch(change.key, change.expected, found),)
        assert store.read() == before

    def test_an_item_with_the_version_that_was_expected_is_changed(self, store: Driven) -> None:
        store.apply(Put(A, b"1", expected=ABSENT))
        store.apply(Put(A, b"2", expected=1))
        store.apply(Put(B, b"3"), Remove(A, expected=2))

        assert store.documents() == {B: b"3"}

    def test_a_conflict_names_every_mismatch_and_nothing_is_changed(self, store: Driven) -> None:
        store.apply(Put(A, b"1"), Put(C, b"1"))
        before = store.read()

        with pytest.raises(Conflict) as conflict:
            store.apply(
                Put(Key("page", "x"), b"new"),
                Put(B, b"new", expected=5),
                Remove(A, expected=ABSENT),
                Put(C, b"new"),
                unchanged={"certificate": 0},
            )

        assert set(conflict.value.mismatches) == {
            Mismatch("certificate", 0, 1), Mismatch(A, ABSENT, 1), Mismatch(B, 5, ABSENT),
        }  # fmt: skip
        assert str(conflict.value).count("\n") == 0
        assert str(conflict.value).endswith(", and 2 more")
        assert store.read() == before

    @pytest.mark.parametrize(
        "meanwhile", [Put(A, b"2"), Put(B, b"2"), Remove(A)], ids=["changed", "added", "removed"]
    )
    def test_a_kind_that_changed_meanwhile_is_a_conflict(
        self, store: Driven, meanwhile: Change
    ) -> None:
        read_at = store.apply(Put(A, b"1")).revision
        store.apply(meanwhile)
        before = store.read()

        with pytest.raises(Conflict) as conflict:
            store.apply(Put(C, b"new"), unchanged={"route": read_at})

        assert conflict.value.mismatches == (Mismatch("route", 1, 2),)
        assert store.read() == before

    def test_what_changed_of_other_kinds_is_none(self, store: Driven) -> None:
        read_at = store.apply(Put(A, b"1")).revision
        store.apply(Put(C, b"2"))
        store.apply(Put(A, b"1"))

        store.apply(Put(A, b"new"), unchanged={"route": read_at, "page": 0})
        assert store.versions() == {A: 3, C: 2}

    def test_a_revision_that_never_was_is_a_conflict(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))
        store.apply(Put(C, b"1"))

        with pytest.raises(Conflict, match="route: there is no revision 3 yet") as conflict:
            store.apply(Put(A, b"2"), unchanged={"route": 3})
        assert conflict.value.mismatches == (Mismatch("route", 3, 1),)
        assert store.apply(Put(A, b"2"), unchanged={"route": 2}).revision == 3

    def test_a_conflict_is_one_also_when_there_is_nothing_to_change(self, store: Driven) -> None:
        store.apply(Put(A, b"1"))

        with pytest.raises(Conflict):
            store.apply(unchanged={"route": 0})

    @pytest.mark.parametrize("second", [Put(A, b"2"), Put(A, b"1"), Remove(A)], ids=str)
    def test_nothing_is_changed_twice_at_once(self, store: Driven, second: Change) -> None:
        with pytest.raises(ValueError, match="route a: changed twice"):
            store.apply(Put(B, b"new"), Put(A, b"1"), second)

        assert store.read() == Contents(0, {})

    # What another store had

    def test_it_goes_on_with_what_another_had(self, store: Driven) -> None:
        had = Contents(7, {A: Item(A, 3, b"1"), C: Item(C, 7, b"2")})
        store.run(store.store.take_over(had))

        assert store.read() == had
        store.apply(Put(A, b"3", expected=3), unchanged={"route": 7, "page": 0})
        assert store.versions() == {A: 8, C: 7}

    def test_it_goes_on_with_the_revision_of_one_that_had_nothing_any_more(
        self, store: Driven
    ) -> None:
        store.run(store.store.take_over(Contents(0, {})))
        store.run(store.store.take_over(Contents(7, {})))

        assert store.read() == Contents(7, {})
        assert store.apply(Put(A, b"1")).revision == 8

    @pytest.mark.parametrize("change", [Put(A, b"1"), Remove(A)], ids=["there", "gone again"])
    def test_one_that_was_ever_changed_takes_nothing_over(
        self, store: Driven, change: Change
    ) -> None:
        store.apply(Put(A, b"1"))
        store.apply(change)
        before = store.read()

        with pytest.raises(Conflict, match="route: changed with revision"):
            store.run(store.store.take_over(Contents(7, {B: Item(B, 1, b"2")})))
        assert store.read() == before

    # Several at once

    def test_of_many_that_change_the_same_at_once_nothing_is_lost(self, store: Driven) -> None:
        async def add_one() -> None:
            while True:
                item = (await store.store.read()).items.get(A)
                number = int(item.document) if item else 0
                expected = item.version if item else ABSENT
                try:
                    await store.store.apply([Put(A, b"%d" % (number + 1), expected)])
                except Conflict:
                    continue
                return

        async def fifty() -> None:
            await asyncio.gather(*(add_one() for _unused in range(50)))

        store.run(fifty())
        assert store.documents() == {A: b"50"}
        assert store.versions() == {A: 50}

    def test_what_is_handed_in_is_done_in_that_order(self, store: Driven) -> None:
        async def hand_in() -> list[Applied | Contents]:
            apply, read = store.store.apply, store.store.read
            work = [(apply([Put(A, b"%d" % number)]), read()) for number in range(20)]
            return await asyncio.gather(*(one for pair in work for one in pair))

        done = store.run(hand_in())
        for number in range(20):
            item = Item(A, number + 1, b"%d" % number)
            assert done[2 * number] == Applied(number + 1, (item,))
            assert done[2 * number + 1] == Contents(number + 1, {A: item})

    def test_a_change_is_made_also_when_nobody_waits_for_it_any_more(self, store: Driven) -> None:
        async def lose_patience() -> None:
            waiting = [
                asyncio.create_task(store.store.apply([Put(Key("route", name), b"")]))
                for name in "abc"
            ]
            await asyncio.sleep(0)
            for one in waiting:
                one.cancel()
            ended = await asyncio.gather(*waiting, return_exceptions=True)
            assert {type(end) for end in ended} == {asyncio.CancelledError}

        store.run(lose_patience())
        assert [key.id for key in store.read().items] == ["a", "b", "c"]

    def test_the_list_of_changes_stays_the_callers_own(self, store: Driven) -> None:
        changes: list[Change] = [Put(A, b"1")]

        async def hand_in() -> None:
            waiting = asyncio.create_task(store.store.apply(changes))
            await asyncio.sleep(0)
            changes.append(Put(B, b"2"))
            await waiting

        store.run(hand_in())
        assert list(store.read().items) == [A]

    # The end

    def test_closing_it_finishes_what_was_handed_in(self, store: Driven) -> None:
        async def close_at_once() -> list[Applied]:
            waiting = [
                asyncio.create_task(store.store.apply([Put(A, b"%d" % number)]))
                for number in range(5)
            ]
            await asyncio.sleep(0)
            await store.store.close()
            return await asyncio.gather(*waiting)

        assert [applied.revision for applied in store.run(close_at_once())] == [1, 2, 3, 4, 5]

    def test_when_it_is_closed_it_says_so(self, store: Driven) -> None:
        store.close()

        with pytest.raises(StoreFailed, match="closed"):
            store.read()
        with pytest.raises(StoreFailed, match="closed"):
            store.apply(Put(A, b"1"))
        store.close()

    # All of it

    @pytest.mark.parametrize("seed", range(3))
    def test_whatever_is_asked_it_does_what_its_description_says(
        self, store: Driven, seed: int
    ) -> None:
        chance, model = random.Random(seed), Model()
        outcomes = set()
        for _unused in range(150):
            changes, unchanged = model.suggest(chance)
            expected = model.apply(changes, unchanged)
            try:
                applied = store.apply(*changes, unchanged=unchanged)
            except Conflict:
                assert expected is None
                outcomes.add("conflict")
            else:
                assert applied.revision == expected
                outcomes.add("changed" if applied.put or applied.removed else "unchanged")
            contents = store.read()
            assert contents.revision == model.revision
            found = {key: (item.version, item.document) for key, item in contents.items.items()}
            assert found == model.items
        assert outcomes == {"conflict", "changed", "unchanged"}


class LastingContract(StoreContract):
    @pytest.fixture
    def again(
        self, runner: asyncio.Runner, store: Driven, tmp_path: Path
    ) -> Iterator[list[Driven]]:
        """Yield a list to which the tests append what they open."""
        opened: list[Driven] = []
        yield opened
        for one in opened:
            one.close()

    def reopened(self, runner: asyncio.Runner, store: Driven, folder: Path) -> Driven:
        store.close()
        return Driven(runner, runner.run(self.opened(folder)))

    def test_everything_is_there_after_a_restart(
        self, runner: asyncio.Runner, store: Driven, again: list[Driven], tmp_path: Path
    ) -> None:
        store.apply(Put(A, b"1"), Put(B, SECRET), Put(C, b"3"))
        store.apply(Put(A, b"2"))
        before = store.read()

        again.append(self.reopened(runner, store, tmp_path))
        assert again[0].read() == before
        assert again[0].apply(Put(C, b"4")).revision == 3

    def test_revisions_go_on_after_a_restart_though_nothing_is_left(
        self, runner: asyncio.Runner, store: Driven, again: list[Driven], tmp_path: Path
    ) -> None:
        store.apply(Put(A, b"1"))
        store.apply(Remove(A))

        again.append(self.reopened(runner, store, tmp_path))
        assert again[0].read() == Contents(2, {})
        with pytest.raises(Conflict):
            again[0].apply(Put(B, b""), unchanged={"route": 1})
        assert again[0].apply(Put(A, b"1")) == Applied(3, (Item(A, 3, b"1"),))
