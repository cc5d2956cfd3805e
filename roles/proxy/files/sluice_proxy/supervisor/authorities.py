# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Authorities that certificates are ordered of, and the fleet's accounts there, for operators."""

from __future__ import annotations

from collections.abc import Callable

from ..admin.edge import NoAuthority, NotChanged, NotOrdered, OutOfReach
from ..fleet.shared import Unreachable
from ..ordering.keeping import Keeping
from ..ordering.model import AuthorityStatus, NoAccount, NotObtained


class Authorities:
    """``keeping`` returns who orders certificates, None where nothing is ordered."""

    def __init__(self, keeping: Callable[[], Keeping | None]) -> None:
        self._keeping = keeping

    async def all(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each, in their order. Raises OutOfReach."""
        keeping = self._keeping()
        return () if keeping is None else await _all(keeping)

    async def roll_over(self, name: str) -> AuthorityStatus:
        """Have a new key for the account at one.

        Raises NoAuthority, NotOrdered, NotChanged and OutOfReach.
        """
        keeping = await self._of(name)
        try:
            await keeping.roll_over_account(name)
        except (NoAccount, NotObtained) as error:
            raise _not_done(error) from error
        return await _one(keeping, name)

    async def deactivate(self, name: str) -> AuthorityStatus:
        """Give the account at one up for good. Raises as `roll_over`."""
        keeping = await self._of(name)
        try:
            await keeping.deactivate_account(name)
        except (NoAccount, NotObtained) as error:
            raise _not_done(error) from error
        return await _one(keeping, name)

    async def _of(self, name: str) -> Keeping:
        keeping = self._keeping()
        if keeping is None:
            raise NotOrdered("nothing is ordered: set issuing.provider to acme in the file")
        await _one(keeping, name)
        return keeping


async def _all(keeping: Keeping) -> tuple[AuthorityStatus, ...]:
    try:
        return await keeping.authorities()
    except Unreachable as error:
        raise OutOfReach(str(error)) from error


async def _one(keeping: Keeping, name: str) -> AuthorityStatus:
    for one in await _all(keeping):
        if one.name == name:
            return one
    raise NoAuthority(f"there is no authority {name[:200]!r} in issuing.acme.authorities")


def _not_done(error: NoAccount | NotObtained) -> NotOrdered | NotChanged:
    return NotOrdered(str(error)) if isinstance(error, NoAccount) else NotChanged(str(error))
