# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What nodes share, in tables of an SQLite database."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..store.sqlite.database import open_database
from ..store.sqlite.digest import Value, digest, sound
from ..store.sqlite.explaining import explained
from ..store.sqlite.place import check_identity, identity
from ..store.sqlite.schema import migrate
from ..store.sqlite.transaction import transaction
from .shared import LONGEST_LEASE, Changes, Lease, LeaseLost, Record

PATIENCE = 4.0
"""Seconds for which another connection may hold the database, before that is an error."""
MOST_GONE = 500
"""Most removed documents of a kind that are remembered, to be told of."""

_MICROSECONDS = 1_000_000

_SHARED = "SELECT digest, kind, name, revision, over, there, document FROM shared WHERE kind = ?"
_DOCUMENT = f"{_SHARED} AND name = ? AND there = 1"
_CHANGED = f"{_SHARED} AND there = ? AND revision > ? ORDER BY revision"
_OVER = f"{_SHARED} AND over > 0 AND over <= ? ORDER BY over"
_PUT = """
    INSERT INTO shared (digest, kind, name, revision, over, there, document)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (kind, name) DO UPDATE SET digest = excluded.digest, revision = excluded.revision,
    over = excluded.over, there = excluded.there, document = excluded.document
"""
# Of those that are gone, all but the newest few.
_TOO_MANY_GONE = f"{_SHARED} AND there = 0 ORDER BY revision DESC LIMIT -1 OFFSET {MOST_GONE}"
_FORGET = "DELETE FROM shared WHERE kind = ? AND there = 0 AND revision <= ?"
_COUNTER = "SELECT digest, name, value FROM counter WHERE name = ?"
_COUNT = "INSERT OR REPLACE INTO counter (digest, name, value) VALUES (?, ?, ?)"
_LEASE = "SELECT digest, name, holder, fence, over FROM lease WHERE name = ? AND over > ?"
_NOBODYS = "DELETE FROM lease WHERE over <= ? OR name = ? AND over > ?"
_TAKE = "INSERT OR REPLACE INTO lease (digest, name, holder, fence, over) VALUES (?, ?, ?, ?, ?)"
_ALLOWED = (
    "SELECT digest, name, moment, over FROM allowed WHERE name = ? AND moment > ? ORDER BY moment"
)
_ALLOW = "INSERT INTO allowed (digest, name, moment, over) VALUES (?, ?, ?, ?)"


