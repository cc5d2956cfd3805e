# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the client sends, in which order, and what it makes of the answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from running.acme_script import Answer, Script, chain, document, problem
from samples.acme_certificates import RFC_9773
from samples.certificates import Pair, authority, leaf
from sluice_proxy.acme.certificates.request import CertificateRequest, certificate_request, new_key
from sluice_proxy.acme.failures import (
    AcmeFailed,
    NotGranted,
    NotOffered,
    Problem,
    TransportFailed,
    WrongCertificate,
)
from sluice_proxy.acme.messages.identifier import Identifier
from sluice_proxy.acme.messages.model import Challenge, Order, RevocationReason, Status
from sluice_proxy.acme.signing.base64url import decoded
from sluice_proxy.acme.signing.jws import ExternalAccount
from sluice_proxy.acme.signing.keys import SigningKey

Play = Callable[[Script], Awaitable[None]]
ERROR = {"type": "urn:ietf:params:acme:error:dns", "detail": "SERVFAIL"}


def played(play: Play) -> None:
    """Run a coroutine with an authority of its own."""

    async def run() -> None:
        async with Script.run() as script:
            await play(script)

    asyncio.run(run())


def order(script: Script, status: str = "pending", **more: Any) -> dict[str, Any]:
    return {
        "status": status,
        "identifiers": [{"type": "dns", "value": "a.test"}],
        "authorizations": [script.url("/authz/1")],
        "finalize": script.url("/finalize/1"),
        **more,
    }


def valid_order(script: Script) -> Order:
    return Order(
        url=script.url("/order/1"),
        status=Status.VALID,
        identifiers=(Identifier("dns", "a.test"),),
        authorizations=(),
        finalize=script.url("/finalize/1"),
        certificate=script.url("/cert/1"),
    )


def authorization(script: Script, status: str = "pending", **challenge: Any) -> dict[str, Any]:
    one = {"type": "http-01", "url": script.url("/chall/1"), "status": "pending", "token": "tok"}
    return {
        "status": status,
        "identifier": {"type": "dns", "value": "a.test"},
        "challenges": [{**one, **challenge}],
    }


def wanted() -> CertificateRequest:
    return certificate_request(["a.test"], new_key())


def issued(request: CertificateRequest, issuer: Pair) -> bytes:
    key: Any = serialization.load_pem_private_key(request.key, None)
    return leaf("a.test", issuer=issuer, key=key).chain


def test_an_account_is_registered_with_its_key_and_what_goes_with_it() -> None:
    async def play(ca: Script) -> None:
        made = {"status": "valid", "contact": ["mailto:a@a.test"]}
        ca.on("/account", document(made, 201, Location=ca.url("/account/7")))
        key = SigningKey.new()
        async with ca.client(account=False, key=key) as client:
            account = await client.register(
                ["mailto:a@a.test"],
                terms_agreed=True,
                external_account=ExternalAccount("kid-1", b"secret"),
            )
            ca.on("/order", document(order(ca), 201, Location=ca.url("/order/1")))
            await client.new_order(["a.test"])
        [asked] = ca.to("/account")
        assert asked.header["jwk"] == dict(key.jwk)
        assert asked.header["url"] == ca.url("/account")
        assert asked.payload["contact"] == ["mailto:a@a.test"]
        assert asked.payload["termsOfServiceAgreed"] is True
        assert decoded(asked.payload["externalAccountBinding"]["protected"])
        assert asked.fields["Content-Type"] == "application/jose+json"
        assert asked.fields["User-Agent"].startswith("sluice-proxy/")
        assert (account.url, account.created) == (ca.url("/account/7"), True)
        assert account.contact == ("mailto:a@a.test",)
        assert ca.to("/order")[0].header["kid"] == account.url

    played(play)


def test_an_account_is_found_and_not_made() -> None:
    async def play(ca: Script) -> None:
        ca.on("/account", document({"status": "valid"}, 200, Location=ca.url("/account/7")))
        async with ca.client(account=False) as client:
            account = await client.find()
        assert ca.to("/account")[0].payload == {"onlyReturnExisting": True}
        assert account.created is False

    played(play)


