# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of every store."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from .items import Applied, Change, Contents

WHATEVER: Mapping[str, int] = MappingProxyType({})
"""No kind has to be as it was."""


class Store(Protocol):
    """Keeps documents. All methods raise StoreFailed."""

    async def read(self, kinds: Collection[str] | None = None) -> Contents:
        """Return what is there at one moment: all of it, or what is of certain kinds."""

    async def apply(
        self, changes: Sequence[Change], unchanged: Mapping[str, int] = WHATEVER
    ) -> Applied:
        """Make all the changes as one, or none of them. When this returns, they are kept for good.

        ``unchanged`` has kinds that must not have changed, each with the revision that the caller
        has read it at. Raises Conflict when one did, or when an item has not its expected
        version; ValueError when an item is changed twice.

        After StoreFailed nothing has changed. A caller that is cancelled does not know: what
        was handed in is done nevertheless.
        """

    async def take_over(self, contents: Contents) -> None:
        """Have what another store had, and go on with its versions and its revision.

        Raises Conflict when this one was ever changed.
        """

    async def close(self) -> None:
        """Finish what was handed in, and let go of everything; a second time is no error."""


class BlockingStore(Protocol):
    """A store whose methods return when they are done, in one thread; `in_thread` makes a Store
    of it."""

    def read(self, kinds: Collection[str] | None) -> Contents:
        """As Store."""

    def apply(self, changes: Sequence[Change], unchanged: Mapping[str, int]) -> Applied:
        """As Store."""

    def take_over(self, contents: Contents) -> None:
        """As Store."""

    def close(self) -> None:
        """Let go of everything."""
