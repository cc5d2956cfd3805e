# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates whose names are proved by DNS: pebble asks the server that took our updates, or that
a program of the operator told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from running.acme_orders import registered_client
from running.dns_hook import dns_hook
from running.dns_server import KEY_NAME, SECRET, DnsServer
from running.pebble import Behaviour, Pebble
from samples.shared_answers import SharedAnswers
from sluice_proxy.acme.certificates.request import certificate_request, new_key
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import AcmeFailed
from sluice_proxy.acme.messages.model import Authorization
from sluice_proxy.acme.messages.model import Challenge as Offered
from sluice_proxy.acme.signing.jws import key_authorization
from sluice_proxy.ordering.answering.composing import answering
from sluice_proxy.ordering.validating import Answering, Challenge
from sluice_proxy.snapshot.issuing import Acme, ChallengeType, DnsHook, DnsUpdate


@pytest.fixture(scope="module")
def server() -> Iterator[DnsServer]:
    with DnsServer(["example", "acme.test"]) as one:
        yield one


@pytest.fixture(scope="module")
def pebble(server: DnsServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pebble]:
    behaviour = Behaviour(authz_reuse=0, dns=server.address)
    with Pebble(tmp_path_factory.mktemp("pebble"), behaviour) as one:
        yield one


@pytest.fixture(params=["update", "hook"])
def answers(request: pytest.FixtureRequest, server: DnsServer, tmp_path: Path) -> Answering:
    """Return what answers by the server, in each way."""
    if request.param == "update":
        return by_updates(server, tmp_path)
    hook = dns_hook(tmp_path, server)
    return answering(Acme((), dns=DnsHook(str(hook))), SharedAnswers())[0]


def by_updates(server: DnsServer, folder: Path, zone: str = "") -> Answering:
    key = folder / "key"
    key.write_text(SECRET)
    key.chmod(0o600)
    update = DnsUpdate(
        "127.0.0.1", server.port, KEY_NAME.removesuffix("."), str(key), zone=zone, ttl=1
    )
    return answering(Acme((), dns=update), SharedAnswers())[0]


async def prove(client: Client, answers: Answering, one: Authorization) -> None:
    [offered] = [found for found in one.challenges if found.type == "dns-01"]
    challenge = challenge_of(client, one, offered)
    await answers.publish(challenge)
    try:
        await client.respond(offered)
        await client.wait_for_authorization(one.url)
    finally:
        await answers.withdraw(challenge)


def challenge_of(client: Client, one: Authorization, offered: Offered) -> Challenge:
    shown = key_authorization(offered.token, client.key)
    return Challenge(ChallengeType.DNS_01, one.identifier.value, offered.token, shown)


async def obtain(client: Client, answers: Answering, *names: str) -> set[str]:
    """Return the names of a certificate, all of whose authorizations were proved at once."""
    order = await client.new_order(names)
    authorizations = [await client.authorization(url) for url in order.authorizations]
    await asyncio.gather(*(prove(client, answers, one) for one in authorizations))
    wanted = certificate_request(names, new_key())
    chain = await client.certificate(await client.finalize(order, wanted), wanted)
    leaf = x509.load_pem_x509_certificate(chain)
    extension = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(extension.value.get_values_for_type(x509.DNSName))


def played(pebble: Pebble, play: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with registered_client(pebble) as client:
            await play(client)

    asyncio.run(run())


def test_a_wildcard_and_the_name_above_it_are_proved_side_by_side(
    pebble: Pebble, server: DnsServer, answers: Answering
) -> None:
    async def play(client: Client) -> None:
        names = ("shop.example", "*.shop.example")
        assert await obtain(client, answers, *names) == set(names)

    played(pebble, play)
    assert server.txt("_acme-challenge.shop.example") == set()


def test_two_orders_of_one_name_at_once_take_nothing_from_each_other(
    pebble: Pebble, server: DnsServer, answers: Answering
) -> None:
    async def play(client: Client) -> None:
        got = await asyncio.gather(
            *(obtain(client, answers, "two.example", f"{n}.two.example") for n in range(2))
        )
        assert got == [{"two.example", f"{n}.two.example"} for n in range(2)]

    played(pebble, play)
    assert server.txt("_acme-challenge.two.example") == set()


def test_what_others_have_at_the_name_stays(
    pebble: Pebble, server: DnsServer, answers: Answering
) -> None:
    server.add("_acme-challenge.kept.example", "TXT", "ours")

    async def play(client: Client) -> None:
        await obtain(client, answers, "kept.example")

    played(pebble, play)
    assert server.txt("_acme-challenge.kept.example") == {"ours"}


def test_without_the_record_nothing_is_proved(pebble: Pebble, server: DnsServer) -> None:
    """So those above show what they say."""

    class Idle(Answering):
        types = (ChallengeType.DNS_01,)

        async def publish(self, challenge: Challenge) -> None:
            """Do nothing."""

        async def withdraw(self, challenge: Challenge) -> None:
            """Do nothing."""

    async def play(client: Client) -> None:
        with pytest.raises(AcmeFailed, match=r"none\.example"):
            await obtain(client, Idle(), "none.example")

    played(pebble, play)
