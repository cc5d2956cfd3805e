# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The admin API over TCP: TLS, tokens, and those who try them."""

from __future__ import annotations

import logging
import os
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from running.admin_api import AdminApi
from running.admin_client import Answer, ask
from running.certificates import self_signed
from running.service import free_port, running
from sluice_proxy.admin.admission import Admission
from sluice_proxy.admin.guessing import BURST
from sluice_proxy.admin.tls import admin_context
from sluice_proxy.admin.tokens import TokensFile, line_of
from sluice_proxy.snapshot.tls import Certificate, Pem

TOKEN = "correct-horse-battery"


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(tmp_path: Path) -> Path:
    path = tmp_path / "tokens"
    path.touch(0o600)
    path.write_text(f"# who may\n\n{line_of('deploy', TOKEN)}\n{line_of('other', 'other')}\n")
    return path


@pytest.fixture
def api(tmp_path: Path, tokens: Path, clock: Clock) -> Iterator[AdminApi]:
    admission = Admission(TokensFile(str(tokens)), clock)
    context = admin_context(None, datetime.now(UTC))
    with AdminApi(tmp_path / "admin.sock", admission=admission, tls=context) as api:
        yield api


def unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def over_tcp(api: AdminApi, *fields: tuple[str, str], path: str = "/v1") -> Answer:
    return ask(api.port, "GET", path, None, fields, tls=unchecked())


def with_token(api: AdminApi, token: str) -> Answer:
    return over_tcp(api, ("Authorization", f"Bearer {token}"))


@pytest.mark.parametrize(
    "fields",
    [
        [("Authorization", f"Bearer {TOKEN}")],
        [("authorization", f"bearer   {TOKEN}")],
        [("X-AUTH-TOKEN", TOKEN)],
        [("X-AUTH-TOKEN", TOKEN), ("Authorization", f"Bearer {TOKEN}")],
    ],
)
def test_a_token_lets_in(api: AdminApi, fields: list[tuple[str, str]]) -> None:
    assert over_tcp(api, *fields).status == 200


@pytest.mark.parametrize(
    "fields",
    [
        [],
        [("Authorization", "Bearer wrong")],
        [("Authorization", f"Basic {TOKEN}")],
        [("Authorization", TOKEN)],
        [("X-AUTH-TOKEN", "")],
        [("X-AUTH-TOKEN", "wrong"), ("Authorization", f"Bearer {TOKEN}")],
    ],
)
@pytest.mark.parametrize("path", ["/v1", "/status", "/none", "/healthz", "/openapi.json"])
def test_without_a_right_token_nothing_is_told(
    api: AdminApi, fields: list[tuple[str, str]], path: str
) -> None:
    answer = over_tcp(api, *fields, path=path)

    assert answer.status == 401
    assert answer.fields["www-authenticate"].startswith("Bearer ")
    assert answer.json["problems"] == []


def test_portals_paths_answer_401_with_nothing_in_it(api: AdminApi) -> None:
    answer = over_tcp(api, path="/routes")

    assert (answer.status, answer.content) == (401, b"")


def test_a_socket_file_needs_no_token(api: AdminApi) -> None:
    assert ask(api.path, "GET", "/v1").status == 200


def test_who_is_struck_out_of_the_file_is_out_at_once(api: AdminApi, tokens: Path) -> None:
    assert with_token(api, TOKEN).status == 200
    tokens.write_text(line_of("other", "other"))

    assert with_token(api, TOKEN).status == 401
    assert with_token(api, "other").status == 200


