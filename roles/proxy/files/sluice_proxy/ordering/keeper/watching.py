# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What other nodes did, as it is shared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from ...fleet.shared import Changes, Shared, Unreachable
from ..attempts import ATTEMPTS, Attempts, decode_attempts
from ..certificates import CERTIFICATE, Held
from ..sharing import is_newer, read_certificate
from .book import Book
from .entry import Entry
from .reach import Reach

TURN = 50
"""Certificates after which others have their turn, as each takes a tenth of a millisecond."""


class Watching:
    """Looks at what changed, for the entries of a book.

    ``adopt`` is called with certificates that take the place of what there was, ``failed`` for
    entries of which another node told a failure.
    """

    def __init__(
        self,
        shared: Shared,
        book: Book,
        reach: Reach,
        now: Callable[[], float],
        adopt: Callable[[Mapping[str, Held]], None],
        failed: Callable[[Entry], None],
    ) -> None:
        self._shared = shared
        self._book = book
        self._reach = reach
        self._now = now
        self._adopt = adopt
        self._failed = failed
        self._certificates = 0
        self._attempts = 0

    async def look(self) -> set[str]:
        """Take over what changed, and return the subjects for which something did."""
        try:
            certificates = await self._shared.changes(CERTIFICATE, self._certificates)
            attempts = await self._shared.changes(ATTEMPTS, self._attempts)
        except Unreachable as error:
            self._reach.lost(error)
            return set()
        self._reach.back()
        self._certificates, self._attempts = certificates.revision, attempts.revision
        changed = self._take_attempts(attempts)
        return changed | await self._take_certificates(certificates)

    async def _take_certificates(self, changes: Changes) -> set[str]:
        now = self._now()
        newer: dict[str, Held] = {}
        for number, (subject, record) in enumerate(changes.put.items(), 1):
            if number % TURN == 0:
                await asyncio.sleep(0)
            entry = self._book.of(subject)
            held = None if entry is None else read_certificate(subject, record.document)
            if entry is None or held is None or now > held.lifespan.ends:
                continue
            if entry.ordering:
                entry.seen = held
            elif is_newer(held, entry.held):
                newer[subject] = held
        if newer:
            self._adopt(newer)
        return newer.keys() | self._take_missing(changes)

    def _take_missing(self, changes: Changes) -> set[str]:
        """Have those shared that this node alone has, as after a store was lost or is another."""
        if not changes.whole:
            return set()
        now = self._now()
        missing = [
            entry for entry in self._book if entry.subject not in changes.put and entry.holds(now)
        ]
        for entry in missing:
            entry.unshared = True
        return {entry.subject for entry in missing}

    def _take_attempts(self, changes: Changes) -> set[str]:
        changed: set[str] = set()
        for subject, record in changes.put.items():
            entry = self._book.of(subject)
            if entry is None or entry.working:
                continue
            attempts = decode_attempts(record.document, self._now())
            news = attempts.failures > 0 and attempts != entry.attempts
            entry.attempts = attempts
            changed.add(subject)
            if news:
                self._failed(entry)
        for subject in changes.removed:
            entry = self._book.of(subject)
            if entry is not None and not entry.working:
                entry.attempts = Attempts()
                changed.add(subject)
        return changed
