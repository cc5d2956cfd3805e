# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store that forgets everything when it is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from .deciding import decide, kinds_of, taken_over
from .items import Applied, Change, Contents, Item, Key


class MemoryStore:
    """A BlockingStore of nothing but memory."""

    def __init__(self) -> None:
        self._items: dict[Key, Item] = {}
        self._revisions: dict[str, int] = {}

    def read(self, kinds: Collection[str] | None) -> Contents:
        """Return what is there."""
        items = {
            key: self._items[key]
            for key in sorted(self._items)
            if kinds is None or key.kind in kinds
        }
        return Contents(max(self._revisions.values(), default=0), MappingProxyType(items))

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> Applied:
        """Make the changes."""
        applied = decide(changes, unchanged, self._items, self._revisions)
        for key in applied.removed:
            del self._items[key]
        self._items.update((item.key, item) for item in applied.put)
        self._revisions.update(dict.fromkeys(kinds_of(applied), applied.revision))
        return applied

    def take_over(self, contents: Contents) -> None:
        """Have what another store had."""
        self._revisions = taken_over(contents, self._revisions)
        self._items = dict(contents.items)

    def close(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._revisions.clear()
