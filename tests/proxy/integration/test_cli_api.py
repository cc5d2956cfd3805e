# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line against the admin API, over an edge without a data plane."""

from __future__ import annotations

import json
import re
import shlex
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives import hashes
from running.admin_api import AdminApi
from running.fake_edge import FakeEdge
from samples.certificates import leaf
from sluice_proxy.admin.admission import Admission
from sluice_proxy.admin.status import OrderStatus
from sluice_proxy.admin.tokens import TokensFile
from sluice_proxy.cli.command import main
from sluice_proxy.issuing.authority import new_authority, read_authority
from sluice_proxy.ordering.model import AccountStatus, AuthorityStatus

DOCUMENTATION = Path(__file__).resolve().parents[3] / "docs" / "proxy" / "cli.md"
FILE = """
routes:
  - {name: of-the-file, hosts: file.test, targets: "http://10.0.0.1"}
"""
TARGETS = ["--target", "http://10.0.0.1:8080", "--target", "http://10.0.0.2:8080"]
# What needs the system's store of certificates, a host elsewhere, or a log that is a file.
NOT_RUN = {"ca trust", "ca untrust", "logs", "serve", "status --url"}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock", FakeEdge(FILE)) as one:
        monkeypatch.setenv("SLUICE_PROXY_SOCKET", one.path)
        yield one


