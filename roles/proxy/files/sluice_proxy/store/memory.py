# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A store that forgets everything when it is closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

from .deciding import decide, kinds_of
from .items import NOTHING, Applied, Change, Contents, Item, Key


class MemoryStore:
    """A BlockingStore of nothing but memory, which begins with ``contents``."""

    def __init__(self, contents: Contents = NOTHING) -> None:
        self._items: dict[Key, Item] = dict(contents.items)
        # Which kind was changed last is not known: it may have been any of them.
        self._revisions = dict.fromkeys(
            {key.kind for key in contents.items} or {""} if contents.revision else (),
            contents.revision,
        )

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

    def close(self) -> None:
        """Forget everything."""
        self._items.clear()
        self._revisions.clear()
