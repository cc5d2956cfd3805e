# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that our client of ACME orders from a pebble."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sluice_proxy.acme.certificates.request import (
    CertificateRequest,
    certificate_request,
    new_key,
)
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.messages.model import Authorization, Challenge, Order, Status
from sluice_proxy.acme.patience import Patience
from sluice_proxy.acme.signing.jws import key_authorization
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.transport import open_session
from sluice_proxy.acme.validation.challenges import (
    WELL_KNOWN,
    server_name,
    txt_name,
    txt_value,
)
from sluice_proxy.acme.validation.tls_alpn import tls_alpn_certificate

from running.challenge_responder import ChallengeResponder
from running.pebble import Pebble

QUICK = Patience(first=0.05, longest=0.5)
"""For authorities that are not slow."""


@asynccontextmanager
async def acme_client(
    pebble: Pebble, key: SigningKey | None = None, account: str | None = None
) -> AsyncIterator[Client]:
    """Yield a client without an account."""
    async with open_session(pebble.trust, QUICK) as session:
        yield Client(session, pebble.directory, key or SigningKey.new(), account, patience=QUICK)


@asynccontextmanager
async def registered_client(pebble: Pebble, key: SigningKey | None = None) -> AsyncIterator[Client]:
    """Yield a client with an account."""
    async with acme_client(pebble, key) as client:
        await client.register(terms_agreed=True)
        yield client


async def authorize(
    client: Client,
    order: Order,
    challenge_type: str,
    pebble: Pebble,
    responder: ChallengeResponder | None = None,
) -> None:
    """Have all authorizations of an order valid."""
    for url in order.authorizations:
        one = await client.authorization(url)
        if one.status is Status.VALID:
            continue
        [challenge] = [found for found in one.challenges if found.type == challenge_type]
        answer(client, one, challenge, pebble, responder)
        await client.respond(challenge)
        await client.wait_for_authorization(url)
        if challenge_type == "dns-01":
            pebble.dns.clear_txt(txt_name(one.identifier.value))


def answer(
    client: Client,
    authorization: Authorization,
    challenge: Challenge,
    pebble: Pebble,
    responder: ChallengeResponder | None,
) -> None:
    """Have the answer to a challenge where the authority looks for it."""
    name = authorization.identifier.value
    shown = key_authorization(challenge.token, client.key)
    if challenge.type == "dns-01":
        pebble.dns.add_txt(txt_name(name), txt_value(shown))
    elif challenge.type == "http-01":
        assert responder is not None
        responder.http[WELL_KNOWN + challenge.token] = shown.encode()
    else:
        assert responder is not None
        responder.show(server_name(name), *tls_alpn_certificate(name, shown, datetime.now(UTC)))


async def obtain(
    client: Client,
    *names: str,
    pebble: Pebble,
    challenge_type: str = "dns-01",
    responder: ChallengeResponder | None = None,
    preferred_chain: str = "",
) -> tuple[bytes, CertificateRequest]:
    """Return a chain, and what it was asked for with."""
    order = await client.new_order(names)
    await authorize(client, order, challenge_type, pebble, responder)
    request = certificate_request(names, new_key())
    order = await client.finalize(order, request)
    return await client.certificate(order, request, preferred_chain), request
