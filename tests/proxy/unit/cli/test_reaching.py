# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where commands look for the admin API, and how they end when it does not do what they ask."""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from running.scripted_api import ScriptedApi, Told
from samples.told_status import sample_status
from sluice_proxy.cli.client import connection
from sluice_proxy.cli.command import main
from sluice_proxy.cli.ending import Exit
from sluice_proxy.issuing.authority import new_authority, read_authority


def good(asked: object) -> Told:
    return Told(sample_status())


@pytest.fixture(autouse=True)
def no_socket_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLUICE_PROXY_SOCKET", raising=False)


@pytest.fixture
def api(tmp_path: Path) -> Iterator[ScriptedApi]:
    with ScriptedApi(good, tmp_path) as one:
        yield one


def test_the_option_goes_before_the_environment(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_PROXY_SOCKET", "/nowhere/else.sock")
    assert main(["status", "--socket", api.socket]) == 0

    monkeypatch.setenv("SLUICE_PROXY_SOCKET", api.socket)
    assert main(["status"]) == 0
    assert [asked.target for asked in api.asked] == ["/status", "/status"]
    assert {asked.fields["accept"] for asked in api.asked} == {"application/json"}


@pytest.mark.parametrize("command", [["status"], ["routes", "list"], ["top", "--once"], ["logs"]])
def test_a_proxy_that_does_not_run_is_told_in_a_line_with_a_code_of_its_own(
    command: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nowhere = str(tmp_path / "admin.sock")

    assert main([*command, "--socket", nowhere]) == Exit.NOT_REACHABLE == 3
    assert capsys.readouterr().err == (
        f"sluice-proxy: the proxy does not answer at {nowhere}: No such file or directory: does it"
        " run, and listen there?\n"
    )


def test_a_socket_that_a_dead_proxy_left_does_not_answer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "admin.sock"))

    assert main(["status", "--socket", str(tmp_path / "admin.sock")]) == 3
    assert "Connection refused" in capsys.readouterr().err


def test_a_socket_path_that_cannot_be_one_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--socket", "/x" * 100]) == 3
    assert "AF_UNIX path too long" in capsys.readouterr().err


def test_an_answer_that_does_not_come_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connection, "ANSWER_SECONDS", 0.05)
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "admin.sock"))
        silent.listen()
        assert main(["status", "--socket", str(tmp_path / "admin.sock")]) == 3

    assert "gave no whole answer: timed out" in capsys.readouterr().err


