# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changes a store as fast as it can until it is killed: ``python -m running.store_writer PATH``.

Each line that it says is the number of a change that was acknowledged. What the store has to have
after change N follows from N alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
from pathlib import Path

from sluice_proxy.store.in_thread import InThread
from sluice_proxy.store.items import Change, Key, Put, Remove
from sluice_proxy.store.sqlite.store import SqliteStore

BEGUN = b"begun\n"
KINDS = ("route", "certificate", "page")
_KEPT = 4
_LARGEST = 60_000


def contents_after(number: int) -> dict[Key, bytes]:
    """Return the documents after change ``number``: those of some changes, of three kinds each."""
    latest = range(max(1, number - _KEPT + 1), number + 1)
    return {key: document for one in latest for key, document in _documents(one).items()}


def change(number: int) -> list[Change]:
    """Return what leads from the contents after the change before to those after ``number``."""
    changes: list[Change] = [Put(key, text, 0) for key, text in _documents(number).items()]
    if number > _KEPT:
        changes += [Remove(key, number - _KEPT) for key in _documents(number - _KEPT)]
    return changes


def _documents(number: int) -> dict[Key, bytes]:
    chance = random.Random(number)
    return {Key(kind, str(number)): chance.randbytes(chance.randint(0, _LARGEST)) for kind in KINDS}


async def _write(path: Path) -> None:
    store = await InThread.open(lambda: SqliteStore(path))
    number = (await store.read([])).revision
    while True:
        number += 1
        await store.apply(change(number))
        os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    os.write(1, BEGUN)
    asyncio.run(_write(Path(sys.argv[1])))
