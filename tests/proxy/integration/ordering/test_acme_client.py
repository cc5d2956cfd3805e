# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client of certificate authorities against a strict one that refuses half of all nonces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from running.acme_orders import acme_client, authorize, obtain, registered_client
from running.challenge_responder import ChallengeResponder
from running.pebble import EAB_KEY, Behaviour, Pebble
from samples.certificates import authority
from sluice_proxy.acme.certificates.chain import top_issuer
from sluice_proxy.acme.certificates.request import certificate_request, new_key
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import AcmeFailed, Problem, TransportFailed
from sluice_proxy.acme.messages.model import RevocationReason, Status
from sluice_proxy.acme.signing.jws import ExternalAccount
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.transport import open_session
from sluice_proxy.snapshot.issuing import KeyType

BLOCKED = "blocked.example"
Play = Callable[[Client], Awaitable[None]]


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChallengeResponder]:
    with ChallengeResponder(tmp_path_factory.mktemp("responder")) as one:
        yield one


@pytest.fixture(scope="module")
def pebble(
    tmp_path_factory: pytest.TempPathFactory, responder: ChallengeResponder
) -> Iterator[Pebble]:
    behaviour = Behaviour(
        http_port=responder.http_port,
        tls_port=responder.tls_port,
        nonce_reject=50,
        authz_reuse=0,
        blocked=(BLOCKED,),
        alternate_roots=2,
        chain_length=2,
    )
    with Pebble(tmp_path_factory.mktemp("pebble"), behaviour) as one:
        yield one


def played(pebble: Pebble, play: Play, key: SigningKey | None = None) -> None:
    """Run a coroutine with a client that has an account."""

    async def run() -> None:
        async with registered_client(pebble, key) as client:
            await play(client)

    asyncio.run(run())


def names_of(chain: bytes) -> set[str]:
    leaf = x509.load_pem_x509_certificate(chain)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return {*names.get_values_for_type(x509.DNSName), *addresses}


@pytest.mark.parametrize(
    ("challenge_type", "names"),
    [
        ("http-01", ("a.example", "b.example")),
        ("http-01", ("127.0.0.1",)),
        ("tls-alpn-01", ("a.example", "b.example")),
        ("tls-alpn-01", ("127.0.0.1",)),
        ("dns-01", ("*.a.example", "a.example", "b.example")),
    ],
)
def test_a_certificate_by_each_challenge(
    pebble: Pebble, responder: ChallengeResponder, challenge_type: str, names: tuple[str, ...]
) -> None:
    async def play(client: Client) -> None:
        chain, _request = await obtain(
            client,
            *names,
            pebble=pebble,
            challenge_type=challenge_type,
            responder=responder,
        )
        [leaf, *upper] = x509.load_pem_x509_certificates(chain)
        assert names_of(chain) == set(names)
        assert len(upper) == 2
        leaf.verify_directly_issued_by(upper[0])
        assert pebble.issued[-1] == leaf

    played(pebble, play)


@pytest.mark.parametrize("key_type", KeyType)
def test_a_certificate_for_each_type_of_key(pebble: Pebble, key_type: KeyType) -> None:
    async def play(client: Client) -> None:
        order = await client.new_order(["k.example"])
        await authorize(client, order, "dns-01", pebble)
        request = certificate_request(["k.example"], new_key(key_type))
        order = await client.finalize(order, request)
        chain = await client.certificate(order, request)
        assert names_of(chain) == {"k.example"}

    played(pebble, play)


