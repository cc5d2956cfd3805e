# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What changes an account, each under its lease (RFC 8555, section 7.3).

A key is shared before the authority sees it: whoever goes on after a crash has it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from ...acme.client import Client
from ...acme.failures import AcmeFailed, NotGranted, Problem
from ...acme.messages.model import Account, Status
from ...acme.signing.keys import SigningKey
from ...acme.signing.private_keys import BadKey
from ...fleet.shared import Lease, Shared
from ...snapshot.issuing import CertificateAuthority
from ..model import NoAccount
from ..policies.problems import ACCOUNT_LOST, NotSetUp
from .documents import ACCOUNT, SharedAccount, decode_account, encode_account
from .external import external_account

Connect = Callable[[CertificateAuthority, SigningKey, str | None], Client]
"""Makes a client with the account of a key; raises AcmeFailed."""
_log = logging.getLogger("sluice_proxy.ordering")


class Settling:
    """Changes accounts. All methods raise AcmeFailed, Unreachable and LeaseLost."""

    def __init__(self, shared: Shared, connect: Connect) -> None:
        self._shared = shared
        self._connect = connect

    async def read(self, authority: CertificateAuthority) -> SharedAccount | None:
        """Return the account at an authority, settled or not, None where there is none."""
        record = await self._shared.get(ACCOUNT, authority.name)
        account = None if record is None else decode_account(record.document)
        # The name may have been another authority's.
        return account if account is not None and account.is_of(authority) else None

    def client(self, authority: CertificateAuthority, account: SharedAccount) -> Client:
        """Return a client with an account."""
        try:
            key = SigningKey.read(account.key)
        except BadKey as error:
            raise AcmeFailed(f"the account's key cannot be read: {error}") from None
        return self._connect(authority, key, account.url or None)

    async def settle(self, authority: CertificateAuthority, lease: Lease) -> SharedAccount:
        """Return the account, which is made, or brought to what the configuration says."""
        account = await self.read(authority)
        if account is None:
            account = await self._put(authority, _new(authority), lease)
        if not account.url:
            account = await self._register(authority, account, lease)
        if account.next_key is not None:
            account = await self._with_the_right_key(authority, account, lease)
        if account.contact != authority.contact:
            client = self.client(authority, account)
            try:
                await client.update(authority.contact)
            except Problem:
                if not await _is_lost(client):
                    raise
                return await self._anew(authority, account, lease)
            account = await self._put(authority, replace(account, contact=authority.contact), lease)
        return account

    async def replace(
        self, authority: CertificateAuthority, former: SigningKey, lease: Lease
    ) -> SharedAccount | None:
        """Return another account than the one with the key ``former``, None if that is good."""
        account = await self.read(authority)
        if account is not None and account.key == former.pem and account.next_key is None:
            if not await _is_lost(self.client(authority, account)):
                return None
            return await self._anew(authority, account, lease)
        return await self.settle(authority, lease)

    async def roll_over(self, authority: CertificateAuthority, lease: Lease) -> SharedAccount:
        """Return the account with a new key (section 7.3.5). Raises NoAccount."""
        account = await self._existing(authority, lease)
        new_key = SigningKey.new()
        account = await self._put(authority, replace(account, next_key=new_key.pem), lease)
        await self.client(authority, account).roll_over(new_key)
        return await self._put(authority, replace(account, key=new_key.pem, next_key=None), lease)

    async def deactivate(self, authority: CertificateAuthority, lease: Lease) -> None:
        """Give the account up for good (section 7.3.6). Raises NoAccount."""
        account = await self._existing(authority, lease)
        try:
            await self.client(authority, account).deactivate()
        except Problem:
            # It may be deactivated already, and only this was not noted.
            if not await _is_lost(self.client(authority, account)):
                raise
        await self._shared.remove(ACCOUNT, authority.name, lease=lease)

    async def _anew(
        self, authority: CertificateAuthority, lost: SharedAccount, lease: Lease
    ) -> SharedAccount:
        """Return another account than one that the authority has not, or not any more."""
        _log.warning(
            "%s does not know the account %s any more: another one is made",
            authority.name,
            lost.url,
        )
        account = await self._put(authority, _new(authority), lease)
        return await self._register(authority, account, lease)

    async def _existing(self, authority: CertificateAuthority, lease: Lease) -> SharedAccount:
        """Return the account with the key that the authority has; none is made."""
        account = await self.read(authority)
        if account is None:
            raise _no_account(authority)
        if not account.url:
            # It may have been made, and only its URL was not noted.
            found = await _found(self.client(authority, account))
            if found is None:
                raise _no_account(authority)
            account = replace(account, url=found.url)
        if account.next_key is not None:
            account = await self._with_the_right_key(authority, account, lease)
        return account

    async def _register(
        self, authority: CertificateAuthority, account: SharedAccount, lease: Lease
    ) -> SharedAccount:
        client = self.client(authority, account)
        directory = await client.directory()
        if directory.terms_of_service and not authority.terms_agreed:
            raise NotSetUp(
                f"it wants its terms agreed to, {directory.terms_of_service}: read them, and set"
                " terms_agreed of this authority"
            )
        external = external_account(authority)
        if external is None and directory.external_account_required:
            raise NotSetUp(
                "it makes accounts for those alone that it knows already: set external_account of"
                " this authority"
            )
        try:
            made = await client.register(
                authority.contact, terms_agreed=authority.terms_agreed, external_account=external
            )
            if made.status is not Status.VALID:
                raise NotGranted(f"the account {made.url} is {made.status}")
        except (Problem, NotGranted) as error:
            if isinstance(error, NotGranted) or error.kind in ACCOUNT_LOST:
                # The key may be that of an account that was given up: the next try has another.
                await self._shared.remove(ACCOUNT, authority.name, lease=lease)
            raise
        _log.info("%s: the account is %s", authority.name, made.url)
        return await self._put(
            authority, replace(account, url=made.url, contact=authority.contact), lease
        )

    async def _with_the_right_key(
        self, authority: CertificateAuthority, account: SharedAccount, lease: Lease
    ) -> SharedAccount:
        """Find out which key the authority has, after a change whose end nobody saw."""
        assert account.next_key is not None
        changed = replace(account, key=account.next_key, next_key=None)
        lost = await _is_lost(self.client(authority, replace(changed, url="")))
        return await self._put(
            authority, replace(account, next_key=None) if lost else changed, lease
        )

    async def _put(
        self, authority: CertificateAuthority, account: SharedAccount, lease: Lease
    ) -> SharedAccount:
        await self._shared.put(ACCOUNT, authority.name, encode_account(account), lease=lease)
        return account


def _no_account(authority: CertificateAuthority) -> NoAccount:
    return NoAccount(f"there is no account at {authority.name}: the first order makes one")


def _new(authority: CertificateAuthority) -> SharedAccount:
    return SharedAccount(authority.directory, SigningKey.new().pem, contact=authority.contact)


async def _is_lost(client: Client) -> bool:
    """Return whether the authority has no account with a key that can be used."""
    return await _found(client) is None


async def _found(client: Client) -> Account | None:
    """Return the account with a client's key, None where the authority has none to be used."""
    try:
        found = await client.find()
    except Problem as problem:
        if problem.kind in ACCOUNT_LOST:
            return None
        raise
    return found if found.status is Status.VALID else None