def told(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Return what a command prints."""
    assert main(words) == code, capsys.readouterr().err
    return capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    return json.loads(told(capsys, *words, "--json"))


def test_the_life_of_a_route(
    api: AdminApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "would be created" in told(capsys, "routes", "add", "shop", *TARGETS, "--dry-run")
    assert as_json(capsys, "routes", "list")["revision"] == 0

    assert told(capsys, "routes", "add", "shop", *TARGETS) == "route shop created, version 1\n"
    assert main(["routes", "add", "shop", *TARGETS]) == 5
    assert "route shop: it is there already" in capsys.readouterr().err

    file = tmp_path / "shop.yml"
    file.write_text(told(capsys, "routes", "show", "shop"))
    assert "nothing changed" in told(capsys, "routes", "set", "shop", "-f", str(file))
    file.write_text(file.read_text() + "body_limit: 1MiB\n")
    dry = told(capsys, "routes", "set", "shop", "-f", str(file), "--dry-run")
    assert "  + body_limit: 1MiB" in dry.splitlines()
    assert main(["routes", "set", "shop", "-f", str(file), "--if-version", "9"]) == 5
    set_ = told(capsys, "routes", "set", "shop", "-f", str(file), "--if-version", "1")
    assert set_ == "route shop replaced, version 2\n"

    dry = told(capsys, "routes", "remove", "shop", "typo", "--dry-run")
    assert dry.startswith("route shop would be removed")
    assert told(capsys, "routes", "remove", "shop", "typo") == (
        "route shop removed\nroute typo is not there\n"
    )
    assert main(["routes", "show", "shop"]) == 4


def test_a_target_is_drained_and_undrained(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "routes", "add", "shop", *TARGETS)
    first = ["shop", "http://10.0.0.1:8080"]

    assert "+ state: draining" in " ".join(told(capsys, "drain", *first, "--dry-run").split())
    drained = as_json(capsys, "drain", *first, "--wait", "--timeout", "30s")
    assert (drained["changed"], drained["version"], drained["in_flight"]) == (True, 2, 0)
    assert "draining already" in told(capsys, "drain", *first)
    assert "draining" in told(capsys, "status")
    assert main(["undrain", *first, "--if-version", "1"]) == 5
    assert as_json(capsys, "undrain", *first, "--if-version", "2")["state"] == "active"
    assert main(["drain", "shop", "http://10.0.0.9"]) == 4
    assert main(["drain", "typo", "http://10.0.0.9"]) == 4
    assert "http://10.0.0.1:8080, http://10.0.0.2:8080" in capsys.readouterr().err


def test_what_is_of_the_file_is_listed_and_a_conflict(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "of-the-file" in told(capsys, "routes", "list")
    assert "# route of-the-file: of the configuration file" in told(
        capsys, "routes", "show", "of-the-file"
    )
    for words in (["set", "of-the-file", "--target", "unix:/a"], ["remove", "of-the-file"]):
        assert main(["routes", *words]) == 5
        assert "the configuration file has it" in capsys.readouterr().err


def test_all_that_is_wrong_with_a_document_is_told_by_field(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["routes", "add", "bad", "--target", "nonsense", "--host", "a b"]) == 4

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("sluice-proxy: route bad, hosts[0]: ")
    assert lines[1].startswith("sluice-proxy: route bad, targets[0].url: ")
    assert main(["certs", "add", "bad", "--self-signed", "a b"]) == 4
    assert main(["errors", "set", "999", "/dev/null"]) == 4


def test_an_error_is_told_as_the_documentation_shows_it(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["routes", "add", "shop", "--target", "http://a.test:99999"]) == 4
    assert f"\n```text\n{capsys.readouterr().err}```\n" in DOCUMENTATION.read_text("utf-8")


def test_a_private_key_is_never_shown(
    api: AdminApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pair = leaf("a.test")
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key_pem(b"very-secret"))
    (tmp_path / "password").write_text("very-secret\n")
    files = [
        "--chain", str(tmp_path / "chain.pem"), "--key", str(tmp_path / "key.pem"),
        "--password-file", str(tmp_path / "password"),
    ]  # fmt: skip

    shown = told(capsys, "certs", "add", "a", *files, "--dry-run")
    shown += told(capsys, "certs", "add", "a", *files, "--json")
    shown += told(capsys, "certs", "show", "a") + told(capsys, "certs", "list", "--json")
    shown += told(capsys, "certs", "remove", "a", "--dry-run") + told(capsys, "status")
    assert "PRIVATE" not in shown
    assert "very-secret" not in shown
    assert pair.certificate.fingerprint(hashes.SHA256()).hex() in shown
    assert main(["certs", "add", "b", *files[:2], "--key", str(tmp_path / "password")]) == 4
    assert "very-secret" not in capsys.readouterr().err


def test_certificates_are_made_and_their_days_are_told(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    told(capsys, "certs", "add", "one", "--self-signed", "one.test", "--days", "30")
    told(capsys, "certs", "add", "two", "--local-ca", "file.test")

    one, two = as_json(capsys, "certs", "list")["items"]
    assert (one["certificate"]["names"], two["certificate"]["names"]) == (
        ["one.test"], ["file.test"],
    )  # fmt: skip
    assert 29 < one["certificate"]["days_left"] <= 30
    assert "one.test" in told(capsys, "status")


def test_what_is_shown_can_be_set_again(
    api: AdminApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "lost.html"
    page.write_text("<h1>schön\x1b[2J\n verloren</h1>\n")
    told(capsys, "errors", "set", "no_route", str(page), "--status", "410")
    told(capsys, "certs", "add", "one", "--self-signed", "one.test")

    for command, name in (("errors", "no_route"), ("certs", "one")):
        text = told(capsys, command, "show", name)
        assert "\x1b" not in text
        page.write_text(text)
        assert "nothing changed" in told(capsys, command, "set", name, "-f", str(page))
        item = as_json(capsys, command, "show", name)
        assert yaml.safe_load(text) == item["document"]


def test_the_level_of_the_log_is_live(api: AdminApi, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, "log-level") == "info\n"
    assert told(capsys, "log-level", "debug") == "debug\n"
    assert api.edge.log_level == "debug"


def test_what_the_edge_cannot_do_is_a_failure(
    api: AdminApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.edge.serves = False
    assert "DOES NOT SERVE" in told(capsys, "status", code=1)
    api.edge.failing = ssl.SSLError("anything")
    assert main(["log-level", "debug"]) == 1
    assert "the workers do not answer" in capsys.readouterr().err


def commands() -> list[str]:
    """Return the command lines of the documentation in their order."""
    fences = re.findall(r"^```sh\n(.*?)^```", DOCUMENTATION.read_text("utf-8"), re.M | re.S)
    return [line for text in fences for line in text.splitlines()]


def test_the_examples_of_the_documentation_run_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    pair = leaf("www.test")
    (tmp_path / "www.pem").write_bytes(pair.chain)
    (tmp_path / "www.key").write_bytes(pair.key_pem())
    for name in ("lost.html", "busy.html"):
        (tmp_path / name).write_text("<h1>Oh</h1>")
    monkeypatch.setenv("SLUICE_PROXY_SOCKET", str(tmp_path / "admin.sock"))
    edge, run = FakeEdge(FILE), 0
    edge.orders["shop"] = OrderStatus("held", "letsencrypt")
    account = AccountStatus("https://a.test/account/7", (), "abc")
    edge.of_authorities["letsencrypt"] = AuthorityStatus(
        "letsencrypt", "https://a.test/directory", False, account, None, "", 1, 250, 10_800.0
    )
    with AdminApi(tmp_path / "admin.sock", edge):
        for line in commands():
            words = shlex.split(line)[1:]
            if words[0] in NOT_RUN or " ".join(words[:2]) in NOT_RUN:
                continue
            may_fail, file = "||" in words, words[-1] if ">" in words else None
            end = min((words.index(word) for word in (">", "||") if word in words), default=None)
            code = main(words[:end])
            captured = capsys.readouterr()
            assert (code != 0) == may_fail, f"{line}: {captured.err}"
            if file is not None:
                (tmp_path / file).write_text(captured.out)
            run += 1
    assert run > 20


def test_a_token_of_the_command_lets_in_over_tls_and_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = datetime.now(UTC)
    issuer = read_authority(new_authority(now, host="here"))
    pair = issuer.issue(["localhost"], now)
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key)
    (tmp_path / "ca.pem").write_bytes(issuer.pem)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "chain.pem", tmp_path / "key.pem")
    made, other = as_json(capsys, "token", "ci"), as_json(capsys, "token", "ci")
    tokens = tmp_path / "tokens"
    tokens.write_text(f"{made['line']}\n")
    tokens.chmod(0o600)
    token = tmp_path / "token"

    admission = Admission(TokensFile(str(tokens)))
    with AdminApi(tmp_path / "admin.sock", admission=admission, tls=context) as api:
        place = ["--url", f"https://localhost:{api.port}", "--ca", str(tmp_path / "ca.pem")]
        place += ["--token-file", str(token)]
        token.write_text(f"{made['token']}\n")
        assert told(capsys, "routes", "add", "shop", *TARGETS, *place).startswith("route shop")
        token.write_text(other["token"])
        assert main(["routes", "remove", "shop", *place]) == 4
        assert capsys.readouterr().err == "sluice-proxy: the token is wrong\n"
        assert main(["routes", "show", "shop", "--socket", api.path]) == 0
