# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to tell of authorities, for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..fleet.shared import Shared
from ..snapshot.issuing import CertificateAuthority
from .accounts.accounts import Accounts
from .asking import Asking, orders_name
from .model import AuthorityStatus


class Overview:
    """Looks at authorities, and asks none of them. ``now`` returns seconds since 1970."""

    def __init__(
        self,
        authorities: Sequence[CertificateAuthority],
        accounts: Accounts,
        asking: Asking,
        shared: Shared,
        now: Callable[[], float],
    ) -> None:
        self._authorities = authorities
        self._accounts = accounts
        self._asking = asking
        self._shared = shared
        self._now = now

    async def look(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each of them, in their order. Raises Unreachable."""
        return tuple([await self._of(authority) for authority in self._authorities])

    async def _of(self, authority: CertificateAuthority) -> AuthorityStatus:
        rest = self._asking.rest_of(authority.name, self._now())
        return AuthorityStatus(
            name=authority.name,
            directory=authority.directory,
            staging=authority.staging,
            account=await self._accounts.known(authority),
            resting_until=None if rest is None else rest.until,
            said="" if rest is None else rest.said,
            orders=await self._shared.allowed(orders_name(authority.name), authority.order_window),
            most_orders=authority.most_orders,
            order_window=authority.order_window,
        )
