# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our client of ACME as one that is compared."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from cryptography import x509
from running.acme_orders import acme_client, authorize, obtain
from sluice_proxy.acme.certificates.chain import top_issuer
from sluice_proxy.acme.certificates.request import certificate_request, new_key
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import AcmeFailed
from sluice_proxy.acme.messages.model import RevocationReason
from sluice_proxy.acme.signing.jws import ExternalAccount
from sluice_proxy.acme.signing.keys import SigningKey

from oracles.acme_parties import Names, Party, Place, Refused

Result = TypeVar("Result")


class OurParty(Party):
    """Our client with a key of its own; each act is a client by itself."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._key = SigningKey.new()
        self._account: str | None = None

    def _done(self, act: Callable[[Client], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            async with acme_client(self._place.pebble, self._key, self._account) as client:
                return await act(client)

        try:
            return asyncio.run(run())
        except AcmeFailed as error:
            raise Refused(str(error)) from None

    def register(
        self,
        contact: Names = (),
        *,
        agreed: bool = True,
        binding: tuple[str, str] | None = None,
    ) -> str:
        external = None if binding is None else ExternalAccount.of(*binding)

        async def act(client: Client) -> str:
            account = await client.register(contact, terms_agreed=agreed, external_account=external)
            self._account = account.url
            return "created" if account.created else "exists"

        return self._done(act)

    def find(self) -> str:
        async def act(client: Client) -> str:
            return (await client.find()).status

        return self._done(act)

    def update(self, contact: Names) -> str:
        async def act(client: Client) -> str:
            return ", ".join((await client.update(contact)).contact)

        return self._done(act)

    def deactivate(self) -> str:
        async def act(client: Client) -> str:
            return (await client.deactivate()).status

        return self._done(act)

    def pretend(self) -> None:
        self._account = f"{self._place.pebble.directory.rpartition('/')[0]}/my-account/nobody"

    def order(
        self, names: Names, challenge_type: str = "dns-01", *, answered: bool = True
    ) -> tuple[bytes, bytes]:
        place = self._place

        async def act(client: Client) -> tuple[bytes, bytes]:
            if not answered:
                await _fail(client, names, challenge_type)
            chain, request = await obtain(
                client,
                *names,
                pebble=place.pebble,
                challenge_type=challenge_type,
                responder=place.responder,
            )
            return chain, request.key

        return self._done(act)

    def alternates(self, names: Names) -> list[str]:
        roots = [
            top_issuer([x509.load_pem_x509_certificate(self._place.pebble.root(number).encode())])
            for number in range(self._place.pebble.behaviour.alternate_roots + 1)
        ]

        async def act(client: Client) -> list[str]:
            order = await client.new_order(names)
            await authorize(client, order, "dns-01", self._place.pebble)
            request = certificate_request(names, new_key())
            order = await client.finalize(order, request)
            chains = [await client.certificate(order, request, root) for root in roots]
            return sorted(top_issuer(x509.load_pem_x509_certificates(text)) for text in chains)

        return self._done(act)

    def finalize(self, names: Names, others: Names, *, early: bool, own_key: bool) -> None:
        async def act(client: Client) -> None:
            order = await client.new_order(names)
            if not early:
                await authorize(client, order, "dns-01", self._place.pebble)
            key = self._key.pem if own_key else new_key()
            await client.finalize(order, certificate_request(others, key))

        self._done(act)

    def revoke(self, chain: bytes, reason: int = 0, key: bytes | None = None) -> None:
        own = None if key is None else SigningKey.read(key)
        self._done(lambda client: client.revoke(chain, RevocationReason(reason), own))

    def renewal(self, chain: bytes) -> str:
        async def act(client: Client) -> str:
            info = await client.renewal_info(chain)
            return "" if info is None else str(info.start)

        return self._done(act)


async def _fail(client: Client, names: Names, challenge_type: str) -> None:
    """Say that challenges are answered which are not."""
    order = await client.new_order(names)
    for url in order.authorizations:
        one = await client.authorization(url)
        [challenge] = [found for found in one.challenges if found.type == challenge_type]
        await client.respond(challenge)
        await client.wait_for_authorization(url)
