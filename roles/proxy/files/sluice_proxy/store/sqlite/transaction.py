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
        database.execute("COMMIT")
    except BaseException:
        # After some errors SQLite has done so by itself.
        with suppress(sqlite3.Error):
            database.execute("ROLLBACK")
        raise
