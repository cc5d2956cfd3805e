# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is asked of an authority beside orders."""

from __future__ import annotations

from collections.abc import Sequence

from ..acme.client import Client
from ..acme.failures import AcmeFailed, Problem
from ..acme.messages.model import RevocationReason
from ..acme.signing.keys import SigningKey
from ..acme.signing.private_keys import BadKey
from ..fleet.shared import LeaseLost, Shared, Unreachable
from ..snapshot.issuing import CertificateAuthority
from .accounts.accounts import Accounts
from .attempts import ATTEMPTS
from .certificates import CERTIFICATE
from .model import NotObtained, Obtained
from .policies.problems import ACCOUNT_REFUSED
from .policies.renewal import Window
from .sharing import shared_certificate

_REVOKED = "alreadyRevoked"


class Errands:
    """Revokes, looks when to renew, changes accounts; failures are NotObtained but for `look`."""

    def __init__(
        self,
        authorities: Sequence[CertificateAuthority],
        accounts: Accounts,
        shared: Shared,
    ) -> None:
        self._authorities = {one.name: one for one in authorities}
        self._accounts = accounts
        self._shared = shared

    async def look(self, held: Obtained) -> tuple[Window | None, float | None]:
        """Return what the authority suggests, None if nothing, and the seconds until it wants to be
        asked again, None if it did not say.

        Raises AcmeFailed, Unreachable and LeaseLost.
        """
        authority = self._authorities.get(held.authority)
        if authority is None:
            return None, None
        client = await self._accounts.client(authority)
        found = await client.renewal_info(held.chain)
        if found is None:
            return None, None
        window = Window(found.start.timestamp(), found.end.timestamp(), found.explanation_url)
        return window, found.retry_after

    async def revoke(self, held: Obtained, reason: str) -> None:
        """Revoke a certificate, which is not shared any more then."""
        authority = self._authority(held.authority)
        try:
            code = RevocationReason[reason.upper()]
        except KeyError:
            known = ", ".join(one.name.lower() for one in RevocationReason)
            raise NotObtained(f"{reason!r} is no reason to revoke: give one of {known}") from None
        try:
            await _revoke(await self._accounts.client(authority), held, code)
            await self._unshare(held)
        except (AcmeFailed, Unreachable, LeaseLost) as error:
            raise NotObtained(f"{authority.name} did not revoke: {error}") from None

    async def roll_over_account(self, name: str) -> None:
        """Have a new key for the account at an authority. Raises NoAccount besides."""
        authority = self._authority(name)
        try:
            await self._accounts.roll_over(authority)
        except (AcmeFailed, Unreachable, LeaseLost) as error:
            raise NotObtained(f"{name}: the account's key is not changed: {error}") from None

    async def deactivate_account(self, name: str) -> None:
        """Give the account at an authority up; the next order makes another one.

        Raises NoAccount besides.
        """
        authority = self._authority(name)
        try:
            await self._accounts.deactivate(authority)
        except (AcmeFailed, Unreachable, LeaseLost) as error:
            raise NotObtained(f"{name}: the account is not deactivated: {error}") from None

    def _authority(self, name: str) -> CertificateAuthority:
        authority = self._authorities.get(name)
        if authority is None:
            raise NotObtained(f"there is no authority {name!r} in issuing.acme.authorities")
        return authority

    async def _unshare(self, held: Obtained) -> None:
        """Have no node begin to serve it, and let the next one be ordered at once."""
        subject = held.wish.subject
        there = await shared_certificate(self._shared, subject)
        if there is not None and there.obtained.chain == held.chain:
            await self._shared.remove(CERTIFICATE, subject)
            await self._shared.remove(ATTEMPTS, subject)


async def _revoke(client: Client, held: Obtained, reason: RevocationReason) -> None:
    try:
        try:
            await client.revoke(held.chain, reason)
        except Problem as problem:
            if problem.kind not in ACCOUNT_REFUSED:
                raise
            # Another account obtained it; its own key shows as much.
            await client.revoke(held.chain, reason, SigningKey.read(held.key))
    except BadKey as error:
        raise AcmeFailed(str(error)) from None
    except Problem as problem:
        if problem.kind != _REVOKED:
            raise
