# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a node reaches the Redis server of its fleet, and what it shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.sharing import Node, refused
from running.fleet import SECRET, least_user, redis_of, secret_file
from running.redis_server import RedisServer
from samples.certificates import authority
from sluice_proxy.fleet.opening import open_shared
from sluice_proxy.fleet.shared import Unreachable
from sluice_proxy.snapshot.fleet import Redis

Opening = Callable[..., Node]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def opening(server: RedisServer, tmp_path: Path) -> Iterator[Opening]:
    """Yield what returns a node that reaches the empty server, with options of its own."""
    with server.client() as client:
        client.flushall()
    opened: list[Node] = []
    with asyncio.Runner() as runner:

        def another(redis: Redis | None = None, **options: Any) -> Node:
            redis = redis or redis_of(server, tmp_path, **options)
            opened.append(Node(runner, open_shared(redis, None)))
            return opened[-1]

        yield another
        for node in opened:
            runner.run(node.shared.close())


# Where it is


def test_the_address_is_that_of_a_port_or_of_a_socket(
    server: RedisServer, opening: Opening
) -> None:
    opening().put("a", b"1")

    assert opening(address=f"localhost:{server.port}").get("a") == b"1"
    assert opening(address=server.socket).get("a") == b"1"


def test_databases_and_prefixes_keep_fleets_apart(server: RedisServer, opening: Opening) -> None:
    one, numbered, named = opening(), opening(database=3), opening(prefix="blue")
    for node, document in ((one, b"1"), (numbered, b"2"), (named, b"3")):
        node.put("a", document)
        node.leased("a", "holder")
        node.allow("a", most=1)

    assert [node.get("a") for node in (one, numbered, named)] == [b"1", b"2", b"3"]
    with server.client() as client:
        names = [key.decode() for key in client.scan_iter()]
        assert {name.partition(":")[0] for name in names} == {"sluice", "blue"}
        assert client.execute_command("SELECT", 3)
        assert len(list(client.scan_iter())) == len(names) / 2


# Who we are


def test_a_user_is_let_in_by_name_and_password(
    server: RedisServer, opening: Opening, tmp_path: Path
) -> None:
    user = least_user(server, tmp_path)
    node = opening(**user)
    node.put("a", b"1")
    with server.client() as client:
        assert "edge" in {one["user"] for one in client.client_list()}

    assert "let us in" in refused(opening(**user | {"username": "stranger"}))
    assert "our user may not do everything" in refused(opening(**user, prefix="blue"))


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("wrong\n", 0o600, "it does not let us in: check username and password_file"),
        ("", 0o600, "is empty: its first line has to be the secret"),
        ("any\n", 0o644, "has a secret, and others may use it: chmod o= it"),
    ],
    ids=["wrong", "empty", "for everybody"],
)
def test_a_password_that_is_of_no_use_is_told(
    opening: Opening, tmp_path: Path, text: str, mode: int, said: str
) -> None:
    node = opening(password_file=secret_file(tmp_path, "other", text, mode))

    assert said in refused(node)
    assert "wrong" not in node.shared.trouble


def test_a_password_that_is_not_there_is_told(opening: Opening) -> None:
    assert "Authentication required" in refused(opening(password_file=None))
    assert "/missing cannot be read: No such file" in refused(opening(password_file="/missing"))


def test_a_password_that_was_changed_is_read_again(
    server: RedisServer, opening: Opening, tmp_path: Path
) -> None:
    node = opening()
    node.put("a", b"1")
    with server.client() as client:
        client.config_set("requirepass", "another-password")
        client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    try:
        assert "let us in" in refused(node)
        secret_file(tmp_path, "password", "another-password")
        assert node.get("a") == b"1"
    finally:
        with server.client(password="another-password") as client:
            client.config_set("requirepass", server.password)


# Secrecy on the way


