# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""certbot's library as a client of ACME. It has no challenges over TLS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import Any
from unittest.mock import patch

import acme.client
import acme.errors
import acme.messages
import josepy
from acme.crypto_util import make_csr
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from running.service import PATIENCE
from samples.certificates import leaf
from sluice_proxy.acme.certificates.chain import top_issuer
from sluice_proxy.acme.failures import PREFIX
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.validation.challenges import WELL_KNOWN, txt_name

from oracles.acme_parties import Names, Party, Place, Refused

_SHORT = 0.05


def josepy_key(pem: bytes) -> josepy.JWKEC:
    """Return a key on P-256 as the library has it."""
    private: Any = serialization.load_pem_private_key(pem, None)
    return josepy.JWKEC(key=josepy.ComparableECKey(private))


class LibraryParty(Party):
    """The library with a key of its own."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._pem = SigningKey.new().pem
        self._key = josepy_key(self._pem)
        self._client = self._made(self._key)

    def _made(self, key: josepy.JWK) -> acme.client.ClientV2:
        trust: Any = str(self._place.pebble.trust)
        network = acme.client.ClientNetwork(key, alg=josepy.ES256, verify_ssl=trust)
        directory = acme.client.ClientV2.get_directory(self._place.pebble.directory, network)
        return acme.client.ClientV2(directory, network)

    def register(
        self,
        contact: Names = (),
        *,
        agreed: bool = True,
        binding: tuple[str, str] | None = None,
    ) -> str:
        client = self._client
        bound = binding and acme.messages.ExternalAccountBinding.from_data(
            self._key.public_key(), *binding, client.directory
        )
        account = acme.messages.NewRegistration(
            contact=tuple(contact),
            terms_of_service_agreed=agreed or None,
            external_account_binding=bound or None,
        )
        client.net.account = None
        with refusing():
            try:
                client.new_account(account)
            except acme.errors.ConflictError:
                client.query_registration(
                    acme.messages.RegistrationResource(body=acme.messages.Registration())
                )
                return "exists"
        return "created"

    def find(self) -> str:
        nobody = acme.messages.RegistrationResource(body=acme.messages.Registration())
        with refusing():
            return str(self._client.query_registration(nobody).body.status)

    def update(self, contact: Names) -> str:
        account = self._client.net.account
        assert account is not None
        body = acme.messages.Registration(contact=tuple(contact))
        with refusing():
            changed = self._client.update_registration(account, body)
        return ", ".join(changed.body.contact)

    def deactivate(self) -> str:
        account = self._client.net.account
        assert account is not None
        with refusing():
            return str(self._client.deactivate_registration(account).body.status)

    def pretend(self) -> None:
        uri = f"{self._place.pebble.directory.rpartition('/')[0]}/my-account/nobody"
        self._client.net.account = acme.messages.RegistrationResource(uri=uri)

    def order(
        self, names: Names, challenge_type: str = "dns-01", *, answered: bool = True
    ) -> tuple[bytes, bytes]:
        key = leaf().key_pem()
        with refusing():
            order = self._client.new_order(request(key, names))
            self._authorize(order, challenge_type, answered=answered)
            got = self._client.finalize_order(order, _deadline())
        return got.fullchain_pem.encode(), key

    def _authorize(
        self, order: acme.messages.OrderResource, challenge_type: str, *, answered: bool
    ) -> None:
        for authorization in order.authorizations:
            body = authorization.body
            [challenge] = [one for one in body.challenges if one.chall.typ == challenge_type]
            response, value = challenge.response_and_validation(self._key)
            name = txt_name(body.identifier.value)
            if answered and challenge_type == "dns-01":
                self._place.pebble.dns.add_txt(name, value)
            elif answered:
                path = WELL_KNOWN + challenge.chall.encode("token")
                self._place.responder.http[path] = value.encode()
            self._client.answer_challenge(challenge, response)
            one = order.update(body=order.body.update(authorizations=[authorization.uri]))
            self._client.poll_authorizations(one, _deadline())
            if challenge_type == "dns-01":
                self._place.pebble.dns.clear_txt(name)

    def alternates(self, names: Names) -> list[str]:
        with refusing():
            order = self._client.new_order(request(leaf().key_pem(), names))
            self._authorize(order, "dns-01", answered=True)
            got = self._client.finalize_order(order, _deadline(), fetch_alternative_chains=True)
        chains = [got.fullchain_pem, *got.alternative_fullchains_pem]
        return sorted(top_issuer(x509.load_pem_x509_certificates(text.encode())) for text in chains)

    def finalize(self, names: Names, others: Names, *, early: bool, own_key: bool) -> None:
        with refusing():
            order = self._client.new_order(request(leaf().key_pem(), names))
            if not early:
                self._authorize(order, "dns-01", answered=True)
            key = self._pem if own_key else leaf().key_pem()
            self._client.begin_finalization(order.update(csr_pem=request(key, others)))

    def revoke(self, chain: bytes, reason: int = 0, key: bytes | None = None) -> None:
        client = self._client if key is None else self._made(josepy_key(key))
        with refusing():
            client.revoke(x509.load_pem_x509_certificate(chain), reason)

    def renewal(self, chain: bytes) -> str:
        with refusing():
            moment, _next = self._client.renewal_time(chain)
        return "" if moment is None else str(moment)


def request(key: bytes, names: Names) -> bytes:
    """Return a request (PEM) for DNS names and addresses."""
    addresses = [ip_address(name) for name in names if name[-1:].isdigit()]
    dns = [name for name in names if not name[-1:].isdigit()]
    return make_csr(key, dns, ipaddrs=addresses)


@contextmanager
def refusing() -> Iterator[None]:
    """Have what the library raises for a refusal raised as Refused, and its pauses short."""
    long: Callable[[float], None] = time.sleep

    def short(seconds: float) -> None:
        long(min(seconds, _SHORT))

    try:
        with patch("acme.client.time.sleep", short):
            yield
    except acme.messages.Error as error:
        raise Refused(_told(error)) from None
    except acme.errors.ValidationError as error:
        [one] = [
            f"{found.body.identifier.value}: {_told(challenge.error)}"
            for found in error.failed_authzrs
            for challenge in found.body.challenges
            if challenge.error is not None
        ]
        raise Refused(one) from None


def _told(error: acme.messages.Error) -> str:
    # The library knows the codes of the RFC alone.
    return f"{error.typ.removeprefix(PREFIX)}: {error.detail}"


def _deadline() -> datetime:
    return datetime.now() + timedelta(seconds=PATIENCE)
