# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQLite's errors in words that say what to do."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..failures import StoreFailed, StoreFull

DAMAGED = "it is damaged: put a backup in its place, or move it away to begin anew"

_PRIMARY = 0xFF
"""The part of an error code that tells its kind."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise StoreFailed for every error of the database at ``path``."""
    try:
        yield
    except sqlite3.Error as error:
        raise _explained(error, path) from error
    except UnicodeDecodeError as error:
        # Some text is none, in a value or in SQLite's own words.
        raise StoreFailed(str(path), f"{DAMAGED} ({error.reason})") from error


def primary(error: sqlite3.Error) -> int | None:
    """Return the kind of an error; None for those that SQLite has no part in."""
    code: int | None = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & _PRIMARY


def _explained(error: sqlite3.Error, path: Path) -> StoreFailed:
    kind, folder = primary(error), path.parent
    if isinstance(error, sqlite3.ProgrammingError):
        return StoreFailed(str(path), f"it is not open ({error})")
    if kind is None:
        # Not SQLite's, but of who reads its answer: some text is none.
        return StoreFailed(str(path), f"{DAMAGED} ({error})")
    named = f"({error}, {error.sqlite_errorname})"
    # What is mapped into memory finds no room otherwise than what is written.
    if kind == sqlite3.SQLITE_FULL or (kind == sqlite3.SQLITE_IOERR and _is_full(folder)):
        return StoreFull(str(path), f"the disk is full: make room in {folder} {named}")
    advice = {
        sqlite3.SQLITE_BUSY: "another program holds it: end that",
        sqlite3.SQLITE_CANTOPEN: f"let the proxy's user write to {folder}",
        sqlite3.SQLITE_CORRUPT: DAMAGED,
        sqlite3.SQLITE_IOERR: "the disk does not take or give it: look into the system's log",
        sqlite3.SQLITE_NOTADB: DAMAGED,
        sqlite3.SQLITE_PERM: f"let the proxy's user write to {folder}",
        sqlite3.SQLITE_READONLY: f"let the proxy's user write to {folder}",
    }.get(kind, "it cannot be used")
    return StoreFailed(str(path), f"{advice} {named}")


def _is_full(folder: Path) -> bool:
    try:
        found = os.statvfs(folder)
    except OSError:
        return False
    return found.f_blocks > 0 and found.f_bavail == 0