def test_tls_is_spoken_with_whom_the_trust_file_vouches_for(
    server: RedisServer, opening: Opening, tmp_path: Path
) -> None:
    trusted = {"address": server.tls_address, "tls": True, "trust_file": str(server.trust)}
    node = opening(**trusted)
    node.put("a", b"1")
    assert node.get("a") == b"1"

    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(authority("Somebody else").pem)
    for other in (str(stranger), None):
        assert "CERTIFICATE_VERIFY_FAILED" in refused(opening(**trusted | {"trust_file": other}))
    assert "No such file" in refused(opening(**trusted | {"trust_file": "/missing"}))
    refused(opening(address=server.tls_address))


# Secrecy there


def test_with_a_secret_the_server_sees_no_document(
    server: RedisServer, opening: Opening, tmp_path: Path
) -> None:
    secret = secret_file(tmp_path, "secret", SECRET)
    node, other = opening(secret_file=secret), opening(secret_file=secret)
    node.put("a", b"-----BEGIN PRIVATE KEY-----")

    assert other.get("a") == b"-----BEGIN PRIVATE KEY-----"
    with server.client() as client:
        seen = client.hget("sluice:document:answer:a", "document")
        node.put("a", b"-----BEGIN PRIVATE KEY-----")
        again = client.hget("sluice:document:answer:a", "document")
    assert b"PRIVATE" not in seen
    assert seen != again


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (SECRET, SECRET.upper(), "was encrypted with another secret, or changed: have the same se"),
        (SECRET, None, "documents there are encrypted: set secret_file as on the other nodes"),
        (None, SECRET, "documents there are not encrypted: leave secret_file out"),
        (None, "short", "is too short: have 32 characters"),
    ],
    ids=["another", "none", "not yet", "short"],
)
def test_a_secret_that_is_not_that_of_the_others_is_told_before_anything_is_written(
    server: RedisServer,
    opening: Opening,
    tmp_path: Path,
    first: str | None,
    second: str | None,
    said: str,
) -> None:
    one, other = (
        opening(secret_file=text and secret_file(tmp_path, f"secret-{place}", text))
        for place, text in enumerate((first, second))
    )
    one.leased("a", "one")
    one.put("b", b"1")

    assert said in refused(other)
    with pytest.raises(Unreachable):
        other.get("b")
    with pytest.raises(Unreachable):
        other.changes()
    with server.client() as client:
        assert not client.exists("sluice:document:answer:a")
    assert SECRET.strip() not in other.shared.trouble


def test_a_document_that_was_put_in_place_of_another_is_refused(
    server: RedisServer, opening: Opening, tmp_path: Path
) -> None:
    node = opening(secret_file=secret_file(tmp_path, "secret", SECRET))
    node.put("a", b"1")
    node.put("b", b"2")
    node.put("a", b"3", kind="account")
    with server.client() as client:
        for kind in ("answer", "account"):
            seen = client.hget(f"sluice:document:{kind}:a", "document")
            client.hset("sluice:document:answer:b", "document", seen)

            with pytest.raises(Unreachable, match="answer 'b' there was encrypted with another"):
                node.get("b")
        client.hset("sluice:document:answer:b", "document", b"anything")
    with pytest.raises(Unreachable, match="documents there are not encrypted"):
        node.changes()
    assert node.get("a") == b"1"
    assert node.shared.trouble == ""


def test_what_somebody_else_wrote_there_is_not_taken_for_a_document(
    server: RedisServer, opening: Opening
) -> None:
    node = opening()
    node.put("a", b"1")
    with server.client() as client:
        client.hset("sluice:document:answer:a", "document", b"anything")

    with pytest.raises(Unreachable, match="answer 'a' there is no proxy's"):
        node.get("a")


def test_no_secret_is_in_a_text_about_what_is_shared(
    server: RedisServer, opening: Opening, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    secret = secret_file(tmp_path, "secret", SECRET)
    node = opening(secret_file=secret)
    node.put("a", b"1")
    server_of_it: Any = node.shared
    texts = [repr(vars(server_of_it)), repr(vars(server_of_it._server)), caplog.text]

    for text in texts:
        assert server.password not in text
        assert SECRET.strip() not in text
