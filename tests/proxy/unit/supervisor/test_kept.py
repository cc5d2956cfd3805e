# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is declared, as it is kept; and what was last good, beside it."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sluice_proxy.store.failures import StoreFailed, StoreFull
from sluice_proxy.store.items import NOTHING, Contents, Item, Key, Put, Remove
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER
from sluice_proxy.supervisor.keeping_last_good import KeepingLastGood
from sluice_proxy.supervisor.kept import Kept, known_at
from sluice_proxy.supervisor.last_good import (
    NoLastGood,
    place_of,
    read_last_good,
    write_last_good,
)

A, B = Key("route", "a"), Key("certificate", "ü b")
SOME = Contents(7, {A: Item(A, 3, b'{"page": "x"}'), B: Item(B, 7, '{"key": "ü"}'.encode())})
# A later release may write what is no text for this one.
BYTES = Contents(1, {A: Item(A, 1, bytes(range(256)))})
T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)


def opened(path: Path | None, former: Contents = NOTHING) -> Coroutine[Any, Any, Kept]:
    return Kept.open(None if path is None else str(path), former, lambda: None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store" / "edge.db"


@pytest.mark.parametrize("contents", [SOME, BYTES, NOTHING], ids=["texts", "bytes", "nothing"])
def test_what_was_last_good_is_read_as_it_was_and_is_its_users_alone(
    tmp_path: Path, contents: Contents
) -> None:
    place = place_of(str(tmp_path / "edge.db"))
    write_last_good(place, contents)

    assert read_last_good(place) == contents
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["edge.db.last-good.json"]


def test_who_is_killed_over_it_leaves_nothing_that_stays(tmp_path: Path) -> None:
    place = place_of(str(tmp_path / "edge.db"))
    place.with_name(f"{place.name}.new").write_text("half of")
    write_last_good(place, NOTHING)

    assert read_last_good(place) == NOTHING
    assert os.listdir(tmp_path) == ["edge.db.last-good.json"]


def test_what_cannot_be_written_whole_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_of(str(tmp_path / "edge.db"))
    write_last_good(place, SOME)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_last_good(place, NOTHING)
    assert read_last_good(place) == SOME
    assert os.listdir(tmp_path) == ["edge.db.last-good.json"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is damaged"),
        (b"[1]", "is damaged"),
        (b'{"form": 2}', "is of another release"),
        (b'{"form": 1, "revision": 1, "items": [["route", "a"]]}', "is damaged"),
        (b'{"form": 1, "revision": 1, "items": [["route", "", 1, "x"]]}', "is damaged"),
        (b'{"form": 1, "revision": 1, "items": [["route", "a", 1, 5]]}', "is damaged"),
        (b'{"form": 1, "revision": 1e999, "items": []}', "is damaged"),
        (b'{"form": ' + b"[" * 100_000, "is damaged"),
        (b"\xff", "is damaged"),
    ],
)
def test_one_that_is_no_use_is_told_in_a_line(tmp_path: Path, content: bytes, said: str) -> None:
    place = tmp_path / "x.last-good.json"
    place.write_bytes(content)

    with pytest.raises(NoLastGood, match=said) as none:
        read_last_good(place)
    assert "\n" not in str(none.value)


def test_a_store_is_opened_with_what_it_has_and_follows_what_is_applied(path: Path) -> None:
    async def use() -> None:
        kept = await opened(path)
        await kept.apply([Put(A, b"1"), Put(B, b"2")])
        undo = kept.back([A, Key("page", "502")])
        await kept.apply([Put(A, b"3"), Put(Key("page", "502"), b"4")])
        await kept.apply(undo)
        assert kept.contents == Contents(3, {A: Item(A, 3, b"1"), B: Item(B, 1, b"2")})
        await kept.close()
        again = await opened(path, SOME)
        assert again.contents == kept.contents
        assert (again.kind, again.said) == ("sqlite", "")
        await again.close()

    run(use())


