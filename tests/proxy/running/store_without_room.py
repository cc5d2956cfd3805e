# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A store on a disk that gets full: ``python -m running.store_without_room FOLDER``.

FOLDER is a disk of its own, of 3 MiB. Says as JSON what came of it.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

from sluice_proxy.store.failures import StoreFailed
from sluice_proxy.store.items import Contents, Key, Put
from sluice_proxy.store.sqlite.store import SqliteStore
from sluice_proxy.store.store import WHATEVER


def fill(store: SqliteStore) -> str:
    """Put documents, two at a time, until that fails; return why."""
    chance = random.Random(3)
    while True:
        number = store.read([]).revision + 1
        puts = [Put(Key(kind, str(number)), chance.randbytes(20_000)) for kind in ("a", "b")]
        before = store.read(None)
        try:
            store.apply(puts, WHATEVER)
        except StoreFailed as failure:
            assert store.read(None) == before, "half a change"
            return str(failure)


def occupy(path: Path) -> None:
    """Leave no room at all."""
    with path.open("wb", buffering=0) as file:
        for size in (4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def reopened(store: SqliteStore, path: Path) -> SqliteStore:
    """Close and open it, and see that all of it is there."""
    before = store.read(None)
    store.close()
    again = SqliteStore(path)
    assert again.read(None) == before, "something is lost"
    return again


def opened_without_room(path: Path) -> str:
    """Return why no store can be made."""
    try:
        SqliteStore(path)
    except StoreFailed as failure:
        return str(failure)
    return "it was opened"


def main(folder: Path) -> None:
    """Fill the disk, make room, go on; then begin where there is no room."""
    path, ballast = folder / "store" / "edge.db", folder / "ballast"
    ballast.write_bytes(bytes(2_400_000))
    store = SqliteStore(path)
    full = fill(store)
    revision = store.read([]).revision
    ballast.unlink()
    store.apply([Put(Key("a", "more"), b"x" * 20_000)], WHATEVER)
    store = reopened(store, path)
    went_on: Contents = store.read([])
    store.close()
    occupy(ballast)
    no_room = opened_without_room(folder / "other" / "edge.db")
    ballast.unlink()
    SqliteStore(folder / "other" / "edge.db").close()
    outcome = {
        "full": full,
        "revision": revision,
        "went on": went_on.revision,
        "no room": no_room,
    }
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
