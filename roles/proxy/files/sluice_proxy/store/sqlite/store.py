# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The store in one SQLite file."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from ..deciding import decide, keys_of, kinds_of
from ..items import Applied, Change, Contents, Item, Key
from .database import open_database
from .explaining import explained
from .transaction import transaction

PATIENCE = 5.0
"""Seconds for which another program may hold the database, before that is an error."""

_ITEM = "SELECT version, document FROM item WHERE kind = ? AND id = ?"
_ITEMS = "SELECT kind, id, version, document FROM item"
_PUT = """
    INSERT INTO item (kind, id, version, document) VALUES (?, ?, ?, ?)
    ON CONFLICT (kind, id) DO UPDATE SET version = excluded.version, document = excluded.document
"""
_REMOVE = "DELETE FROM item WHERE kind = ? AND id = ?"
_REVISIONS = "SELECT name, revision FROM kind"
_SET_REVISION = """
    INSERT INTO kind (name, revision) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET revision = excluded.revision
"""


class SqliteStore:
    """A BlockingStore in the file ``path``; to make one raises StoreFailed.

    To be used in the thread that made it.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self._path = path
        self._database = open_database(path, patience)

    def read(self, kinds: Collection[str] | None) -> Contents:
        """Return what is there."""
        with explained(self._path), transaction(self._database, "DEFERRED"):
            revision = max(self._revisions().values(), default=0)
            rows = self._rows(kinds)
        rows.sort(key=lambda row: row[:2])
        items = (Item(Key(kind, id_), version, text) for kind, id_, version, text in rows)
        return Contents(revision, MappingProxyType({item.key: item for item in items}))

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> Applied:
        """Make the changes."""
        keys = keys_of(changes)
        with explained(self._path), transaction(self._database, "IMMEDIATE"):
            applied = decide(changes, unchanged, self._there(keys), self._revisions())
            self._write(applied)
        return applied

    def close(self) -> None:
        """Close the file; what the write-ahead log has goes into it."""
        with explained(self._path):
            self._database.close()

    def _rows(self, kinds: Collection[str] | None) -> list[tuple[str, str, int, bytes]]:
        if kinds is None:
            return self._database.execute(_ITEMS).fetchall()
        query = f"{_ITEMS} WHERE kind = ?"
        return [row for kind in set(kinds) for row in self._database.execute(query, (kind,))]

    def _there(self, keys: Sequence[Key]) -> dict[Key, Item]:
        rows = ((key, self._database.execute(_ITEM, (key.kind, key.id)).fetchone()) for key in keys)
        return {key: Item(key, row[0], row[1]) for key, row in rows if row is not None}

    def _revisions(self) -> dict[str, int]:
        return dict(self._database.execute(_REVISIONS).fetchall())

    def _write(self, applied: Applied) -> None:
        execute_many = self._database.executemany
        execute_many(_REMOVE, [(key.kind, key.id) for key in applied.removed])
        execute_many(
            _PUT,
            [(item.key.kind, item.key.id, item.version, item.document) for item in applied.put],
        )
        execute_many(_SET_REVISION, [(kind, applied.revision) for kind in kinds_of(applied)])
