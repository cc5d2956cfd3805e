# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQLite's errors in words that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..failures import StoreFailed

DAMAGED = "it is damaged: put a backup in its place, or move it away to begin anew"

_PRIMARY = 0xFF
"""The part of an error code that tells its kind."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise StoreFailed for every error of the database at ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreFailed(str(path), _explanation(error, path.parent)) from error
    except UnicodeDecodeError as error:
        # Some text is none, in a value or in SQLite's own words.
        raise StoreFailed(str(path), f"{DAMAGED} ({error.reason})") from error


def _explanation(error: sqlite3.Error, folder: Path) -> str:
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        # Not SQLite's, but of who reads its answer: some text is none.
        return f"{DAMAGED} ({error})"
    advice = {
        sqlite3.SQLITE_BUSY: "another program holds it: end that",
        sqlite3.SQLITE_CANTOPEN: f"let the proxy's user write to {folder}",
        sqlite3.SQLITE_CORRUPT: DAMAGED,
        sqlite3.SQLITE_FULL: f"the disk is full: make room in {folder}",
        sqlite3.SQLITE_IOERR: "the disk does not take or give it: look into the system's log",
        sqlite3.SQLITE_NOTADB: DAMAGED,
        sqlite3.SQLITE_PERM: f"let the proxy's user write to {folder}",
        sqlite3.SQLITE_READONLY: f"let the proxy's user write to {folder}",
    }.get(code & _PRIMARY, "it cannot be used")
    return f"{advice} ({error}, {error.sqlite_errorname})"
