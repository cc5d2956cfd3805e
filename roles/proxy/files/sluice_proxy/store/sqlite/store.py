# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store in one SQLite file."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ..deciding import decide, keys_of, kinds_of, taken_over
from ..items import Applied, Change, Contents, Item, Key
from .database import copied_database, open_database
from .digest import digest, sound
from .explaining import explained
from .place import check_identity, identity
from .transaction import transaction

PATIENCE = 5.0
"""Seconds for which another program may hold the database, before that is an error."""

_ITEMS = "SELECT digest, kind, id, version, document FROM item"
_ITEMS_OF_KIND = f"{_ITEMS} WHERE kind = ?"
_ITEM = f"{_ITEMS} WHERE kind = ? AND id = ?"
_PUT = """
    INSERT INTO item (digest, kind, id, version, document) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE
    SET digest = excluded.digest, version = excluded.version, document = excluded.document
"""
_REMOVE = "DELETE FROM item WHERE kind = ? AND id = ?"
_REVISIONS = "SELECT digest, name, revision FROM kind"
_SET_REVISION = """
    INSERT INTO kind (digest, name, revision) VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, revision = excluded.revision
"""


class SqliteStore:
    """A BlockingStore in the file ``path``; to make one raises StoreFailed.

    To be used in the thread that made it.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path = path
        self._database = open_database(path, patience)
        self._file = identity(path)

    def read(self, kinds: Collection[str] | None) -> Contents:
        """Return what is there."""
        return _contents(self._database, self._path, kinds)

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> Applied:
        """Make the changes."""
        keys = keys_of(changes)
        with explained(self._path), transaction(self._database, "IMMEDIATE"):
            applied = decide(
                changes, unchanged, self._there(keys), _revisions(self._database, self._path)
            )
            self._execute(_REMOVE, [(key.kind, key.id) for key in applied.removed])
            self._write(applied.put, dict.fromkeys(kinds_of(applied), applied.revision))
            check_identity(self._path, self._file)
        return applied

    def take_over(self, contents: Contents) -> None:
        """Have what another store had."""
        with explained(self._path), transaction(self._database, "IMMEDIATE"):
            revisions = taken_over(contents, _revisions(self._database, self._path))
            self._write(contents.items.values(), revisions)
            check_identity(self._path, self._file)

    def close(self) -> None:
        """Close the file; what the write-ahead log has goes into it."""
        with explained(self._path):
            self._database.close()

    def _there(self, keys: Sequence[Key]) -> dict[Key, Item]:
        database, path = self._database, self._path
        rows = (row for key in keys for row in sound(database, path, _ITEM, key.kind, key.id))
        return {item.key: item for item in map(_item, rows)}

    def _write(self, items: Iterable[Item], revisions: Mapping[str, int]) -> None:
        puts = [(item.key.kind, item.key.id, item.version, item.document) for item in items]
        self._execute(_PUT, [(digest(*row), *row) for row in puts])
        self._execute(_SET_REVISION, [(digest(*row), *row) for row in revisions.items()])

    def _execute(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        self._database.executemany(statement, rows)


def contents_of(path: Path) -> Contents:
    """Return what the file at ``path`` has, as this release would read it, and change nothing.

    A program that has it open goes on. Raises StoreFailed.
    """
    with closing(copied_database(path)) as copy:
        return _contents(copy, path, None)


def _contents(database: sqlite3.Connection, path: Path, kinds: Collection[str] | None) -> Contents:
    with explained(path), transaction(database, "DEFERRED"):
        revision = max(_revisions(database, path).values(), default=0)
        if kinds is None:
            rows = list(sound(database, path, _ITEMS))
        else:
            rows = [
                row for kind in set(kinds) for row in sound(database, path, _ITEMS_OF_KIND, kind)
            ]
    items = sorted((_item(row) for row in rows), key=attrgetter("key"))
    return Contents(revision, MappingProxyType({item.key: item for item in items}))


def _revisions(database: sqlite3.Connection, path: Path) -> dict[str, int]:
    return dict(sound(database, path, _REVISIONS))


def _item(row: tuple[Any, ...]) -> Item:
    kind, id_, version, document = row
    return Item(Key(kind, id_), version, document)