def test_an_account_is_changed_and_given_up() -> None:
    async def play(ca: Script) -> None:
        ca.on("/account/1", document({"status": "valid"}), document({"status": "deactivated"}))
        async with ca.client() as client:
            await client.update(["mailto:b@a.test"], terms_agreed=True)
            assert (await client.deactivate()).status is Status.DEACTIVATED
        assert [one.payload for one in ca.to("/account/1")] == [
            {"contact": ["mailto:b@a.test"], "termsOfServiceAgreed": True},
            {"status": "deactivated"},
        ]

    played(play)


def test_a_new_key_signs_from_then_on_and_only_then() -> None:
    async def play(ca: Script) -> None:
        old, new = SigningKey.new(), SigningKey.new()
        ca.on("/key-change", problem("malformed", status=409), document({}))
        async with ca.client(key=old) as client:
            with pytest.raises(Problem, match="malformed"):
                await client.roll_over(new)
            assert client.key is old
            await client.roll_over(new)
            assert client.key is new
        inner = ca.to("/key-change")[1].payload
        assert b'"oldKey"' in decoded(inner["payload"])

    played(play)


def test_an_order_names_what_is_wanted_and_says_where_it_is() -> None:
    async def play(ca: Script) -> None:
        ca.directory(renewalInfo=ca.url("/ari"), meta={"profiles": {"shortlived": "6 days"}})
        ca.on("/order", document(order(ca), 201, Location="/order/1"))
        async with ca.client() as client:
            made = await client.new_order(
                ["a.test", "*.b.test", "192.0.2.1"], profile="shortlived", replaces=RFC_9773
            )
        assert ca.to("/order")[0].payload == {
            "identifiers": [
                {"type": "dns", "value": "a.test"},
                {"type": "dns", "value": "*.b.test"},
                {"type": "ip", "value": "192.0.2.1"},
            ],
            "profile": "shortlived",
            "replaces": "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE",
        }
        assert made.url == ca.url("/order/1")

    played(play)


def test_an_authority_without_renewal_info_is_told_of_no_former_certificate() -> None:
    async def play(ca: Script) -> None:
        ca.on("/order", document(order(ca), 201, Location="/order/1"))
        async with ca.client() as client:
            await client.new_order(["a.test"], replaces=RFC_9773)
            assert await client.renewal_info(RFC_9773) is None
        assert "replaces" not in ca.to("/order")[0].payload

    played(play)


def test_a_profile_that_is_not_offered_is_not_asked_for() -> None:
    async def play(ca: Script) -> None:
        ca.directory(meta={"profiles": {"classic": "", "shortlived": ""}})
        async with ca.client() as client:
            with pytest.raises(NotOffered, match="no profile six: it offers classic, shortlived"):
                await client.new_order(["a.test"], profile="six")
        assert ca.to("/order") == []

    played(play)


def test_what_an_authority_does_not_offer_is_said() -> None:
    async def play(ca: Script) -> None:
        ca.directory(keyChange=None, revokeCert=None)
        async with ca.client() as client:
            with pytest.raises(NotOffered, match="changes of an account's key"):
                await client.roll_over(SigningKey.new())
            with pytest.raises(NotOffered, match="revocation"):
                await client.revoke(RFC_9773)

    played(play)


def test_without_an_account_nothing_is_asked_in_its_name() -> None:
    async def play(ca: Script) -> None:
        async with ca.client(account=False) as client:
            with pytest.raises(AcmeFailed, match="register first"):
                await client.new_order(["a.test"])

    played(play)


def test_a_challenge_is_answered_with_an_empty_object() -> None:
    async def play(ca: Script) -> None:
        one = authorization(ca)["challenges"][0]
        ca.on("/chall/1", document({**one, "status": "processing"}))
        async with ca.client() as client:
            told = Challenge("http-01", ca.url("/chall/1"), Status.PENDING, "tok")
            assert (await client.respond(told)).status is Status.PROCESSING
        assert ca.to("/chall/1")[0].payload == {}

    played(play)