def test_a_change_whose_answer_is_lost_may_have_been_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_UNIX) as dying:
        dying.bind(str(tmp_path / "admin.sock"))
        dying.listen()

        def die() -> None:
            one, _address = dying.accept()
            one.recv(65536)
            one.close()

        thread = threading.Thread(target=die)
        thread.start()
        place = ["--socket", str(tmp_path / "admin.sock")]
        assert main(["routes", "remove", "shop", *place]) == 3
        thread.join()

    assert "look whether the change was made" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["status"], b"<html>"),
        (["status"], b"[]"),
        (["status"], b""),
        (["status"], b"[" * 100_000),
        (["status"], b'{"status": "ok"}'),
        (["top", "--once"], b'{"routes": ["shop"]}'),
        (["logs"], b'{"routes": 1}'),
        (["routes", "list"], b'{"items": ["shop"]}'),
        (["certs", "show", "shop"], b'{"items": {"shop": 1}}'),
        (["routes", "remove", "shop"], b'{"operations": 7}'),
    ],
)
def test_what_is_not_the_admin_api_is_told(
    words: list[str], body: bytes, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told(body)

    assert main([*words, "--socket", api.socket]) == 3
    assert "is not the proxy's admin API" in capsys.readouterr().err


def test_an_answer_without_end_is_not_read(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(connection, "MOST_BYTES", 100)

    assert main(["status", "--socket", api.socket]) == 3
    assert "more than 100 bytes" in capsys.readouterr().err


def problem(status: int, *problems: dict[str, str], **more: Any) -> Told:
    body = {"type": "about:blank", "title": "T", "status": status, "detail": "in a line", **more}
    return Told({**body, "problems": list(problems)}, status)


SHOP = {"kind": "route", "id": "shop", "field": "targets[0].url", "message": "port 0 is none"}
WHOLE = {"kind": "route", "id": "shop", "field": "", "message": "it is there already"}
OF_REQUEST = {"kind": "", "id": "", "field": "changes", "message": "write a list here"}


@pytest.mark.parametrize(
    ("told", "code", "said"),
    [
        (problem(400), 4, ["in a line"]),
        (problem(401), 4, ["in a line"]),
        (problem(404), 4, ["in a line"]),
        (problem(409, WHOLE), 5, ["route shop: it is there already"]),
        (problem(412, WHOLE), 5, ["route shop: it is there already"]),
        (problem(413), 4, ["in a line"]),
        (problem(422, SHOP, WHOLE), 4, ["route shop, targets[0].url: port 0 is none",
                                        "route shop: it is there already"]),
        (problem(422, OF_REQUEST), 4, ["changes: write a list here"]),
        (problem(429), 4, ["in a line"]),
        (problem(503), 1, ["in a line"]),
        (problem(507), 1, ["in a line"]),
        (Told({"error": "as Portal says it"}, 500), 1, ["as Portal says it"]),
        (Told(b"<h1>no", 502), 1, ["the API answers 502"]),
        (Told(b"", 404), 4, ["there is no such resource, or the proxy is of another version"]),
        (Told({"detail": "a", "problems": "none"}, 422), 4, ["a"]),
        (Told({"detail": "a\x1b[2Jb\nc\u202e"}, 422), 4, ["a\\x1b[2Jb\\nc\\u202e"]),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_item_and_field_and_has_its_code(
    told: Told,
    code: int,
    said: list[str],
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
) -> None:
    api.answering = lambda asked: told

    assert main(["routes", "add", "shop", "--target", "x", "--socket", api.socket]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.splitlines() == [f"sluice-proxy: {line}" for line in said]


def test_with_json_an_error_is_json_too(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: problem(422, SHOP)

    place = ["--socket", api.socket, "--json"]
    assert main(["routes", "add", "shop", "--target", "x", *place]) == 4
    captured = capsys.readouterr()
    assert captured.out == ""
    assert json.loads(captured.err) == {"error": "in a line", "status": 422, "problems": [SHOP]}


def test_names_that_are_no_text_are_for_the_api_to_refuse(api: ScriptedApi) -> None:
    api.answering = lambda asked: Told({"revision": 0, "items": []})

    place = ["--socket", api.socket]
    assert main(["routes", "show", "a\udcff", *place]) == 4
    assert main(["drain", "a\udcff", "\udcff", *place]) == 0
    assert api.asked[0].target == "/v1/routes?id=a%FF"
    assert api.asked[1].target == "/v1/routes/a%FF/targets/%FF"


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[ScriptedApi]:
    now = datetime.now(UTC)
    issuer = read_authority(new_authority(now, host="here"))
    pair = issuer.issue(["localhost", "127.0.0.1"], now)
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key)
    (tmp_path / "ca.pem").write_bytes(issuer.pem)
    (tmp_path / "token").write_text("very-secret\n")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    with ScriptedApi(good, tmp_path, context) as one:
        yield one


def test_an_api_elsewhere_is_asked_over_tls_with_the_token_of_a_file(
    remote: ScriptedApi, tmp_path: Path
) -> None:
    place = ["--url", f"https://localhost:{remote.port}", "--token-file", str(tmp_path / "token")]

    assert main(["status", *place, "--ca", str(tmp_path / "ca.pem")]) == 0
    assert remote.asked[0].fields["authorization"] == "Bearer very-secret"


def test_a_stranger_gets_no_token(
    remote: ScriptedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["--url", f"https://localhost:{remote.port}", "--token-file", str(tmp_path / "token")]

    assert main(["status", *place]) == 3
    assert "is not trusted" in capsys.readouterr().err
    assert remote.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--url", "http://a", "--token-file", "TOKEN"], "a token goes over TLS only"),
        (["--url", "https://a"], "--url needs --token-file"),
        (["--url", "https://a/v1", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://me:pw@a", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://a b", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://ä", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://a..b", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", f"https://{'a' * 64}", "--token-file", "TOKEN"], "than https://HOST:PORT"),
        (["--url", "https://a:99999", "--token-file", "TOKEN"], "is no URL"),
        (["--url", "https://a:0", "--token-file", "TOKEN"], "no more than https://HOST:PORT"),
        (["--url", "https://a", "--token-file", "/nowhere"], "/nowhere cannot be read"),
        (["--url", "https://a", "--token-file", "TWO"], "has to have a token, and nothing else"),
        (["--url", "https://a", "--token-file", "TOKEN", "--socket", "/x"], "name one"),
        (["--token-file", "TOKEN"], "name it with --url"),
        (["--url", "https://a", "--token-file", "TOKEN", "--ca", "TOKEN"], "cannot be used"),
        (["--url", "https://a", "--token-file", "TOKEN", "--ca", "/nowhere"], "cannot be used"),
    ],
)
def test_a_place_that_is_none_is_bad_usage(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "TOKEN").write_text("very-secret")
    (tmp_path / "TWO").write_text("one two")
    named = [str(tmp_path / word) if word in ("TOKEN", "TWO") else word for word in words]

    assert main(["status", *named]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert "very-secret" not in line
