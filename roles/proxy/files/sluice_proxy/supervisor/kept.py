# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is declared, as it is kept: in a store, and what is in it as this program knows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from ..issuing.leaves import ISSUED
from ..resources.model import Kind
from ..store.failures import Conflict, StoreFailed, StoreTooNew
from ..store.in_thread import InThread
from ..store.items import NOTHING, Applied, Change, Contents, Key, Put, Remove
from ..store.memory import MemoryStore
from ..store.sqlite.store import SqliteStore, contents_of
from ..store.store import Store
from .last_good import NoLastGood, place_of, read_last_good

T = TypeVar("T")

Begin = Callable[[], None]
"""What a thread does before anything else."""


_KINDS = (*(kind.value for kind in Kind), ISSUED)
"""Nobody but this program changes these."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to serve, and why the store itself could not tell, None when it could.

    ``from_last_good`` is whether it is of the file beside the store; ``note`` says why that is of
    no use, if it is not.
    """

    contents: Contents
    failure: StoreFailed | None = None
    from_last_good: bool = False
    note: str = ""


class Kept:
    """A store in use, or one that cannot be used at present."""

    def __init__(
        self, path: str | None, store: Store | None, known: Known, *, is_new: bool = False
    ) -> None:
        self.path = path
        self.known = known
        """What there was when it was opened."""
        self._store = store
        self._is_new = is_new
        self._failure = known.failure
        self._items = dict(known.contents.items)
        self._revision = known.contents.revision

    @classmethod
    async def open(cls, path: str | None, former: Contents, begin: Begin) -> Kept:
        """Return the store at ``path``, or one in memory.

        Where it is new, or cannot be opened, there is ``former`` to serve, or what was last good
        beside it. ``fill`` puts that into a new one.
        """
        if path is None:
            return cls(None, await InThread.open(MemoryStore, begin), Known(former), is_new=True)
        try:
            store = await InThread.open(lambda: SqliteStore(Path(path)), begin)
        except StoreFailed as failure:
            return cls(path, None, what_was_good(path, former, failure))
        try:
            contents = await store.read()
        except StoreFailed as failure:
            with suppress(StoreFailed):
                await store.close()
            return cls(path, None, what_was_good(path, former, failure))
        if contents.revision:
            return cls(path, store, Known(contents))
        return cls(path, store, what_was_good(path, former), is_new=True)

    @property
    def kind(self) -> str:
        """Where documents go: ``sqlite`` or ``memory``."""
        return "memory" if self.path is None else "sqlite"

    @property
    def is_open(self) -> bool:
        """Whether there is a store, and not only what was in it."""
        return self._store is not None

    @property
    def said(self) -> str:
        """Why it cannot be used now, empty when it can."""
        return "" if self._failure is None else str(self._failure)

    @property
    def contents(self) -> Contents:
        """What is in it, in no order."""
        return Contents(self._revision, MappingProxyType(dict(self._items)))

    async def fill(self) -> None:
        """Have a new store have what there is to serve, with its versions. Raises StoreFailed."""
        if self._is_new and self._store is not None:
            await self._watched(self._store.take_over(self.contents))
            self._is_new = False

    async def apply(self, changes: Sequence[Change]) -> Applied:
        """Make all the changes, or none. Raises StoreFailed."""
        if not changes:
            return Applied(self._revision)
        if self._store is None:
            assert self._failure is not None
            raise self._failure
        await self.fill()
        unchanged = dict.fromkeys(_KINDS, self._revision)
        applied = await self._watched(self._store.apply(changes, unchanged))
        self._revision = applied.revision
        self._items.update((item.key, item) for item in applied.put)
        for key in applied.removed:
            self._items.pop(key, None)
        return applied

    async def _watched(self, work: Awaitable[T]) -> T:
        """Return what the store does, and know whether it can be used."""
        try:
            done = await work
        except Conflict as conflict:
            self._failure = StoreFailed(
                self.path or "the store",
                f"another program changes it ({conflict}): end that, and have the configuration"
                " read again (SIGHUP)",
            )
            raise self._failure from conflict
        except StoreFailed as failure:
            self._failure = failure
            raise
        self._failure = None
        return done

    def back(self, keys: Sequence[Key]) -> list[Change]:
        """Return what brings documents back that are there now under ``keys``."""
        there = {key: self._items.get(key) for key in keys}
        return [
            Remove(key) if item is None else Put(key, item.document) for key, item in there.items()
        ]

    async def close(self) -> None:
        """Let go of the store. Raises StoreFailed."""
        if self._store is not None:
            await self._store.close()


def what_was_good(path: str, former: Contents, failure: StoreFailed | None = None) -> Known:
    """Return ``former`` if there ever was any, else what was last good beside the store at
    ``path``."""
    if former.revision:
        return Known(former, failure)
    try:
        return Known(read_last_good(place_of(path)), failure, from_last_good=True)
    except NoLastGood as none:
        return Known(NOTHING, failure, note=str(none))


def known_at(path: str) -> Known:
    """Return what a program would find that starts with the store at ``path``; changes nothing.

    Raises StoreTooNew when a later release wrote it.
    """
    try:
        return Known(contents_of(Path(path)))
    except StoreTooNew:
        raise
    except StoreFailed as failure:
        return what_was_good(path, NOTHING, failure)
