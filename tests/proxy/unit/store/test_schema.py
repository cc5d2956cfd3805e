# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database of any earlier release becomes one of this release, or stays what it was.

samples/schemas has, for each schema that a release ever wrote, a database of it as SQL.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sluice_proxy.store.failures import StoreFailed, StoreTooNew
from sluice_proxy.store.items import Contents, Item, Key, Put
from sluice_proxy.store.sqlite.database import open_database
from sluice_proxy.store.sqlite.schema import STEPS, Step, TooNew, migrate
from sluice_proxy.store.sqlite.store import SqliteStore, contents_of
from sluice_proxy.store.store import WHATEVER

SCHEMAS = Path(__file__).resolve().parents[2] / "samples" / "schemas"
WRITTEN = Contents(
    7,
    {
        Key("certificate", "*.example.com"): Item(
            Key("certificate", "*.example.com"), 4, b'{"key": "secret"}'
        ),
        Key("route", "web"): Item(Key("route", "web"), 2, b'{"hosts": ["example.com"]}'),
        Key("route", "\xfc b"): Item(Key("route", "\xfc b"), 7, bytes(range(8))),
    },
)
"""What every sample has in it. The last change of pages, at revision 5, left none of them."""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    folder.mkdir(0o700)
    return folder / "edge.db"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "any.db", isolation_level=None)) as database:
        yield database


def write(path: Path, script: str) -> None:
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)


def dump(path: Path) -> str:
    with closing(sqlite3.connect(path)) as database:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        return "\n".join([*database.iterdump(), str(version)])


def shape(path: Path) -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(path)) as database:
        tables = [
            name for (name,) in database.execute("SELECT name FROM sqlite_master ORDER BY name")
        ]
        return [
            (table, *map(str, column))
            for table in tables
            for column in database.execute(f"PRAGMA table_info('{table}')")
        ]


def add_a_table(name: str) -> Step:
    return lambda database: database.execute(f"CREATE TABLE {name} (x)") and None


def test_each_schema_that_was_ever_written_has_its_sample() -> None:
    names = sorted(path.name for path in SCHEMAS.iterdir())

    assert names == sorted(f"schema_{number}.sql" for number in range(1, len(STEPS) + 1))


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_a_database_of_each_schema_is_taken_over_with_all_that_is_in_it(
    path: Path, number: int
) -> None:
    write(path, (SCHEMAS / f"schema_{number}.sql").read_text())

    store = SqliteStore(path)
    assert store.read(None) == WRITTEN
    assert store.apply([Put(Key("route", "new"), b"")], {"page": 5}).revision == 8
    store.close()


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_it_can_be_looked_into_without_being_changed_also_while_it_is_open(
    path: Path, number: int
) -> None:
    write(path, (SCHEMAS / f"schema_{number}.sql").read_text())
    before = dump(path)

    assert contents_of(path) == WRITTEN
    assert dump(path) == before
    store = SqliteStore(path)
    store.apply([Put(Key("route", "new"), b"1")], WHATEVER)
    assert contents_of(path) == store.read(None)
    store.close()


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1))
def test_it_has_the_same_tables_as_a_new_one(path: Path, number: int) -> None:
    write(path, (SCHEMAS / f"schema_{number}.sql").read_text())
    SqliteStore(path).close()
    new = path.with_name("new.db")
    SqliteStore(new).close()

    assert shape(path) == shape(new)
    assert len(shape(new)) > 4


def test_a_database_of_a_later_schema_is_refused_and_left_as_it_is(path: Path) -> None:
    SqliteStore(path).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    before = dump(path)

    known = len(STEPS)
    for use in (SqliteStore, contents_of):
        with pytest.raises(
            StoreTooNew, match=rf"newer .*schema {known + 1}, this one knows {known}\)"
        ):
            use(path)
    assert dump(path) == before


@pytest.mark.parametrize("start", range(4))
def test_only_the_steps_that_are_missing_are_taken(
    database: sqlite3.Connection, start: int
) -> None:
    steps = [add_a_table(name) for name in ("one", "two", "three")]
    migrate(database, steps[:start])

    migrate(database, steps)
    tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master")]
    assert tables == ["one", "two", "three"]
    assert database.execute("PRAGMA user_version").fetchone() == (3,)
    with pytest.raises(TooNew):
        migrate(database, steps[:2])


def test_a_step_that_fails_takes_those_before_it_back(path: Path) -> None:
    store = SqliteStore(path)
    store.apply([Put(Key("route", "web"), b"1")], WHATEVER)
    store.close()
    before = dump(path)

    def fail(database: sqlite3.Connection) -> None:
        database.execute("DELETE FROM item")
        database.execute("INSERT INTO nowhere VALUES (1)")

    with pytest.raises(StoreFailed, match="no such table: nowhere"):
        open_database(path, 1, [*STEPS, add_a_table("one"), fail])
    assert dump(path) == before
    SqliteStore(path).close()


def test_a_file_that_was_made_and_never_filled_is_a_new_database(path: Path) -> None:
    path.touch(0o600)
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
    assert path.stat().st_size > 0

    store = SqliteStore(path)
    assert store.read(None) == Contents(0, {})
    store.close()


@pytest.mark.parametrize(
    "script", ["CREATE TABLE notes (text);", "PRAGMA application_id = 7;"], ids=["tables", "id"]
)
def test_another_programs_database_is_refused_and_left_as_it_is(path: Path, script: str) -> None:
    write(path, script)
    before = path.read_bytes()

    with pytest.raises(StoreFailed, match="another program's database: choose another path"):
        SqliteStore(path)
    assert path.read_bytes() == before
