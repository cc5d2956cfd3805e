# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Accounts: one for each authority and fleet, made when it is first needed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from ...acme.client import Client
from ...acme.failures import AcmeFailed
from ...acme.signing.keys import SigningKey
from ...acme.signing.private_keys import BadKey
from ...fleet.shared import Lease, Shared
from ...snapshot.issuing import CertificateAuthority
from ..leasing import HeldElsewhere, under_lease
from ..model import AccountStatus
from .documents import SharedAccount
from .settling import Connect, Settling

AGAIN, TIMES = 1.0, 90
"""Seconds after which it is looked again whether another node is done with an account, and how
often."""
T = TypeVar("T")


class Accounts:
    """Has clients of authorities with the fleet's accounts there.

    All methods raise AcmeFailed, Unreachable and LeaseLost.
    """

    def __init__(self, shared: Shared, connect: Connect, holder: str) -> None:
        self._shared = shared
        self._settling = Settling(shared, connect)
        self._holder = holder
        self._clients: dict[str, tuple[SharedAccount, Client]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def client(self, authority: CertificateAuthority) -> Client:
        """Return a client with an account, which is made, or gets its contacts, if need be."""
        account = await self._settling.read(authority)
        if account is None or not account.is_settled(authority):
            account = await self._alone(
                authority, lambda lease: self._settling.settle(authority, lease)
            )
        return self._client(authority, account)

    async def known(self, authority: CertificateAuthority) -> AccountStatus | None:
        """Return the account as it is shared, None where none is made yet."""
        account = await self._settling.read(authority)
        if account is None or not account.url:
            return None
        try:
            thumbprint = SigningKey.read(account.key).thumbprint
        except BadKey:
            thumbprint = ""
        return AccountStatus(account.url, account.contact, thumbprint)

    async def instead(self, authority: CertificateAuthority, former: Client) -> Client | None:
        """Return a client with another account than one that the authority did not take, None when
        that account is good, and something else was wrong."""
        account = await self._alone(
            authority, lambda lease: self._settling.replace(authority, former.key, lease)
        )
        return None if account is None else self._client(authority, account)

    async def roll_over(self, authority: CertificateAuthority) -> None:
        """Have a new key for the account (RFC 8555, section 7.3.5). Raises NoAccount."""
        await self._alone(authority, lambda lease: self._settling.roll_over(authority, lease))

    async def deactivate(self, authority: CertificateAuthority) -> None:
        """Give the account up for good (RFC 8555, section 7.3.6); the next order makes another.

        Raises NoAccount.
        """
        await self._alone(authority, lambda lease: self._settling.deactivate(authority, lease))

    def _client(self, authority: CertificateAuthority, account: SharedAccount) -> Client:
        known = self._clients.get(authority.name)
        if known is None or known[0] != account:
            # The same client has the directory, and nonces for the next requests.
            known = account, self._settling.client(authority, account)
            self._clients[authority.name] = known
        return known[1]

    async def _alone(
        self, authority: CertificateAuthority, work: Callable[[Lease], Awaitable[T]]
    ) -> T:
        # A lease keeps out other nodes, not this one.
        async with self._locks.setdefault(authority.name, asyncio.Lock()):
            for _turn in range(TIMES):
                try:
                    return await under_lease(
                        self._shared, f"account {authority.name}", self._holder, work
                    )
                except HeldElsewhere:
                    await asyncio.sleep(AGAIN)
        raise AcmeFailed("another node is at the account there, and does not end")
