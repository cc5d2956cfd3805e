# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which revisions a store has told, so that those of another life of it are known."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Span:
    life: str
    first: int
    last: int


class Told:
    """The revisions that were told of each kind, within the present life of a store.

    A life ends when something may have been lost: a server that starts anew, a file that is opened
    anew.
    """

    def __init__(self) -> None:
        self._spans: dict[str, _Span] = {}

    def has(self, kind: str, life: str, revision: int) -> bool:
        """Whether what changed after a revision can be told to who asks from there."""
        span = self._spans.get(kind)
        return span is not None and span.life == life and span.first <= revision <= span.last

    def note(self, kind: str, life: str, revision: int) -> None:
        """Remember that a revision is told."""
        span = self._spans.get(kind)
        if span is None or span.life != life or revision < span.first:
            span = _Span(life, revision, revision)
        self._spans[kind] = _Span(life, span.first, max(span.last, revision))
