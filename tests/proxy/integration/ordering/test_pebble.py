# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pebble that tests run does what they set, and tells what was asked of it.

Its clients here are made of certbot's library, which knows nothing of ours.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import acme.messages
import dns.resolver
import josepy
import pytest
from cryptography import x509
from running.foreign_client import ForeignClient
from running.pebble import EAB_KEY, Behaviour, Pebble
from running.service import PATIENCE


def client(pebble: Pebble, kid: str | None = None) -> ForeignClient:
    return ForeignClient(pebble.directory, pebble.trust, (kid, EAB_KEY) if kid else None)


def order(pebble: Pebble, one: ForeignClient, *names: str) -> x509.Certificate:
    """Return a certificate; its names are proved by DNS."""

    def prove(name: str, token: str, proof: str) -> None:
        digest = hashlib.sha256(proof.encode()).digest()
        pebble.dns.add_txt(f"_acme-challenge.{name}", josepy.encode_b64jose(digest))

    return one.order(*names, kind="dns-01", prove=prove).leaf


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    with Pebble(tmp_path_factory.mktemp("pebble"), Behaviour(validity=600)) as one:
        yield one


def test_clients_with_strict_rules_take_the_certificate_of_its_address(usual: Pebble) -> None:
    # They are the rule from Python 3.13 on (RFC 5280, section 4.2.1).
    context = ssl.create_default_context(cafile=usual.trust)
    context.verify_flags |= ssl.VERIFY_X509_STRICT

    with urllib.request.urlopen(usual.directory, context=context, timeout=PATIENCE) as response:
        assert response.status == 200


def test_it_tells_what_it_issued_and_how_many_orders_it_took(usual: Pebble) -> None:
    one = client(usual)
    before = usual.orders, len(usual.issued)

    got = order(usual, one, "a.example")

    assert (usual.orders, len(usual.issued)) == (before[0] + 1, before[1] + 1)
    assert usual.issued[-1] == got
    assert usual.validations("a.example") == 1
    assert usual.dns.questions("_acme-challenge.a.example") > 0
    assert (got.not_valid_after_utc - got.not_valid_before_utc).total_seconds() == 599
    assert usual.status(got.serial_number) == "Valid"
    one.client.revoke(got, 0)
    assert usual.status(got.serial_number) == "Revoked"


def test_its_root_is_where_its_certificates_lead(usual: Pebble) -> None:
    root = x509.load_pem_x509_certificate(usual.root().encode())

    assert root.issuer == root.subject


def test_no_account_is_made_without_a_binding_where_it_wants_one(tmp_path: Path) -> None:
    behaviour = Behaviour(external_accounts={"kid-1": EAB_KEY})
    with Pebble(tmp_path, behaviour) as pebble:
        with pytest.raises(acme.messages.Error, match="externalAccountRequired"):
            client(pebble)
        with pytest.raises(acme.messages.Error, match="unauthorized"):
            client(pebble, "kid-2")
        client(pebble, "kid-1")


def test_it_refuses_nonces_and_names_as_it_is_told(tmp_path: Path) -> None:
    with Pebble(tmp_path, Behaviour(nonce_reject=100, blocked=("blocked.example",))) as pebble:
        with pytest.raises(acme.messages.Error, match="badNonce"):
            client(pebble)
        assert "Configured to reject 100% of good nonces" in pebble.said


def test_one_that_is_started_again_knows_nobody(tmp_path: Path) -> None:
    with Pebble(tmp_path) as pebble:
        one = client(pebble)
        root = pebble.root()
        pebble.stop()
        with pytest.raises(urllib.error.URLError):
            pebble.root()
        pebble.start()

        with pytest.raises(acme.messages.Error, match="accountDoesNotExist"):
            order(pebble, one, "a.example")
        assert pebble.root() != root
        assert pebble.orders == 0


def test_names_lead_where_they_are_told_to(usual: Pebble) -> None:
    host, port = usual.dns.address.split(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [host], int(port)

    def answers(name: str, kind: str) -> list[str]:
        found = resolver.resolve(name, kind, raise_on_no_answer=False)
        return [record.to_text() for record in found.rrset or ()]

    assert answers("any.example", "A") == ["127.0.0.1"]
    assert answers("any.example", "AAAA") == []
    usual.dns.add_a("one.example", "127.0.0.2")
    usual.dns.add_aaaa("one.example", "::1")
    assert (answers("one.example", "A"), answers("one.example", "AAAA")) == (["127.0.0.2"], ["::1"])
    usual.dns.clear_addresses("one.example")
    assert answers("one.example", "A") == ["127.0.0.1"]
    usual.dns.add_txt("one.example", "told")
    assert answers("one.example", "TXT") == ['"told"']
    usual.dns.clear_txt("one.example")
    usual.dns.fail("one.example")
    with pytest.raises(dns.resolver.NoNameservers):
        answers("one.example", "A")
    usual.dns.work("one.example")
    assert answers("one.example", "A") == ["127.0.0.1"]
    usual.dns.set_default_address("127.0.0.3", "::1")
    assert answers("any.example", "AAAA") == ["::1"]
    usual.dns.set_default_address("127.0.0.1")


def test_one_that_is_paused_accepts_and_says_nothing(usual: Pebble) -> None:
    port = int(usual.directory.split(":")[2].split("/")[0])
    usual.pause()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(0.2)
        connection.sendall(b"\x16\x03\x01\x00\x05hello")
        with pytest.raises(TimeoutError):
            connection.recv(1)
    usual.resume()

    assert usual.root()
