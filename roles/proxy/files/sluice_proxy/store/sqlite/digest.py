# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shows that a row is as it was written: SQLite looks after its pages, not after values."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ..failures import StoreFailed
from .explaining import DAMAGED

_SIZE = 16

Value = str | int | bytes


def digest(*values: Value) -> bytes:
    """Return the digest of a row; of values of any other types too, as damage may make them."""
    state = blake2b(digest_size=_SIZE)
    for value in values:
        text = value if isinstance(value, bytes) else repr(value).encode("utf-8", "replace")
        state.update(f"{type(value).__name__} {len(text)} ".encode())
        state.update(text)
    return state.digest()


def sound(
    database: sqlite3.Connection, path: Path, query: str, *values: Value
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows that a query finds, without the digests that they begin with.

    Raises StoreFailed for one that is not as it was written.
    """
    for found, *row in database.execute(query, values):
        if found != digest(*row):
            raise StoreFailed(str(path), f"{DAMAGED} (a value is not what was written)")
        yield tuple(row)