class Records:
    """Does what Shared says, and returns when it is done. Raises StoreFailed.

    To be used in the thread that made it. ``clock`` tells seconds since 1970.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float]) -> None:
        self._path = path
        self._clock = clock
        self._place = path or Path("memory")
        if path is None:
            self._database = sqlite3.connect(":memory:", isolation_level=None)
            migrate(self._database)
        else:
            self._database = open_database(path, PATIENCE)
            self._file = identity(path)

    def get(self, kind: str, name: str) -> Record | None:
        """As Shared."""
        with explained(self._place):
            return self._get(kind, name)

    def changes(self, kind: str, since: int) -> Changes:
        """As Shared; everything after 0 and where what was removed is not known any more."""
        self._sweep(kind)
        with explained(self._place), transaction(self._database, "DEFERRED"):
            revision = self._counter(f"revision {kind}")
            whole = not max(1, self._counter(f"forgotten {kind}")) <= since <= revision
            put = {
                name: Record(document, at)
                for _kind, name, at, _over, _there, document in self._rows(
                    _CHANGED, kind, 1, 0 if whole else since
                )
            }
            gone = () if whole else self._rows(_CHANGED, kind, 0, since)
            return Changes(revision, put, tuple(row[1] for row in gone), whole)

    def put(
        self, kind: str, name: str, document: bytes, lease: Lease | None, seconds: float | None
    ) -> Record:
        """As Shared."""
        with self._writing():
            self._check(lease)
            self._remove_what_is_over(kind)
            over = 0 if seconds is None else self._after(seconds)
            return self._put(kind, name, document, over)

    def remove(self, kind: str, name: str, lease: Lease | None) -> None:
        """As Shared."""
        with self._writing():
            self._check(lease)
            self._remove_what_is_over(kind)
            if self._get(kind, name) is not None:
                self._remove(kind, name)

    def add(self, kind: str, name: str, document: bytes) -> Record:
        """As Shared."""
        with self._writing():
            self._remove_what_is_over(kind)
            return self._get(kind, name) or self._put(kind, name, document, 0)

    def lease(self, name: str, holder: str, seconds: float) -> Lease | None:
        """As Shared."""
        with self._writing():
            self._database.execute(_NOBODYS, (self._now, name, self._after(LONGEST_LEASE)))
            held = self._held(name)
            if held is not None and held[0] != holder:
                return None
            lease = Lease(name, self._next("fence"))
            self._take(lease, holder, seconds)
            return lease

    def renew(self, lease: Lease, seconds: float) -> None:
        """As Shared."""
        with self._writing():
            self._take(lease, self._check(lease), seconds)

    def release(self, lease: Lease) -> None:
        """As Shared."""
        with self._writing():
            self._database.execute(
                "DELETE FROM lease WHERE name = ? AND fence = ?", (lease.name, lease.fence)
            )

    def allow(self, name: str, most: int, window: float) -> float:
        """As Shared."""
        with self._writing():
            now, length = self._now, round(window * _MICROSECONDS)
            self._database.execute("DELETE FROM allowed WHERE over <= ?", (now,))
            moments = [row[1] for row in self._rows(_ALLOWED, name, now - length)]
            if len(moments) < most:
                # Two at one moment are told apart.
                moment = max(now, moments[-1] + 1) if moments else now
                self._write(_ALLOW, name, moment, moment + length)
                return 0.0
            if most < 1:
                return window
            wait: int = moments[-most] + length - now
            return max(1, wait) / _MICROSECONDS

    def allowed(self, name: str, window: float) -> int:
        """As Shared."""
        with explained(self._place):
            return len(self._rows(_ALLOWED, name, self._now - round(window * _MICROSECONDS)))

    def close(self) -> None:
        """Let go of the database."""
        with explained(self._place):
            self._database.close()

    @property
    def _now(self) -> int:
        return int(self._clock() * _MICROSECONDS)

    def _after(self, seconds: float) -> int:
        return self._now + max(1, round(seconds * _MICROSECONDS))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with explained(self._place), transaction(self._database, "IMMEDIATE"):
            yield
            if self._path is not None:
                check_identity(self._path, self._file)

    def _rows(self, query: str, *values: Value) -> list[tuple[Any, ...]]:
        return list(sound(self._database, self._place, query, *values))

    def _write(self, statement: str, *row: Value) -> None:
        self._database.execute(statement, (digest(*row), *row))

    def _counter(self, name: str) -> int:
        rows = self._rows(_COUNTER, name)
        return rows[0][1] if rows else 0

    def _next(self, counter: str) -> int:
        """Count on; with the moment no number comes twice, whatever backup was put in place."""
        value = max(self._counter(counter) + 1, self._now)
        self._write(_COUNT, counter, value)
        return value

    def _get(self, kind: str, name: str) -> Record | None:
        for _kind, _name, revision, over, _there, document in self._rows(_DOCUMENT, kind, name):
            if not 0 < over <= self._now:
                return Record(document, revision)
        return None

    def _put(self, kind: str, name: str, document: bytes, over: int) -> Record:
        revision = self._next(f"revision {kind}")
        self._write(_PUT, kind, name, revision, over, 1, document)
        return Record(document, revision)

    def _remove(self, kind: str, name: str) -> None:
        self._write(_PUT, kind, name, self._next(f"revision {kind}"), 0, 0, b"")
        for row in self._rows(_TOO_MANY_GONE, kind)[:1]:
            self._write(_COUNT, f"forgotten {kind}", row[2])
            self._database.execute(_FORGET, (kind, row[2]))

    def _sweep(self, kind: str) -> None:
        """Remove what is over, and write nothing where nothing is."""
        with explained(self._place):
            is_any = bool(self._rows(_OVER, kind, self._now))
        if is_any:
            with self._writing():
                self._remove_what_is_over(kind)

    def _remove_what_is_over(self, kind: str) -> None:
        for row in self._rows(_OVER, kind, self._now):
            self._remove(kind, row[1])

    def _held(self, name: str) -> tuple[str, int] | None:
        """Return the holder and the fence of a lease, None when nobody has it."""
        for _name, holder, fence, _over in self._rows(_LEASE, name, self._now):
            return holder, fence
        return None

    def _check(self, lease: Lease | None) -> str:
        """Return who holds a lease; raises LeaseLost when it is not held any more."""
        if lease is None:
            return ""
        held = self._held(lease.name)
        if held is None or held[1] != lease.fence:
            raise LeaseLost(f"the lease {lease.name} is not held any more")
        return held[0]

    def _take(self, lease: Lease, holder: str, seconds: float) -> None:
        self._write(_TAKE, lease.name, holder, lease.fence, self._after(seconds))