def test_an_authorization_is_asked_for_until_it_is_decided() -> None:
    async def play(ca: Script) -> None:
        ca.on(
            "/authz/1",
            document(authorization(ca)),
            document(authorization(ca), Retry_After="7"),
            document(authorization(ca), Retry_After="0"),
            document(authorization(ca), Retry_After="86400"),
            document(authorization(ca)),
            document(authorization(ca, "valid")),
        )
        async with ca.client(first=0.5, longest=10, most=60) as client:
            one = await client.wait_for_authorization(ca.url("/authz/1"))
        assert one.status is Status.VALID
        # Its own times count, within bounds; else the pauses grow.
        assert ca.slept == [0.5, 7.0, 0.5, 60.0, 0.5 * 1.5**4]
        assert {one.payload for one in ca.to("/authz/1")} == {None}

    played(play)


def test_the_failure_of_a_challenge_is_that_of_its_authorization() -> None:
    async def play(ca: Script) -> None:
        ca.on("/authz/1", document(authorization(ca, "invalid", error=ERROR)))
        async with ca.client() as client:
            with pytest.raises(Problem, match=r"^a\.test: dns: SERVFAIL$"):
                await client.wait_for_authorization(ca.url("/authz/1"))

    played(play)


@pytest.mark.parametrize("status", ["invalid", "deactivated", "expired", "revoked"])
def test_an_authorization_that_ends_without_a_reason(status: str) -> None:
    async def play(ca: Script) -> None:
        ca.on("/authz/1", document(authorization(ca, status)))
        async with ca.client() as client:
            with pytest.raises(NotGranted, match=f"authorization for a.test is {status}"):
                await client.wait_for_authorization(ca.url("/authz/1"))

    played(play)


def test_what_is_never_decided_is_given_up() -> None:
    async def play(ca: Script) -> None:
        ca.on("/authz/1", document(authorization(ca)))
        async with ca.client(first=1, longest=8, wait=30) as client:
            with pytest.raises(NotGranted, match=r"not done after 30 s: .*/authz/1 is pending"):
                await client.wait_for_authorization(ca.url("/authz/1"))
        assert sum(ca.slept) <= 30

    played(play)


def test_questions_that_go_astray_do_not_end_an_order() -> None:
    async def play(ca: Script) -> None:
        lost = Answer(502, b"<html>", media_type="text/html")
        ca.on("/authz/1", lost, lost, lost, document(authorization(ca, "valid")))
        async with ca.client() as client:
            await client.wait_for_authorization(ca.url("/authz/1"))
            ca.on("/authz/1", lost)
            with pytest.raises(TransportFailed, match="502"):
                await client.wait_for_authorization(ca.url("/authz/1"))
        assert len(ca.to("/authz/1")) == 4 + 4

    played(play)


def test_an_order_is_finalized_and_waited_for() -> None:
    async def play(ca: Script) -> None:
        request = wanted()
        ca.on("/finalize/1", document(order(ca, "processing")))
        ca.on(
            "/order/1",
            document(order(ca, "processing"), Retry_After="2"),
            document(order(ca, "valid", certificate=ca.url("/cert/1"))),
        )
        async with ca.client() as client:
            made = await client.finalize(valid_order(ca), request)
        assert decoded(ca.to("/finalize/1")[0].payload["csr"]) == request.csr
        assert made.certificate == ca.url("/cert/1")
        assert ca.slept == [2.0]

    played(play)


def test_a_certificate_is_not_lost_with_the_answer_that_it_is_made() -> None:
    async def play(ca: Script) -> None:
        ca.on("/finalize/1", Answer(504, b"<html>", media_type="text/html"))
        ca.on(
            "/order/1",
            document(order(ca, "processing")),
            document(order(ca, "valid", certificate=ca.url("/cert/1"))),
        )
        async with ca.client() as client:
            assert (await client.finalize(valid_order(ca), wanted())).certificate
            ca.on("/order/1", document(order(ca, "ready")))
            with pytest.raises(TransportFailed, match="504"):
                await client.finalize(valid_order(ca), wanted())
        assert len(ca.to("/finalize/1")) == 2

    played(play)


