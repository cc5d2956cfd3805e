# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nonces that are refused, and all that an authority, or who is before it, may answer wrongly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
from running.acme_script import FOREVER, Answer, Script, document, problem
from running.service import free_port
from sluice_proxy.acme.client import Client
from sluice_proxy.acme.failures import AcmeFailed, Problem, TransportFailed
from sluice_proxy.acme.nonces import Nonces
from sluice_proxy.acme.signed_requests import MOST_TRIES
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.transport import MOST_BYTES, is_safe, open_session

ACCOUNT = document({"status": "valid"}, Location="/account/1")
REFUSED = problem("badNonce")
HTML = b"<html>\r\n<h1>Bad\x1b[31m gateway</h1></html>"


def failing(
    *answers: Answer, path: str = "/account", **patience: float
) -> tuple[AcmeFailed, Script]:
    """Return what a search for an account fails with when a path answers so."""

    async def run() -> tuple[AcmeFailed, Script]:
        async with Script.run() as ca:
            ca.on("/account", ACCOUNT)
            ca.on(path, *answers)
            async with ca.client(account=False, **patience) as client:
                with pytest.raises(AcmeFailed) as raised:
                    await client.find()
            return raised.value, ca

    return asyncio.run(run())


def played(play: Callable[[Script, Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with Script.run() as ca, ca.client(account=False) as client:
            ca.on("/account", ACCOUNT)
            await play(ca, client)

    asyncio.run(run())


def test_a_request_whose_nonce_is_refused_is_sent_again_with_the_one_that_came_with_that() -> None:
    async def play(ca: Script, client: Client) -> None:
        fresh = problem("badNonce", Replay_Nonce="fresh")
        ca.on("/account", REFUSED, REFUSED, fresh, ACCOUNT)
        await client.find()
        assert len(ca.to("/account")) == 4
        assert ca.to("/account")[3].nonce == "fresh"
        assert len({one.nonce for one in ca.to("/account")}) == 4
        # One was asked for; the others came with answers.
        assert len(ca.to("/nonce")) == 1

    played(play)


def test_old_nonces_are_forgotten_when_one_is_refused() -> None:
    nonces = Nonces()
    for nonce in ("old", "older"):
        nonces.put(nonce)
    nonces.forget()
    nonces.put("fresh")

    assert [nonces.take(), nonces.take()] == ["fresh", None]


def test_no_more_nonces_are_kept_than_can_be_used_soon() -> None:
    nonces = Nonces()
    for number in range(1000):
        nonces.put(str(number))
    nonces.put(None)

    taken = list(iter(nonces.take, None))
    assert taken[0] == "999"
    assert len(taken) == 32


def test_an_answer_without_a_nonce_has_the_next_one_asked_for() -> None:
    async def play(ca: Script, client: Client) -> None:
        ca.on("/account", document({"status": "valid"}, Location="/account/1", Replay_Nonce="!"))
        await client.find()
        await client.find()
        assert [one.method for one in ca.to("/nonce")] == ["HEAD", "HEAD"]

    played(play)


def test_an_authority_that_refuses_every_nonce_is_given_up() -> None:
    error, ca = failing(REFUSED)

    assert isinstance(error, TransportFailed)
    assert "20 nonces in a row were refused" in str(error)
    assert len(ca.to("/account")) == MOST_TRIES


@pytest.mark.parametrize("status", [429, 503])
def test_who_asks_too_often_is_told_when_to_come_back_in_seconds(status: int) -> None:
    error, _ca = failing(problem("rateLimited", "too many", status, Retry_After="120"))

    assert isinstance(error, Problem)
    assert (error.kind, error.status, error.retry_after) == ("rateLimited", status, 120.0)
    assert str(error) == "rateLimited: too many"


def test_who_asks_too_often_is_told_when_to_come_back_by_a_date() -> None:
    # The authority's clock is years behind; what counts is the difference.
    then = datetime(2020, 1, 1, tzinfo=UTC)
    sent, later = (
        format_datetime(moment, usegmt=True) for moment in (then, then + timedelta(hours=1))
    )
    error, _ca = failing(problem("rateLimited", status=429, Retry_After=later, Date=sent))

    assert error.retry_after == 3600.0


def test_a_gateway_that_answers_for_the_authority_is_no_problem_document() -> None:
    error, _ca = failing(
        Answer(500, HTML, {"Retry-After": "30"}, media_type="text/html"), path="/dir"
    )

    assert isinstance(error, TransportFailed)
    assert (error.status, error.retry_after) == (500, 30.0)
    assert str(error).endswith("/dir: 500 without a problem document")


def test_a_problem_document_says_so_by_its_media_type_or_by_its_type() -> None:
    bare, _ca = failing(Answer(403, b"{}", media_type="application/problem+json"))
    plain, _ca = failing(Answer(403, b'{"type": "x", "detail": "y"}'))
    other, _ca = failing(Answer(403, b'{"message": "Forbidden"}'))
    damaged, _ca = failing(Answer(403, b'{"type":', media_type="application/problem+json"))

    assert (str(bare), str(plain)) == ("about:blank", "x: y")
    assert isinstance(other, TransportFailed)
    assert isinstance(damaged, TransportFailed)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(200, HTML, media_type="text/html"), "it is text/html and not application/json"),
        (Answer(200, b"{}", media_type=""), "it is application/octet-stream and not"),
        (Answer(200, HTML), "the answer cannot be used: not JSON"),
        (Answer(200, b"[]"), "the answer is no object"),
        (document({}), "newNonce is missing"),
        (document({"newNonce": "javascript:alert(1)"}), "newNonce is no URL of the web"),
        (Answer(200, b"x" * (MOST_BYTES + 1)), f"the answer is longer than {MOST_BYTES} bytes"),
        (Answer(302, b"", {"Location": "https://evil.test/"}), "redirects to https://evil.test/"),
        (Answer(304), "redirects are not followed, and it redirects to nowhere"),
    ],
    ids=["html", "untyped", "malformed", "list", "empty", "scheme", "oversized", "redirect", "304"],
)
def test_what_is_no_directory_is_one_kind_of_failure(answer: Answer, said: str) -> None:
    error, ca = failing(answer, path="/dir")

    assert isinstance(error, TransportFailed)
    assert said in str(error)
    assert ca.url("/dir") in str(error)
    assert str(error).isprintable()
    assert len(ca.asked) == 1


