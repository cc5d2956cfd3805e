# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Opens the database of a store so that what is committed survives, and only whole."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ..failures import StoreFailed, StoreTooNew
from .explaining import DAMAGED, explained, primary
from .place import prepare
from .schema import APPLICATION, STEPS, Step, TooNew, migrate
from .transaction import transaction

_RETRY = 0.01
"""Seconds until what does not wait by itself is tried again."""


def open_database(path: Path, patience: float, steps: Sequence[Step] = STEPS) -> sqlite3.Connection:
    """Return a connection to the database at ``path``, which is made where it is missing.

    ``patience`` is for how many seconds another program may hold the database. Raises StoreFailed;
    a file that is no database of ours is left as it is.
    """
    prepare(path)
    end = time.monotonic() + patience
    with explained(path):
        while True:
            try:
                return _open(path, patience, steps)
            except sqlite3.OperationalError as error:
                # Where another begins or ends the log ahead, SQLite does not wait.
                if primary(error) != sqlite3.SQLITE_BUSY or time.monotonic() > end:
                    raise
            time.sleep(_RETRY)


def copied_database(path: Path, steps: Sequence[Step] = STEPS) -> sqlite3.Connection:
    """Return a copy in memory of the database at ``path``, with the newest schema.

    Nothing of the file changes, and a program that has it open goes on. Raises StoreFailed.
    """
    with explained(path):
        copy = sqlite3.connect(":memory:", isolation_level=None)
        with _closed_unless_good(copy, path):
            with closing(
                sqlite3.connect(
                    f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None
                )
            ) as file:
                _check(file, path)
                file.backup(copy)
            migrate(copy, steps)
    return copy


def _open(path: Path, patience: float, steps: Sequence[Step]) -> sqlite3.Connection:
    database = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=patience, isolation_level=None
    )
    with _closed_unless_good(database, path):
        _check(database, path)
        _set_up(database, path)
        migrate(database, steps)
    return database


@contextmanager
def _closed_unless_good(database: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Close the database when the block fails; ``path`` names one that is too new."""
    try:
        yield
    except TooNew as error:
        database.close()
        raise StoreTooNew(str(path), str(error)) from error
    except BaseException:
        database.close()
        raise


def _check(database: sqlite3.Connection, path: Path) -> None:
    """Look whether it is ours, and sound; to do so changes nothing."""
    with transaction(database, "DEFERRED"):
        tables = _value(database, "SELECT count(*) FROM sqlite_master")
        application = _value(database, "PRAGMA application_id")
    # Who makes one and is killed over it leaves a file without tables.
    if not tables and not application:
        return
    if application != APPLICATION:
        raise StoreFailed(
            str(path), "it is another program's database: choose another path for the store"
        )
    found = _value(database, "PRAGMA quick_check(1)")
    if found != "ok":
        raise StoreFailed(str(path), f"{DAMAGED} ({found})")


def _set_up(database: sqlite3.Connection, path: Path) -> None:
    mode = _value(database, "PRAGMA journal_mode = WAL")
    if mode != "wal":
        raise StoreFailed(
            str(path), f"no write-ahead log is possible there, but {mode}: use a local disk"
        )
    # A commit returns when the disk has it.
    database.execute("PRAGMA synchronous = FULL")
    # Keys that are removed are overwritten.
    database.execute("PRAGMA secure_delete = ON")


def _value(database: sqlite3.Connection, query: str) -> object:
    row = database.execute(query).fetchone()
    return None if row is None else row[0]