def test_an_order_that_becomes_invalid_says_why() -> None:
    async def play(ca: Script) -> None:
        ca.on("/finalize/1", document(order(ca, "processing")))
        ca.on("/order/1", document(order(ca, "invalid", error=ERROR)))
        async with ca.client() as client:
            with pytest.raises(Problem, match="dns: SERVFAIL"):
                await client.finalize(valid_order(ca), wanted())
            ca.on("/order/1", document(order(ca, "invalid")))
            with pytest.raises(NotGranted, match="/order/1 is invalid"):
                await client.wait_for_order(ca.url("/order/1"))

    played(play)


def test_the_chain_of_the_preferred_issuer_is_taken() -> None:
    async def play(ca: Script) -> None:
        request = wanted()
        tops = {name: authority("Lower", authority(name)) for name in ("One", "Two", "Three")}
        links = '</cert/1/1>;rel="alternate", </cert/1/2>;rel="alternate"'
        ca.on("/cert/1", chain(issued(request, tops["One"]), Link=links))
        ca.on("/cert/1/1", problem("serverInternal", status=500))
        ca.on("/cert/1/2", chain(issued(request, tops["Three"])))
        async with ca.client() as client:

            async def top(preferred: str) -> object:
                text = await client.certificate(valid_order(ca), request, preferred)
                found = x509.load_pem_x509_certificates(text)
                return found[-1].issuer.rfc4514_string()

            assert await top("") == "CN=One"
            assert len(ca.to("/cert/1/1")) == 0
            assert await top("One") == "CN=One"
            assert len(ca.to("/cert/1/1")) == 0
            assert await top("Three") == "CN=Three"
            assert await top("Nobody") == "CN=One"
        assert ca.to("/cert/1")[0].fields["Accept"] == "application/pem-certificate-chain"

    played(play)


def test_a_chain_that_is_not_for_the_request_is_refused() -> None:
    async def play(ca: Script) -> None:
        ca.on("/cert/1", chain(issued(wanted(), authority())))
        async with ca.client() as client:
            with pytest.raises(WrongCertificate, match="another key"):
                await client.certificate(valid_order(ca), wanted())
            ca.on("/cert/1", chain(b"-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"))
            with pytest.raises(WrongCertificate, match="cannot be read"):
                await client.certificate(valid_order(ca), wanted())
            ca.on("/cert/1", document({}))
            with pytest.raises(TransportFailed, match="application/json and not application/pem"):
                await client.certificate(valid_order(ca), wanted())

    played(play)


def test_a_certificate_is_revoked_by_the_account_and_by_its_own_key() -> None:
    async def play(ca: Script) -> None:
        ca.on("/revoke", document({}))
        own = SigningKey.new()
        async with ca.client() as client:
            await client.revoke(RFC_9773, RevocationReason.SUPERSEDED)
            await client.revoke(RFC_9773, key=own)
        first, second = ca.to("/revoke")
        assert first.header["kid"] == ca.url("/account/1")
        assert first.payload["reason"] == 4
        x509.load_der_x509_certificate(decoded(first.payload["certificate"]))
        assert "kid" not in second.header
        assert second.header["jwk"] == dict(own.jwk)

    played(play)


def test_an_authority_is_asked_when_to_renew() -> None:
    async def play(ca: Script) -> None:
        ca.directory(renewalInfo=ca.url("/ari") + "/")
        window = {"start": "2025-01-02T04:00:00Z", "end": "2025-01-03T04:00:00Z"}
        path = "/ari/aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"
        ca.on(path, document({"suggestedWindow": window}, Retry_After="21600"))
        async with ca.client() as client:
            info = await client.renewal_info(RFC_9773)
        assert info is not None
        assert info.start == datetime(2025, 1, 2, 4, tzinfo=UTC)
        assert info.retry_after == 21600.0
        # It takes no account (RFC 9773, section 4.3).
        assert ca.to(path)[0].method == "GET"

    played(play)


def test_the_directory_is_asked_for_once_by_all_orders() -> None:
    async def play(ca: Script) -> None:
        ca.on("/order", document(order(ca), 201, Location="/order/1"))
        async with ca.client() as client:
            await asyncio.gather(*(client.new_order(["a.test"]) for _unused in range(5)))
        assert len(ca.to("/dir")) == 1
        nonces = [one.nonce for one in ca.to("/order")]
        assert len(set(nonces)) == 5

    played(play)
