# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables, and how a database of an earlier release comes to have them.

A step is never changed after its release: databases that took it are out there. The next one is
added at the end, and a database as the step before left it goes to the samples of the tests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

from .transaction import transaction

APPLICATION = int.from_bytes(b"slce")
"""What SQLite and `file` tell our databases by, whatever their schema."""

Step = Callable[[sqlite3.Connection], None]
"""Brings a database to the next schema, within a transaction that it does not end."""


class TooNew(RuntimeError):
    """A database is of a schema that is not known here."""

    def __init__(self, found: int, known: int) -> None:
        super().__init__(
            f"a newer release wrote it (schema {found}, this one knows {known}): "
            "install that release again, or put a backup in its place"
        )


def _documents_and_kinds(database: sqlite3.Connection) -> None:
    database.execute(
        """
        CREATE TABLE item (
            kind TEXT NOT NULL,
            id TEXT NOT NULL,
            version INTEGER NOT NULL CHECK (version > 0),
            document BLOB NOT NULL CHECK (typeof(document) = 'blob'),
            digest BLOB NOT NULL,
            PRIMARY KEY (kind, id)
        )
        """
    )
    # A kind stays when its last item goes, or revisions would begin anew.
    database.execute(
        """
        CREATE TABLE kind (
            name TEXT NOT NULL PRIMARY KEY,
            revision INTEGER NOT NULL CHECK (revision > 0),
            digest BLOB NOT NULL
        )
        """
    )


def _what_a_fleet_shares(database: sqlite3.Connection) -> None:
    # Moments are in microseconds since 1970; 0 is never.
    database.execute(
        """
        CREATE TABLE shared (
            kind TEXT NOT NULL,
            name TEXT NOT NULL,
            revision INTEGER NOT NULL CHECK (revision > 0),
            over INTEGER NOT NULL,
            there INTEGER NOT NULL CHECK (there IN (0, 1)),
            document BLOB NOT NULL CHECK (typeof(document) = 'blob'),
            digest BLOB NOT NULL,
            PRIMARY KEY (kind, name)
        )
        """
    )
    database.execute("CREATE UNIQUE INDEX shared_by_revision ON shared (kind, there, revision)")
    database.execute("CREATE INDEX shared_by_end ON shared (kind, over) WHERE over > 0")
    database.execute(
        """
        CREATE TABLE counter (
            name TEXT NOT NULL PRIMARY KEY,
            value INTEGER NOT NULL CHECK (value > 0),
            digest BLOB NOT NULL
        )
        """
    )
    database.execute(
        """
        CREATE TABLE lease (
            name TEXT NOT NULL PRIMARY KEY,
            holder TEXT NOT NULL,
            fence INTEGER NOT NULL,
            over INTEGER NOT NULL,
            digest BLOB NOT NULL
        )
        """
    )
    database.execute(
        """
        CREATE TABLE allowed (
            name TEXT NOT NULL,
            moment INTEGER NOT NULL,
            over INTEGER NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (name, moment)
        )
        """
    )
    database.execute("CREATE INDEX allowed_by_end ON allowed (over)")


STEPS: tuple[Step, ...] = (_documents_and_kinds, _what_a_fleet_shares)
"""The step at N makes schema N + 1 of schema N; schema 0 is an empty file."""


def migrate(database: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring a database to the newest schema, as one change.

    Raises TooNew, and what a step raises; nothing has changed then.
    """
    if _schema(database) == len(steps):
        return
    with transaction(database, "IMMEDIATE"):
        # Read again: another program may have done it meanwhile.
        found = _schema(database)
        if found > len(steps):
            raise TooNew(found, len(steps))
        for step in steps[found:]:
            step(database)
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute(f"PRAGMA user_version = {len(steps)}")


def _schema(database: sqlite3.Connection) -> int:
    return int(database.execute("PRAGMA user_version").fetchone()[0])