@pytest.mark.parametrize("harm", ["mode", "content", "absence"])
def test_a_tokens_file_that_cannot_be_trusted_lets_nobody_in(
    api: AdminApi, tokens: Path, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    if harm == "mode":
        os.chmod(tokens, 0o640)
    elif harm == "content":
        tokens.write_text(f"deploy {TOKEN}")
    else:
        tokens.unlink()

    assert with_token(api, TOKEN).status == 503
    assert with_token(api, TOKEN).status == 503
    (record,) = [one for one in caplog.records if one.levelno == logging.ERROR]
    assert str(tokens) in record.getMessage()
    assert TOKEN not in record.getMessage()


def test_whoever_tries_tokens_has_to_wait_even_for_the_right_one(
    api: AdminApi, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(BURST):
        assert with_token(api, f"guess{number}").status == 401
    blocked = with_token(api, TOKEN)
    assert (blocked.status, blocked.fields["retry-after"]) == (429, "10")
    assert over_tcp(api, path="/v1").status == 401

    clock.now += 10
    assert with_token(api, TOKEN).status == 200
    assert with_token(api, "guess").status == 401
    assert with_token(api, TOKEN).status == 429
    told = [one.getMessage() for one in caplog.records if one.levelno == logging.WARNING]
    assert told == ["127.0.0.1 sent a wrong token"]
    assert "guess" not in caplog.text

    clock.now += 60
    assert with_token(api, "guess").status == 401
    assert f"127.0.0.1 sent a wrong token, {BURST + 1} times" in caplog.text


def test_a_change_is_told_with_the_name_of_its_token(
    api: AdminApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ask(
        api.port, "PUT", "/v1/routes/app", {"hosts": "a.test"},
        [("X-AUTH-TOKEN", TOKEN)], tls=unchecked(),
    )  # fmt: skip

    told = "deploy at 127.0.0.1, PUT /v1/routes/app: create route app; revision 1"
    assert told in caplog.messages
    assert TOKEN not in caplog.text


def test_the_certificate_of_the_configuration_is_shown(tmp_path: Path, tokens: Path) -> None:
    made = self_signed(tmp_path, "127.0.0.1")
    chain, key = Pem(file=made.chain), Pem(file=made.key)
    context = admin_context(Certificate(chain, key), datetime.now(UTC))
    trusting = made.trusted()
    # The name is in no address of it.
    trusting.check_hostname = False
    admission = Admission(TokensFile(str(tokens)))
    with AdminApi(tmp_path / "admin.sock", admission=admission, tls=context) as api:
        answer = ask(api.port, "GET", "/v1", None, [("X-AUTH-TOKEN", TOKEN)], tls=trusting)

    assert answer.status == 200


def test_a_certificate_that_was_made_is_for_localhost(api: AdminApi) -> None:
    pem = ssl.get_server_certificate(("127.0.0.1", api.port))
    context = ssl.create_default_context(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN

    answer = ask(api.port, "GET", "/v1", None, [("X-AUTH-TOKEN", TOKEN)], tls=context)
    assert answer.status == 200


def test_without_tls_nothing_is_answered(api: AdminApi) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=30) as plain:
        plain.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            answer = plain.recv(4096)
        except ConnectionResetError:
            answer = b""
    assert not answer.startswith(b"HTTP")


def test_a_tokens_file_that_others_may_read_is_refused_with_the_configuration(
    tmp_path: Path, tokens: Path
) -> None:
    port, path = free_port(), tmp_path / "admin.sock"
    config = f"""
        listen: 127.0.0.1:PORT
        workers: 1
        admin: {{listen: ["unix:{path}", "127.0.0.1:{port}"], tokens_file: {tokens}}}
        """
    fields = [("X-AUTH-TOKEN", TOKEN)]
    with running(tmp_path, config, data_plane=None) as proxy:
        assert ask(port, "GET", "/v1", None, fields, tls=unchecked()).status == 200
        shown = ssl.get_server_certificate(("127.0.0.1", port))
        proxy.reload()
        assert ssl.get_server_certificate(("127.0.0.1", port)) == shown

        tokens.chmod(0o644)
        proxy.reload()
        assert f"tokens_file of admin: {tokens}: others than its owner may use it" in proxy.said
        assert "the configuration stays as it was" in proxy.said
        assert ask(port, "GET", "/v1", None, fields, tls=unchecked()).status == 503
        assert ask(str(path), "GET", "/v1").status == 200
