# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates kept against a strict pebble that refuses half of all nonces."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from cryptography import x509
from running.challenge_responder import ChallengeResponder
from running.pebble import EAB_KEY, Behaviour, Pebble
from running.real_ordering import RealNode, Responding, real_node
from sluice_proxy.ordering.model import Standing, Wish
from sluice_proxy.snapshot.issuing import (
    Acme,
    CertificateAuthority,
    ChallengeType,
    ExternalAccount,
    KeyType,
)

Play = Callable[[RealNode], Awaitable[None]]


@pytest.fixture(scope="module")
def responder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChallengeResponder]:
    with ChallengeResponder(tmp_path_factory.mktemp("responder")) as one:
        yield one


@pytest.fixture(scope="module", params=[0, 100], ids=["each-time", "reused"])
def pebble(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    responder: ChallengeResponder,
) -> Iterator[Pebble]:
    behaviour = Behaviour(
        http_port=responder.http_port,
        tls_port=responder.tls_port,
        nonce_reject=50,
        authz_reuse=request.param,
        blocked=("blocked.example",),
    )
    with Pebble(tmp_path_factory.mktemp("pebble"), behaviour) as one:
        yield one


def authority(pebble: Pebble, name: str = "pebble", **others: object) -> CertificateAuthority:
    return CertificateAuthority(
        name,
        pebble.directory,
        terms_agreed=True,
        trust_file=str(pebble.trust),
        **others,  # type: ignore[arg-type]
    )


def played(
    pebble: Pebble, responder: ChallengeResponder, play: Play, *others: CertificateAuthority
) -> None:
    settings = Acme((*others, authority(pebble)), challenges=tuple(ChallengeType))

    async def run() -> None:
        async with real_node(settings, Responding(responder, pebble.dns)) as node:
            await play(node)

    asyncio.run(run())


@pytest.mark.parametrize("challenge", list(ChallengeType))
def test_names_are_obtained_and_renewed_by_each_type(
    pebble: Pebble, responder: ChallengeResponder, challenge: ChallengeType
) -> None:
    names = [f"{n}.{challenge.value}.example" for n in range(5)]

    async def play(node: RealNode) -> None:
        node.wish(*(Wish((name,), challenge=challenge) for name in names))
        for name in names:
            await node.until(name)
        first = dict(node.in_force)
        for name in names:
            await node.keeper.renew(name)
        for name in names:
            second = await node.newer(name, first[name])
            assert second.key != first[name].key
        assert node.keeper.numbers.issued == {"pebble": 2 * len(names)}

    played(pebble, responder, play)


def test_wildcards_addresses_and_other_keys_are_obtained(
    pebble: Pebble, responder: ChallengeResponder
) -> None:
    async def play(node: RealNode) -> None:
        node.wish(
            Wish(("*.wild.example", "wild.example")),
            Wish(("127.0.0.1",)),
            Wish(("rsa.example",), key_type=KeyType.RSA_2048),
            Wish(("p384.example",), key_type=KeyType.P384),
        )
        for name in ("*.wild.example", "127.0.0.1", "rsa.example", "p384.example"):
            await node.until(name)

    played(pebble, responder, play)


def test_a_name_that_the_authority_refuses_is_said_with_its_words(
    pebble: Pebble, responder: ChallengeResponder
) -> None:
    async def play(node: RealNode) -> None:
        node.wish(Wish(("blocked.example",)))
        state = await node.until("blocked.example", Standing.FAILED)
        assert state.said.startswith("pebble refused: ")
        assert "rejectedIdentifier" in state.said
        assert state.next_try is not None

    played(pebble, responder, play)


def test_an_authority_that_is_down_is_named_and_the_next_one_issues(
    pebble: Pebble, responder: ChallengeResponder, caplog: pytest.LogCaptureFixture
) -> None:
    gone = CertificateAuthority("gone", "https://127.0.0.1:1/directory", terms_agreed=True)

    async def play(node: RealNode) -> None:
        node.wish(Wish(("next.example",)))
        assert (await node.until("next.example")).authority == "pebble"

    with caplog.at_level("INFO", "sluice_proxy.ordering"):
        played(pebble, responder, play, gone)
    assert "gone failed: GET https://127.0.0.1:1/directory" in caplog.text
    assert "obtained from pebble" in caplog.text
    assert "PRIVATE KEY" not in caplog.text


def test_an_account_that_is_deactivated_or_forgotten_is_made_anew(
    pebble: Pebble, responder: ChallengeResponder
) -> None:
    async def play(node: RealNode) -> None:
        node.wish(Wish(("one.account.example",)))
        await node.until("one.account.example")
        await node.keeper.roll_over_account("pebble")
        node.wish(Wish(("two.account.example",)))
        await node.until("two.account.example")
        await node.keeper.deactivate_account("pebble")
        node.wish(Wish(("three.account.example",)))
        await node.until("three.account.example")

    played(pebble, responder, play)


def test_a_certificate_is_revoked_and_once_more_without_an_error(
    pebble: Pebble, responder: ChallengeResponder
) -> None:
    async def play(node: RealNode) -> None:
        node.wish(Wish(("revoked.example",)))
        await node.until("revoked.example")
        held = node.in_force["revoked.example"]
        await node.keeper.revoke(held, "superseded")
        await node.keeper.revoke(held, "superseded")
        leaf = x509.load_pem_x509_certificate(held.chain)
        assert pebble.status(leaf.serial_number) == "Revoked"

    played(pebble, responder, play)


def test_external_accounts_are_refused_or_taken_by_their_key(
    tmp_path: Path, responder: ChallengeResponder
) -> None:
    behaviour = Behaviour(http_port=responder.http_port, external_accounts={"kid-1": EAB_KEY})
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(f"{EAB_KEY}\n")
    wrong.write_text("d3Jvbmc")

    async def said(ca: CertificateAuthority, standing: Standing) -> str:
        async with real_node(Acme((ca,)), Responding(responder)) as node:
            node.wish(Wish(("external.example",)))
            return (await node.until("external.example", standing)).said

    with Pebble(tmp_path / "pebble", behaviour) as pebble:
        without = asyncio.run(said(authority(pebble), Standing.FAILED))
        bad = authority(pebble, external_account=ExternalAccount("kid-1", str(wrong)))
        refused = asyncio.run(said(bad, Standing.FAILED))
        good = authority(pebble, external_account=ExternalAccount("kid-1", str(right)))
        assert asyncio.run(said(good, Standing.HELD)) == ""
    assert "set external_account" in without
    assert "unauthorized" in refused
    assert "d3Jvbmc" not in refused
