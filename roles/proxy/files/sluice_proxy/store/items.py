# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values that go into a store and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ABSENT = 0
"""The version of an item that is not there; those of items begin with 1."""


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Where a document is: its kind, and its id within that. Every character counts, and case."""

    kind: str
    id: str

    def __post_init__(self) -> None:
        for part in (self.kind, self.id):
            if not part or not _is_text(part):
                raise ValueError(f"{self.kind!r}, {self.id!r}: kind and id have to be some text")

    def __str__(self) -> str:
        return f"{self.kind} {self.id if self.id.isprintable() else ascii(self.id)}"


@dataclass(frozen=True, slots=True)
class Item:
    """A document that is kept; it may be a secret, and is in no ``repr``.

    ``version`` is the revision of the store that the document came with. An item that is removed
    and made again never has a version that it had before.
    """

    key: Key
    version: int
    document: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """What was in a store at one moment, in the order of the keys.

    ``revision`` counts the changes that were ever made to the store, 0 before the first. It is
    that of the whole store, whichever kinds were asked for.
    """

    revision: int
    items: Mapping[Key, Item]


NOTHING = Contents(0, MappingProxyType({}))
"""What is in a store that was never changed."""


@dataclass(frozen=True, slots=True)
class Put:
    """Have a document there, new or in place of another.

    ``expected`` is the version that the item must have for this, None for any.
    """

    key: Key
    document: bytes = field(repr=False)
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class Remove:
    """Have no document there; ``expected`` as for Put. Removing what is absent is no change."""

    key: Key
    expected: int | None = None


Change = Put | Remove


@dataclass(frozen=True, slots=True)
class Applied:
    """What a change came to, in the order of the keys.

    Documents that were there already are not among ``put``, absent ones not among ``removed``.
    With neither, ``revision`` is what it was; else it is one more.
    """

    revision: int
    put: tuple[Item, ...] = ()
    removed: tuple[Key, ...] = ()


def _is_text(value: str) -> bool:
    """Whether every store can keep ``value``: halves of surrogate pairs are no characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