def test_an_account_with_an_rsa_key(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        await obtain(client, "rsa.example", pebble=pebble)

    played(pebble, play, SigningKey.new(KeyType.RSA_2048))


def test_an_order_is_gone_on_with_by_another_client(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        order = await client.new_order(["on.example"])
        account = (await client.find()).url
        request = certificate_request(["on.example"], new_key())
        async with acme_client(pebble, client.key, account) as other:
            again = await other.order(order.url)
            assert (again.status, again.authorizations) == (Status.PENDING, order.authorizations)
            await authorize(other, again, "dns-01", pebble)
            done = await other.finalize(again, request)
            assert await client.certificate(done, request) == await other.certificate(
                await other.order(order.url), request
            )

    played(pebble, play)


def test_many_orders_go_on_at_once(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        names = [f"m{number}.example" for number in range(10)]
        got = await asyncio.gather(*(obtain(client, name, pebble=pebble) for name in names))
        assert [names_of(chain) for chain, _request in got] == [{name} for name in names]

    played(pebble, play)


def test_the_preferred_chain_is_that_of_an_alternate_root(pebble: Pebble) -> None:
    roots = [x509.load_pem_x509_certificate(pebble.root(number).encode()) for number in range(3)]
    tops = [top_issuer([root]) for root in roots]

    async def play(client: Client) -> None:
        for number in (2, 1, 0):
            chain, _request = await obtain(
                client, "p.example", pebble=pebble, preferred_chain=tops[number]
            )
            highest = x509.load_pem_x509_certificates(chain)[-1]
            highest.verify_directly_issued_by(roots[number])

    assert len(set(tops)) == 3
    played(pebble, play)


def test_an_account_is_found_changed_and_given_up(pebble: Pebble) -> None:
    async def run() -> None:
        async with acme_client(pebble) as client:
            with pytest.raises(Problem, match="accountDoesNotExist"):
                await client.find()
            with pytest.raises(Problem, match="agree"):
                await client.register()
            made = await client.register(["mailto:a@a.example"], terms_agreed=True)
            again = await client.register(["mailto:b@a.example"], terms_agreed=True)
            assert (made.created, again.created) == (True, False)
            assert (await client.find()).url == again.url == made.url
            changed = await client.update(["mailto:c@a.example"])
            assert changed.contact == ("mailto:c@a.example",)
            with pytest.raises(Problem, match="unsupportedContact"):
                await client.update(["gopher:a"])
            assert (await client.deactivate()).status is Status.DEACTIVATED
            with pytest.raises(Problem, match="unauthorized"):
                await client.new_order(["a.example"])

    asyncio.run(run())


def test_an_account_goes_on_with_another_key(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        old, new = client.key, SigningKey.new()
        url = (await client.find()).url
        await client.roll_over(new)
        await obtain(client, "r.example", pebble=pebble)
        assert (await client.find()).url == url
        async with acme_client(pebble, old, url) as former:
            with pytest.raises(Problem):
                await former.new_order(["r.example"])
            with pytest.raises(Problem, match="accountDoesNotExist"):
                await former.find()
        async with registered_client(pebble) as other:
            with pytest.raises(Problem, match="already in use"):
                await other.roll_over(new)

    played(pebble, play)


def test_an_account_is_bound_to_an_external_one(tmp_path: Path) -> None:
    async def run(pebble: Pebble) -> None:
        async with acme_client(pebble) as client:
            assert (await client.directory()).external_account_required
            with pytest.raises(Problem, match="externalAccountRequired"):
                await client.register(terms_agreed=True)
            for wrong in (
                ExternalAccount.of("kid-1", "AAAA"),
                ExternalAccount.of("kid-2", EAB_KEY),
            ):
                with pytest.raises(Problem, match="unauthorized"):
                    await client.register(terms_agreed=True, external_account=wrong)
            right = ExternalAccount.of("kid-1", EAB_KEY)
            made = await client.register(terms_agreed=True, external_account=right)
            assert made.created
            await obtain(client, "eab.example", pebble=pebble)

    behaviour = Behaviour(external_accounts={"kid-1": EAB_KEY}, nonce_reject=50)
    with Pebble(tmp_path, behaviour) as pebble:
        asyncio.run(run(pebble))


def test_a_certificate_is_revoked_with_either_key(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        for by_own_key in (False, True):
            chain, request = await obtain(client, "v.example", pebble=pebble)
            serial = x509.load_pem_x509_certificate(chain).serial_number
            assert pebble.status(serial) == "Valid"
            key = SigningKey.read(request.key) if by_own_key else None
            async with registered_client(pebble) as stranger:
                with pytest.raises(Problem, match="unauthorized"):
                    await stranger.revoke(chain)
            await client.revoke(chain, RevocationReason.SUPERSEDED, key)
            assert pebble.status(serial) == "Revoked"
            with pytest.raises(Problem, match="alreadyRevoked"):
                await client.revoke(chain, key=key)

    played(pebble, play)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([BLOCKED], "rejectedIdentifier"),
        (["a_b.example"], "malformed"),
        ([], "malformed"),
        (["*.*.example"], "malformed"),
    ],
    ids=["blocked", "underscore", "none", "wildcards"],
)
def test_an_order_that_is_refused_says_why(pebble: Pebble, names: list[str], said: str) -> None:
    async def play(client: Client) -> None:
        with pytest.raises(Problem, match=said) as raised:
            await client.new_order(names)
        assert raised.value.status == 400
        assert raised.value.detail

    played(pebble, play)


def test_a_challenge_that_is_answered_wrongly_says_why_and_for_which_name(
    pebble: Pebble, responder: ChallengeResponder
) -> None:
    async def failed(client: Client, challenge_type: str) -> str:
        order = await client.new_order(["w.example"])
        one = await client.authorization(order.authorizations[0])
        [challenge] = [found for found in one.challenges if found.type == challenge_type]
        await client.respond(challenge)
        with pytest.raises(AcmeFailed) as raised:
            await client.wait_for_authorization(one.url)
        assert (await client.order(order.url)).status is Status.INVALID
        with pytest.raises(Problem, match="orderNotReady"):
            await client.finalize(order, certificate_request(["w.example"], new_key()))
        return str(raised.value)

    async def play(client: Client) -> None:
        assert "w.example: unauthorized: " in await failed(client, "http-01")
        assert "w.example: " in await failed(client, "tls-alpn-01")
        assert "w.example: unauthorized: " in await failed(client, "dns-01")

    played(pebble, play)


def test_an_order_is_finalized_for_its_names_alone_and_not_too_early(pebble: Pebble) -> None:
    async def play(client: Client) -> None:
        order = await client.new_order(["f.example"])
        with pytest.raises(Problem, match="orderNotReady"):
            await client.finalize(order, certificate_request(["f.example"], new_key()))
        await authorize(client, order, "dns-01", pebble)
        with pytest.raises(Problem, match="unauthorized: CSR is missing"):
            await client.finalize(order, certificate_request(["g.example"], new_key()))
        with pytest.raises(Problem, match="unauthorized: Order includes"):
            await client.finalize(order, certificate_request(["f.example", "g.example"], new_key()))

    played(pebble, play)


def test_an_authority_that_nobody_vouches_for_is_not_spoken_with(
    pebble: Pebble, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(authority().pem)

    async def run() -> None:
        for trust in (None, stranger):
            async with open_session(trust) as session:
                with pytest.raises(TransportFailed, match="certificate verify failed"):
                    await Client(session, pebble.directory, SigningKey.new()).directory()

    asyncio.run(run())