def test_a_new_store_gets_what_was_last_good_else_what_is_served(path: Path) -> None:
    async def use(former: Contents) -> Kept:
        kept = await opened(path, former)
        assert known_at(str(path)).contents == NOTHING
        await kept.fill()
        await kept.close()
        return kept

    # With its versions: somebody may have read them.
    assert run(use(SOME)).contents == known_at(str(path)).contents == SOME
    path.unlink()
    last = Contents(4, {A: Item(A, 2, b"last")})
    write_last_good(place_of(str(path)), last)
    good = run(use(NOTHING))
    assert good.contents == known_at(str(path)).contents == last
    assert good.known.from_last_good


def test_a_new_store_that_could_not_be_filled_is_filled_with_the_first_change(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(store: SqliteStore, contents: Contents) -> None:
        raise StoreFull(str(path), "the disk is full")

    async def use() -> None:
        kept = await opened(path, SOME)
        with monkeypatch.context() as patched:
            patched.setattr(SqliteStore, "take_over", full)
            with pytest.raises(StoreFull):
                await kept.fill()
            with pytest.raises(StoreFull):
                await kept.apply([Remove(B)])
        assert "the disk is full" in kept.said
        assert (await kept.apply([Remove(B)])).revision == 8
        assert kept.contents == known_at(str(path)).contents == Contents(8, {A: SOME.items[A]})
        await kept.close()

    run(use())


def test_one_that_cannot_be_opened_serves_what_was_last_good_and_takes_nothing(path: Path) -> None:
    run(closed(path))
    write_last_good(place_of(str(path)), SOME)
    path.write_bytes(b"no database" * 1000)

    async def use() -> None:
        kept = await opened(path)
        assert kept.contents == SOME
        assert kept.known.from_last_good
        assert kept.said.startswith(f"{path}: it is damaged")
        with pytest.raises(StoreFailed, match="it is damaged"):
            await kept.apply([Put(A, b"1")])
        assert (await kept.apply([])).revision == 7
        # What is served goes before what is in the file.
        newer = Contents(9, {A: Item(A, 9, b"newer")})
        assert (await opened(path, newer)).contents == newer
        await kept.close()

    run(use())
    assert known_at(str(path)).contents == SOME


async def closed(path: Path) -> None:
    kept = await opened(path)
    await kept.apply([Put(A, b"1")])
    await kept.close()


def test_what_another_program_changes_is_noticed_and_not_written_over(path: Path) -> None:
    async def use() -> None:
        kept = await opened(path)
        await kept.apply([Put(A, b"mine")])
        await asyncio.to_thread(another)
        with pytest.raises(StoreFailed, match=r"another program changes it .*: end that"):
            await kept.apply([Remove(A)])
        assert "another program changes it" in kept.said
        await kept.close()

    def another() -> None:
        store = SqliteStore(path)
        store.apply([Put(A, b"theirs")], WHATEVER)
        store.close()

    run(use())
    assert known_at(str(path)).contents.items[A].document == b"theirs"


def test_of_many_changes_the_last_is_written_beside_it(path: Path) -> None:
    async def use() -> None:
        kept, good = await opened(path), KeepingLastGood()
        for number in range(30):
            await kept.apply([Put(A, b"%d" % number)])
            good.write(kept)
        await good.finish()
        await kept.close()

    run(use())
    written = json.loads(place_of(str(path)).read_text())
    assert (written["revision"], written["items"]) == (30, [["route", "a", 30, "29"]])


def test_that_it_cannot_be_written_is_told_once(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def use() -> None:
        kept, good = await opened(path), KeepingLastGood()
        place_of(str(path)).mkdir()
        for _unused in range(3):
            good.write(kept)
            await good.finish()
        await kept.close()

    run(use())
    (line,) = caplog.messages
    assert line.startswith(f"{place_of(str(path))} cannot be written: Is a directory")


def test_in_memory_it_goes_on_with_what_was_there(tmp_path: Path) -> None:
    async def use() -> None:
        kept = await opened(None, SOME)
        assert kept.contents == SOME
        assert (await kept.apply([Remove(A)])).revision == 8
        assert (kept.kind, kept.path, list(kept.contents.items)) == ("memory", None, [B])
        await kept.close()

    run(use())
    assert os.listdir(tmp_path) == []
