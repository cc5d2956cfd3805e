# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The client of one authority with one account (RFC 8555, RFC 9773).

All methods raise AcmeFailed: a Problem with what the authority said, TransportFailed where it said
nothing that can be used, and those of `failures` besides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import aiohttp

from . import answers
from .certificates import chain as chains
from .certificates.renewal import certificate_identifier
from .certificates.request import CertificateRequest
from .failures import AcmeFailed, NotGranted, NotOffered, TransportFailed
from .messages import reading
from .messages.identifier import Identifier
from .messages.model import (
    Account,
    Authorization,
    Challenge,
    Directory,
    Order,
    RenewalInfo,
    RevocationReason,
    Status,
)
from .messages.reply import CHAIN, JSON, Reply
from .patience import Patience
from .polling import settled
from .signed_requests import SignedRequests
from .signing import jws
from .signing.base64url import encoded
from .signing.jws import ExternalAccount
from .signing.keys import SigningKey
from .transport import Transport

MOST_CHAINS = 8
"""Other chains that are looked at for the preferred one."""


def _system_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Speaks with the authority that has its directory at a URL.

    ``account`` is the URL of the account with ``key``, None while it is not known: `register` and
    `find` learn it. Many orders may go on at once.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        directory_url: str,
        key: SigningKey,
        account: str | None = None,
        *,
        patience: Patience | None = None,
        now: Callable[[], datetime] = _system_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._directory_url = directory_url
        self._key = key
        self._account = account
        self._patience = patience or Patience()
        self._now = now
        self._sleep = sleep
        self._transport = Transport(session)
        self._requests = SignedRequests(self._transport, now)
        self._directory: Directory | None = None
        self._reading = asyncio.Lock()

    @property
    def key(self) -> SigningKey:
        """The key of the account."""
        return self._key

    async def directory(self) -> Directory:
        """Return what the authority offers, which is asked for once."""
        async with self._reading:
            if self._directory is None:
                reply = await self._get(self._directory_url)
                self._directory = answers.read(reply, reading.directory_of)
            return self._directory

    # Accounts (section 7.3).

    async def register(
        self,
        contact: Iterable[str] = (),
        *,
        terms_agreed: bool = False,
        external_account: ExternalAccount | None = None,
    ) -> Account:
        """Return the account with this key, which is made if there is none.

        ``contact`` are URLs as ``mailto:``; an account that was there already keeps its own.
        """
        url = (await self.directory()).new_account
        payload: dict[str, Any] = {"contact": list(contact)}
        if terms_agreed:
            payload["termsOfServiceAgreed"] = True
        if external_account is not None:
            payload["externalAccountBinding"] = jws.binding(external_account, self._key, url)
        return await self._new_account(url, payload)

    async def find(self) -> Account:
        """Return the account with this key; none is made (section 7.3.1)."""
        url = (await self.directory()).new_account
        return await self._new_account(url, {"onlyReturnExisting": True})

    async def update(
        self, contact: Iterable[str] | None = None, *, terms_agreed: bool = False
    ) -> Account:
        """Have other contacts, or agree to new terms (sections 7.3.2 and 7.3.3)."""
        payload: dict[str, Any] = {} if contact is None else {"contact": list(contact)}
        if terms_agreed:
            payload["termsOfServiceAgreed"] = True
        return await self._change_account(payload)

    async def deactivate(self) -> Account:
        """Give the account up for good (section 7.3.6)."""
        return await self._change_account({"status": Status.DEACTIVATED})

    async def roll_over(self, new_key: SigningKey) -> None:
        """Have another key for the account, which is this client's then (section 7.3.5)."""
        url = _offered((await self.directory()).key_change, "changes of an account's key")
        await self._post(url, jws.key_change(self._own_account(), self._key, new_key, url))
        self._key = new_key

    # Orders (section 7.4).

    async def new_order(
        self, names: Iterable[str], *, profile: str = "", replaces: bytes | None = None
    ) -> Order:
        """Order a certificate for DNS names and addresses.

        ``profile`` is one of the directory, empty for the authority's choice. ``replaces`` is the
        chain (PEM) of the certificate that is to be renewed; it is named where authorities take
        note of that (RFC 9773, section 5).
        """
        directory = await self.directory()
        payload: dict[str, Any] = {"identifiers": [_identifier(name) for name in names]}
        if profile:
            _check_profile(directory, profile)
            payload["profile"] = profile
        former = None
        if replaces is not None and directory.renewal_info is not None:
            former = certificate_identifier(chains.read_chain(replaces)[0])
        if former is not None:
            payload["replaces"] = former
        reply = await self._post(directory.new_order, payload)
        url = answers.location(reply)
        return answers.read(reply, lambda fields: reading.order_of(fields, url))

    async def order(self, url: str) -> Order:
        """Return an order as it stands."""
        reply = await self._post(url, None)
        pause = reply.retry_after(self._now())
        return answers.read(reply, lambda fields: reading.order_of(fields, url, pause))

    async def finalize(self, order: Order, request: CertificateRequest) -> Order:
        """Have an order that is ready issued, and return it when it is valid."""
        try:
            await self._post(order.finalize, {"csr": encoded(request.csr)})
        except TransportFailed:
            # It may have come there, and another order would be one too many.
            if (await self.order(order.url)).status is Status.READY:
                raise
        return await self.wait_for_order(order.url)

    async def wait_for_order(self, url: str) -> Order:
        """Return an order that was finalized as soon as it is valid."""
        waiting = {Status.READY, Status.PROCESSING}
        order = await settled(lambda: self.order(url), waiting, self._patience, self._sleep)
        if order.status is not Status.VALID:
            raise order.error or NotGranted(f"the order {url} is {order.status}")
        return order

    async def certificate(
        self, order: Order, request: CertificateRequest, preferred_chain: str = ""
    ) -> bytes:
        """Return the chain (PEM, the leaf first) of an order that is valid.

        ``preferred_chain`` is the common name of who issued the last certificate of the chain; when
        there is none of that, the authority's choice is taken. Raises WrongCertificate when it is
        not for the key and the names of the request.
        """
        if order.certificate is None:
            raise NotGranted(f"the order {order.url} has no certificate")
        reply = await self._post(order.certificate, None, CHAIN)
        chain = answers.chain(reply, request)
        if not preferred_chain or chains.top_issuer(chain) == preferred_chain:
            return chains.pem_of_chain(chain)
        for url in reply.alternates()[:MOST_CHAINS]:
            try:
                other = answers.chain(await self._post(url, None, CHAIN), request)
            except AcmeFailed:
                # There is a chain, so a lack of others is none of the certificate.
                continue
            if chains.top_issuer(other) == preferred_chain:
                return chains.pem_of_chain(other)
        return chains.pem_of_chain(chain)

    # Authorizations (section 7.5).

    async def authorization(self, url: str) -> Authorization:
        """Return an authorization as it stands."""
        reply = await self._post(url, None)
        pause = reply.retry_after(self._now())
        return answers.read(reply, lambda fields: reading.authorization_of(fields, url, pause))

    async def respond(self, challenge: Challenge) -> Challenge:
        """Tell the authority that a challenge is answered (section 7.5.1)."""
        return answers.read(await self._post(challenge.url, {}), reading.challenge_of)

    async def wait_for_authorization(self, url: str) -> Authorization:
        """Return an authorization as soon as it is valid; raises what its challenge failed with."""
        waiting = {Status.PENDING}
        one = await settled(lambda: self.authorization(url), waiting, self._patience, self._sleep)
        if one.status is not Status.VALID:
            raise _why(one)
        return one

    # Certificates (section 7.6; RFC 9773).

    async def revoke(
        self,
        chain: bytes,
        reason: RevocationReason = RevocationReason.UNSPECIFIED,
        key: SigningKey | None = None,
    ) -> None:
        """Revoke the certificate of a chain (PEM), with the account's key or its own ``key``."""
        url = _offered((await self.directory()).revoke_certificate, "revocation")
        leaf = chains.read_chain(chain)[0]
        payload = {"certificate": encoded(chains.der_of(leaf)), "reason": int(reason)}
        if key is None:
            await self._post(url, payload)
        else:
            await self._signed(url, payload, JSON, key, None)

    async def renewal_info(self, chain: bytes) -> RenewalInfo | None:
        """Return when the certificate of a chain (PEM) is to be renewed, None where the authority
        does not say."""
        base = (await self.directory()).renewal_info
        name = certificate_identifier(chains.read_chain(chain)[0])
        if base is None or name is None:
            return None
        reply = await self._get(f"{base.rstrip('/')}/{name}")
        pause = reply.retry_after(self._now())
        return answers.read(reply, lambda fields: reading.renewal_info_of(fields, pause))

    async def _new_account(self, url: str, payload: jws.Document) -> Account:
        reply = await self._signed(url, payload, JSON, self._key, None)
        self._account = answers.location(reply)
        return answers.account(reply, self._account, created=reply.status == 201)

    async def _change_account(self, payload: jws.Document) -> Account:
        url = self._own_account()
        return answers.account(await self._post(url, payload), url)

    def _own_account(self) -> str:
        if self._account is None:
            raise NotGranted("there is no account yet: register first")
        return self._account

    async def _get(self, url: str) -> Reply:
        reply = await self._transport.get(url, JSON)
        if not reply.succeeded:
            raise self._requests.problem(reply)
        return reply

    async def _post(self, url: str, payload: jws.Document | None, accept: str = JSON) -> Reply:
        return await self._signed(url, payload, accept, self._key, self._own_account())

    async def _signed(
        self,
        url: str,
        payload: jws.Document | None,
        accept: str,
        key: SigningKey,
        account: str | None,
    ) -> Reply:
        new_nonce = (await self.directory()).new_nonce
        return await self._requests.post(
            url, payload, key=key, account=account, new_nonce=new_nonce, accept=accept
        )


def _offered(url: str | None, what: str) -> str:
    if url is None:
        raise NotOffered(f"the authority does not offer {what}")
    return url


def _check_profile(directory: Directory, profile: str) -> None:
    profiles = directory.profiles or {}
    if profile not in profiles:
        offered = ", ".join(sorted(profiles)) or "none"
        raise NotOffered(f"the authority has no profile {profile}: it offers {offered}")


def _identifier(name: str) -> jws.Document:
    identifier = Identifier.of(name)
    return {"type": identifier.type, "value": identifier.value}


def _why(one: Authorization) -> AcmeFailed:
    for challenge in one.challenges:
        if challenge.error is not None:
            return challenge.error.about(one.identifier)
    return NotGranted(f"the authorization for {one.identifier.value} is {one.status}")
