# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""All certificates that are wanted, by their subjects and by the ids of their wishes."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping

from ..certificates import BadDocument, Held
from ..model import Obtained, Wish
from ..policies.renewal import place_of
from ..sharing import is_newer
from .entry import Entry

SETTLING = 300.0
"""Seconds over which renewals are spread that were due before this node knew of them."""
LOOKING = 3_600.0
"""Seconds over which first looks at what authorities suggest are spread."""
_log = logging.getLogger("sluice_proxy.ordering")


class Book:
    """Entries; ``holder`` is this node, whose moments are others than those of other nodes.

    ``authorities`` are the names of those that issue.
    """

    def __init__(self, holder: str, authorities: Collection[str]) -> None:
        self._holder = holder
        self._authorities = authorities
        self._entries: dict[str, Entry] = {}
        self._subjects: dict[str, str] = {}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._entries.values())

    def of(self, subject: str) -> Entry | None:
        """Return the entry for a subject, None where nobody wants it."""
        return self._entries.get(subject)

    def named(self, name: str) -> Entry | None:
        """Return the entry for the id of a wish, None for an unknown one."""
        return self._entries.get(self._subjects.get(name, ""))

    def follow(
        self, wishes: Mapping[str, Wish], held: Mapping[str, Obtained], now: float
    ) -> tuple[set[str], set[str], dict[str, Obtained]]:
        """Have entries for these wishes, and return the subjects of those that changed, the ids
        that nobody wishes for any more, and by new ids what is there for them already."""
        changed: set[str] = set()
        gone: set[str] = set()
        joined: dict[str, Entry] = {}
        for name in [name for name in self._subjects if name not in wishes]:
            gone.add(name)
            changed.add(self._leave(name))
        for name, wish in wishes.items():
            entry = self.named(name)
            if entry is None or entry.wish != wish:
                subject = wish.subject
                if entry is not None and entry.subject != subject:
                    changed.add(self._leave(name))
                entry = self._entries.setdefault(subject, Entry(subject, wish))
                # How control is shown may be another.
                entry.wish = wish
                entry.wished.add(name)
                if self._subjects.get(name) != subject:
                    self._subjects[name] = subject
                    joined[name] = entry
                changed.add(subject)
            one = held.get(name)
            if one is not None and self._take(entry, one, now):
                changed.add(entry.subject)
        return changed, gone, _there_for(joined, held, now)

    def expect(self, name: str, wish: Wish) -> Entry:
        """Return the entry for what a client waits for."""
        subject = wish.subject
        entry = self._entries.setdefault(subject, Entry(subject, wish))
        entry.demanded.add(name)
        return entry

    def replace(self, entry: Entry, held: Held, now: float) -> None:
        """Have a certificate that was obtained, here or elsewhere."""
        entry.replace(held, now + self._place(held) * _spread(held, LOOKING))

    def forget(self, entry: Entry) -> bool:
        """Forget an entry that nobody wants, and for which nothing is under way; return whether it
        was one."""
        if entry.needed or entry.working:
            return False
        self._entries.pop(entry.subject, None)
        return True

    def _leave(self, name: str) -> str:
        subject = self._subjects.pop(name)
        self._entries[subject].wished.discard(name)
        return subject

    def _take(self, entry: Entry, one: Obtained, now: float) -> bool:
        """Take over what is in force; return whether it was unknown."""
        if entry.held is not None and entry.held.obtained.chain == one.chain:
            return False
        if one.wish != entry.wish and one.wish.subject != entry.subject:
            # It is shown on until there is one for this wish.
            return False
        try:
            held = Held(one)
        except BadDocument as error:
            _log.warning("a certificate in force is ordered anew: %s", error)
            return False
        if not is_newer(held, entry.held):
            return False
        self.replace(entry, held, now)
        # What other nodes obtain of one that this node does not know is left to them: a fleet may
        # be about to change.
        entry.abandoned = one.authority not in self._authorities
        entry.settle = now + self._place(held) * _spread(held, SETTLING)
        return True

    def _place(self, held: Held) -> float:
        return place_of(self._holder, held.fingerprint)


def _spread(held: Held, most: float) -> float:
    """Return over how many seconds to spread: not over much of a short lifetime."""
    return min(most, max(held.lifespan.seconds, 0.0) / 50)


def _there_for(
    joined: Mapping[str, Entry], held: Mapping[str, Obtained], now: float
) -> dict[str, Obtained]:
    """Return what other ids have, and those that joined them do not."""
    there = {
        name: entry.held.obtained
        for name, entry in joined.items()
        if entry.held is not None and entry.holds(now)
    }
    return {
        name: one
        for name, one in there.items()
        if name not in held or held[name].chain != one.chain
    }
