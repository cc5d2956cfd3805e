# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why a store did not do what it was asked to; in either case nothing in it has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .items import ABSENT, Key


class StoreFailed(RuntimeError):
    """The store cannot be read or written. The text is one line: where, why, and what to do."""

    def __init__(self, place: str, message: str) -> None:
        self.place = place
        text = f"{place}: {message}"
        super().__init__("".join(char if char.isprintable() else " " for char in text))


class StoreTooNew(StoreFailed):
    """A later release wrote it, in a form that this one does not know."""


class StoreFull(StoreFailed):
    """There is no room for what was to be written: the same may succeed when there is."""


@dataclass(frozen=True, slots=True, order=True)
class Mismatch:
    """An item that has not the version that was expected, or a kind that has changed since.

    ``subject`` is the Key or the name of the kind; both numbers are versions, or revisions.
    """

    subject: Key | str
    expected: int
    found: int

    def __str__(self) -> str:
        if isinstance(self.subject, str):
            if self.found < self.expected:
                return f"{self.subject}: there is no revision {self.expected} yet"
            return (
                f"{self.subject}: changed with revision {self.found}, after {self.expected} "
                "that this was made for"
            )
        if self.found == ABSENT:
            return f"{self.subject}: not there, but expected with version {self.expected}"
        if self.expected == ABSENT:
            return f"{self.subject}: there already, with version {self.found}"
        return f"{self.subject}: has version {self.found}, and not {self.expected}"


class Conflict(RuntimeError):
    """Somebody else was faster: read again, and decide anew. ``mismatches`` has every one."""

    def __init__(self, mismatches: Iterable[Mismatch]) -> None:
        self.mismatches = tuple(mismatches)
        first, *others = self.mismatches
        more = f", and {len(others)} more" if others else ""
        super().__init__(f"{first}{more}")
