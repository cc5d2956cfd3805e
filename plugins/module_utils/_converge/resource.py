# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The words every kind speaks: a resource, an operation on one, a refusal of it, a driver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Generic, Hashable, List, Mapping, Optional, Protocol, Sequence, TypeVar

Key = Hashable


class Resource(Protocol):
    """One entry of the kernel's (or the proxy's) tables, in canonical form.

    Two resources with the same ``key`` are the same entry; they are equal when no operation is
    needed to turn one into the other.
    """

    @property
    def key(self) -> Key:
        """What identifies the entry; it never changes during its life."""

    @property
    def name(self) -> str:
        """How messages name the entry, for example ``virtual service tcp 192.0.2.1:80``."""

    def line(self) -> str:
        """The whole entry on one line, as diffs show it."""


R = TypeVar("R", bound=Resource)

State = Mapping[Key, R]


@dataclass(frozen=True)
class Operation(Generic[R]):
    """A step from ``before`` to ``after``: None before creates, None after deletes."""

    before: Optional[R]
    after: Optional[R]

    @property
    def subject(self) -> R:
        """The entry that messages name."""
        entry = self.after if self.after is not None else self.before
        if entry is None:
            raise ValueError("an operation needs a before or an after")
        return entry

    @property
    def verb(self) -> str:
        """``create``, ``change`` or ``delete``."""
        if self.before is None:
            return "create"
        return "delete" if self.after is None else "change"

    def inverse(self) -> Operation[R]:
        """Return the operation that takes this one back."""
        return Operation(self.after, self.before)

    def __str__(self) -> str:
        return "%s %s" % (self.verb, self.subject.name)


@dataclass(frozen=True)
class Refusal:
    """The kernel's no to one operation.

    ``reason`` is one clause that says what is wrong and what to do. ``stale`` is set when the
    plan was out of date (somebody else created or removed the entry meanwhile), so that reading
    and planning again can help.
    """

    reason: str
    stale: bool = False


class Driver(Protocol[R]):
    """The thin edge of one kind: a bulk read, and a batch of writes."""

    def read(self) -> Dict[Key, R]:
        """Return every entry that exists."""

    def apply(self, operations: Sequence[Operation[R]]) -> List[Optional[Refusal]]:
        """Do the operations in order; return one answer for each, None where it was done.

        A refusal does not stop the operations after it.
        """
