# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database that is damaged or held by others: one clear error, and nothing changed."""

from __future__ import annotations

import os
import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from sluice_proxy.store.failures import StoreFailed, StoreFull
from sluice_proxy.store.items import Contents, Item, Key, Put
from sluice_proxy.store.sqlite.explaining import explained
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.sqlite.transaction import transaction
from sluice_proxy.store.store import WHATEVER

A, B = Key("route", "a"), Key("route", "b")
SECRET = b"-----BEGIN PRIVATE KEY-----"
PAGE = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    documents = random.Random(7)
    store.apply(
        [Put(Key("route", str(n)), SECRET + documents.randbytes(3000)) for n in range(200)],
        WHATEVER,
    )
    store.close()
    return path


def garbage_at(place: int, size: int) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(place)
            file.write(random.Random(1).randbytes(size))

    return spoil


def cut(size: int) -> Callable[[Path], None]:
    return lambda path: os.truncate(path, size)


def replaced_by(content: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(content) and None


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(garbage_at(0, 16), id="its first bytes"),
        pytest.param(garbage_at(0, PAGE), id="its first page"),
        pytest.param(garbage_at(PAGE, PAGE), id="its second page"),
        pytest.param(garbage_at(20 * PAGE, 20 * PAGE), id="its middle"),
        pytest.param(cut(10), id="cut in its head"),
        pytest.param(cut(PAGE), id="cut after a page"),
        pytest.param(cut(50 * PAGE + 7), id="cut in the middle"),
        pytest.param(replaced_by(b"{}\n"), id="a little text"),
        pytest.param(replaced_by(b"routes: []\n" * 1000), id="much text"),
        pytest.param(replaced_by(bytes(20 * PAGE)), id="zeros"),
    ],
)
def test_a_damaged_file_is_refused_and_left_as_it_is(
    path: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(path)
    before = path.read_bytes()

    with pytest.raises(StoreFailed) as failure:
        SqliteStore(path)

    text = str(failure.value)
    assert text.startswith(f"{path}: it is damaged: put a backup in its place, or move it away")
    assert "\n" not in text
    assert "PRIVATE" not in text
    assert path.read_bytes() == before


def test_text_in_it_that_is_none_is_damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE item SET id = CAST(X'FF' AS TEXT) WHERE id = '5'")
        database.commit()
    store = SqliteStore(path)

    with pytest.raises(StoreFailed, match="it is damaged"):
        store.read(None)
    store.close()


@pytest.mark.parametrize("seed", range(4))
def test_a_bit_that_is_changed_is_noticed_or_changes_nothing_that_is_read(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    store.apply([Put(A, SECRET), Put(B, chance.randbytes(3000))], WHATEVER)
    store.apply([Put(Key("page", "ü"), chance.randbytes(9000))], WHATEVER)
    before = store.read(None)
    store.close()
    sound = path.read_bytes()

    noticed = 0
    for _unused in range(100):
        place = chance.randrange(len(sound))
        path.write_bytes(
            sound[:place] + bytes([sound[place] ^ 1 << chance.randrange(8)]) + sound[place + 1 :]
        )
        try:
            store = SqliteStore(path)
        except StoreFailed:
            noticed += 1
            continue
        try:
            found = store.read(None)
        except StoreFailed:
            noticed += 1
        else:
            assert found == before, f"byte {place}"
        store.close()
    assert 10 < noticed < 100


def test_damage_that_comes_while_it_is_open_is_told_when_it_is_met(tmp_path: Path) -> None:
    path = tmp_path / "store" / "edge.db"
    store = SqliteStore(path)
    # More than is remembered of the file.
    store.apply([Put(A, random.Random(8).randbytes(8 << 20))], WHATEVER)
    store.close()
    store = SqliteStore(path)
    store.read(None)
    garbage_at(PAGE * 10, PAGE * 1500)(path)

    with pytest.raises(StoreFailed, match="it is damaged"):
        store.read(None)
    with pytest.raises(StoreFailed, match="it is damaged"):
        store.apply([Put(A, b"1")], WHATEVER)
    store.close()


def test_a_file_that_another_program_holds_is_an_error_that_passes(path: Path) -> None:
    store = SqliteStore(path, patience=0.05)
    before = store.read(["route"])
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreFailed, match="another program holds it: end that"):
            store.apply([Put(A, b"1")], WHATEVER)
        assert store.read(["route"]) == before
        other.execute("ROLLBACK")

    assert store.apply([Put(A, b"1")], WHATEVER).revision == before.revision + 1
    store.close()


def test_of_several_that_make_it_at_once_each_gets_it(tmp_path: Path) -> None:
    together = threading.Barrier(6)

    def use(path: Path, name: str) -> None:
        together.wait()
        store = SqliteStore(path)
        store.apply([Put(Key("route", name), b"")], WHATEVER)
        store.close()

    with ThreadPoolExecutor(6) as threads:
        for number in range(20):
            path = tmp_path / f"store{number}" / "edge.db"
            list(threads.map(lambda name, path=path: use(path, name), "abcdef"))
            store = SqliteStore(path)
            assert [key.id for key in store.read(None).items] == list("abcdef")
            store.close()


def test_what_another_process_changes_is_seen_at_once(tmp_path: Path) -> None:
    path = tmp_path / "store" / "edge.db"
    one, other = SqliteStore(path), SqliteStore(path)
    one.apply([Put(A, b"1")], WHATEVER)

    assert other.apply([Put(B, b"2", expected=0)], {"route": 1}).revision == 2
    assert one.read(None) == Contents(2, {A: Item(A, 1, b"1"), B: Item(B, 2, b"2")})
    one.close()
    other.close()


def test_a_commit_returns_when_the_disk_has_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[sqlite3.Connection] = []
    connect = sqlite3.connect

    def remember(*args: object, **options: object) -> sqlite3.Connection:
        opened.append(connect(*args, **options))  # type: ignore[call-overload]
        return opened[-1]

    monkeypatch.setattr(sqlite3, "connect", remember)
    store = SqliteStore(path)

    full = 2
    assert opened[0].execute("PRAGMA synchronous").fetchone() == (full,)
    assert opened[0].execute("PRAGMA journal_mode").fetchone() == ("wal",)
    store.close()


@pytest.mark.parametrize("taken", ["moved", "replaced", "removed"])
def test_nothing_is_acknowledged_that_goes_into_a_file_nobody_will_find(
    path: Path, taken: str
) -> None:
    store = SqliteStore(path)
    before = store.read(None)
    if taken == "removed":
        path.unlink()
    else:
        path.rename(path.with_name("aside.db"))
    if taken == "replaced":
        SqliteStore(path.with_name("other.db")).close()
        path.with_name("other.db").rename(path)

    with pytest.raises(StoreFailed, match="was moved or replaced while it was open"):
        store.apply([Put(A, b"lost")], WHATEVER)
    assert store.read(None) == before
    store.close()


def test_a_store_that_is_closed_is_not_called_damaged(path: Path) -> None:
    store = SqliteStore(path)
    store.close()

    with pytest.raises(StoreFailed, match="it is not open"):
        store.read(None)


@pytest.mark.parametrize(
    ("code", "name", "full"),
    [
        (sqlite3.SQLITE_FULL, "SQLITE_FULL", True),
        # What is mapped into memory, like the index of the log ahead, has an error of its own.
        (sqlite3.SQLITE_IOERR_SHMSIZE, "SQLITE_IOERR_SHMSIZE", True),
        (sqlite3.SQLITE_CANTOPEN, "SQLITE_CANTOPEN", False),
    ],
)
def test_a_full_disk_is_told_from_other_trouble(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int, name: str, full: bool
) -> None:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    none_left = os.statvfs_result((4096, 4096, 10, 0, 0, 5, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda folder: none_left)

    with pytest.raises(StoreFailed) as failure, explained(path):
        raise error

    assert isinstance(failure.value, StoreFull) == full
    assert ("the disk is full: make room in" in str(failure.value)) == full


def test_a_commit_that_fails_for_any_reason_leaves_no_transaction_behind(tmp_path: Path) -> None:
    class Poor(sqlite3.Connection):
        """Has no memory left for one commit."""

        poor = True

        def execute(self, query: str, *values: object) -> sqlite3.Cursor:
            if query == "COMMIT" and self.poor:
                self.poor = False
                raise MemoryError
            return super().execute(query, *values)

    with closing(
        sqlite3.connect(tmp_path / "x.db", isolation_level=None, factory=Poor)
    ) as database:
        with pytest.raises(MemoryError), transaction(database, "IMMEDIATE"):
            database.execute("CREATE TABLE half (n INTEGER)")

        with transaction(database, "IMMEDIATE"):
            tables = database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    assert tables == (0,)
