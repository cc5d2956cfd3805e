# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a store has to do, in as few words as possible, and things to ask of it at random."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from sluice_proxy.store.items import Change, Key, Put, Remove

KINDS = ("route", "certificate", "page")
KEYS = [Key(kind, name) for kind in KINDS for name in "abc"]


class Model:
    """The versions and documents that a store has to have."""

    def __init__(self) -> None:
        self.revision = 0
        self.items: dict[Key, tuple[int, bytes]] = {}
        self._log: list[set[str]] = [set()]
        """By revision, the kinds that it changed."""

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> int | None:
        """Return the revision afterwards, None for a conflict."""
        for kind, read_at in unchanged.items():
            since = self._log[read_at + 1 :]
            if read_at > self.revision or any(kind in kinds for kinds in since):
                return None
        for change in changes:
            if change.expected not in (None, self.items.get(change.key, (0, b""))[0]):
                return None
        after = dict(self.items)
        for change in changes:
            if isinstance(change, Remove):
                after.pop(change.key, None)
            elif after.get(change.key, (0, None))[1] != change.document:
                after[change.key] = (self.revision + 1, change.document)
        different = {
            key.kind for key in {*after, *self.items} if after.get(key) != self.items.get(key)
        }
        if different:
            self.revision += 1
            self.items = after
            self._log.append(different)
        return self.revision

    def suggest(self, chance: random.Random) -> tuple[list[Change], dict[str, int]]:
        """Return changes and conditions, most of which can be met."""
        keys = chance.sample(KEYS, chance.randint(0, 4))
        changes = [self._change(chance, key) for key in keys]
        kinds = chance.sample(KINDS, chance.choice((0, 0, 0, 1, 2)))
        oldest = max(0, self.revision - 3)
        return changes, {kind: chance.randint(oldest, self.revision + 1) for kind in kinds}

    def _change(self, chance: random.Random, key: Key) -> Change:
        version = self.items.get(key, (0, b""))[0]
        wrong = chance.randint(0, self.revision)
        expected = chance.choices((None, version, wrong), (5, 4, 1))[0]
        if chance.random() < 0.3:
            return Remove(key, expected)
        return Put(key, chance.choice((b"x", b"y")), expected)
