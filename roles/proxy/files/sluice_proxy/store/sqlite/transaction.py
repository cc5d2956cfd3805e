# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Several statements as one change."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress


@contextmanager
def transaction(database: sqlite3.Connection, mode: str) -> Iterator[None]:
    """Commit what is done within, or take all of it back if that or the commit fails.

    ``mode`` is DEFERRED for what only reads, IMMEDIATE for what writes too. ``database`` has no
    transactions of its own (``isolation_level=None``).
    """
    database.execute(f"BEGIN {mode}")
    try:
        yield
    except BaseException:
        _take_back(database)
        raise
    try:
        database.execute("COMMIT")
    except BaseException:
        _take_back(database)
        _write_over(database)
        raise


def _take_back(database: sqlite3.Connection) -> None:
    # After some errors SQLite has done so by itself.
    with suppress(sqlite3.Error):
        database.execute("ROLLBACK")


def _write_over(database: sqlite3.Connection) -> None:
    """Have a commit that failed leave nothing behind.

    What was written ahead, but not synced, is a commit to whoever reads the log after a crash. The
    next one takes its place there: it need not succeed for that, and changes nothing.
    """
    with suppress(sqlite3.Error):
        version = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute(f"PRAGMA user_version = {version}")
