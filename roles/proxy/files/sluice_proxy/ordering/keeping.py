# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the supervisor has of the ordering of certificates."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from .model import AuthorityStatus, Obtained, OrderState, Wish

Arrived = Callable[[Mapping[str, Obtained]], Awaitable[None]]
"""Told of certificates that were obtained, here or by another node, by the ids of their wishes;
returns when they are in force. May raise: it is told again later."""


class Keeping(Protocol):
    """Has certificates there for all wishes, and renews them in time."""

    def wish(self, wishes: Mapping[str, Wish], held: Mapping[str, Obtained]) -> None:
        """Have certificates for these wishes by id, and for no others from now on; ``held`` are
        those that are in force. Returns at once, and may be called often."""

    async def demand(self, name: str, wish: Wish) -> Obtained:
        """Have a certificate now for a client that waits; many who ask for one cause one order.

        The order goes on when who asked is cancelled. It is told to Arrived as well. Raises
        NotObtained.
        """

    def state(self, name: str) -> OrderState | None:
        """Return how the order for a wish stands, None for an unknown id."""

    async def renew(self, name: str) -> None:
        """Order a new certificate now, whatever there is. Raises KeyError for an unknown id."""

    async def revoke(self, held: Obtained, reason: str) -> None:
        """Have its authority revoke a certificate; one that is revoked already is no error.

        Raises NotObtained with what the authority said.
        """

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each authority, in their order. Raises Unreachable."""

    async def roll_over_account(self, authority: str) -> None:
        """Have a new key for the fleet's account at an authority.

        Raises NoAccount, and NotObtained with what the authority said.
        """

    async def deactivate_account(self, authority: str) -> None:
        """Give the fleet's account at an authority up for good; the next order makes another one.

        Raises NoAccount, and NotObtained with what the authority said.
        """

    async def close(self) -> None:
        """Stop ordering; leases are released, so that another node goes on at once."""