def test_an_answer_that_is_compressed_is_not_unpacked() -> None:
    error, ca = failing(Answer(200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), path="/dir")

    assert "not JSON" in str(error)
    assert ca.asked[0].fields["Accept-Encoding"] == "identity"


def test_an_account_without_its_url_is_none() -> None:
    error, _ca = failing(document({"status": "valid"}))

    assert "it does not say the URL of what was made" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(404, media_type=""),
        Answer(200, fields={"Replay-Nonce": "n o n e"}, media_type=""),
    ],
    ids=["missing", "unusable"],
)
def test_without_a_nonce_nothing_is_signed(answer: Answer) -> None:
    error, ca = failing(answer, path="/nonce")

    assert isinstance(error, TransportFailed)
    assert "and no nonce" in str(error)
    assert ca.to("/account") == []


def test_who_says_nothing_is_not_waited_for() -> None:
    error, ca = failing(Answer(delay=FOREVER), path="/dir", exchange=0.2)

    assert isinstance(error, TransportFailed)
    assert str(error) == f"GET {ca.url('/dir')}: no answer in time"


def failing_at(url: str) -> TransportFailed:
    async def run() -> TransportFailed:
        async with open_session() as session:
            with pytest.raises(TransportFailed) as raised:
                await Client(session, url, SigningKey.new()).directory()
            return raised.value

    return asyncio.run(run())


def test_who_is_not_there_is_the_same_kind_of_failure() -> None:
    url = f"https://127.0.0.1:{free_port()}/dir"

    assert str(failing_at(url)).startswith(f"GET {url}: Cannot connect to host 127.0.0.1")


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://ca.test/dir", True),
        ("https://[2001:db8::1]:14000/dir", True),
        ("http://127.0.0.1:4000/dir", True),
        ("http://[::1]:4000/dir", True),
        ("http://localhost/dir", True),
        ("http://ca.test/dir", False),
        ("http://localhost.ca.test/dir", False),
        ("http://127.0.0.1@ca.test/dir", False),
        ("https:///dir", False),
        ("https://[/dir", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_authorities_are_asked_over_tls_alone_but_on_this_machine(url: str, safe: bool) -> None:
    assert is_safe(url) is safe
    if not safe:
        assert "over https alone" in str(failing_at(url))


@pytest.mark.parametrize("content", [b"", b"no certificate"])
def test_a_trust_file_without_certificates_is_named(tmp_path: Path, content: bytes) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(content)

    with pytest.raises(TransportFailed, match=r"trust\.pem has no certificates"):
        open_session(trust)


def test_a_trust_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(TransportFailed, match=r"none\.pem: No such file or directory"):
        open_session(tmp_path / "none.pem")
