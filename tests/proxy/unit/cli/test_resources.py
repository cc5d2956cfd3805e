# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of routes, certificates and error pages: what they ask, and what they say."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from running.scripted_api import Asked, ScriptedApi, Told
from samples.certificates import leaf
from sluice_proxy.cli.command import main

Run = Callable[..., int]


def resource(kind: str, id_: str, document: dict[str, Any], **more: Any) -> dict[str, Any]:
    usual = {"origin": "api", "owner": "", "version": 5, "document": document}
    return {"kind": kind, "id": id_, **usual, **more}


def outcome(*operations: dict[str, Any]) -> dict[str, Any]:
    return {
        "revision": 6,
        "changed": bool(operations),
        "unchanged": 0 if operations else 1,
        "operations": list(operations),
    }


def operation(verb: str, before: Any, after: Any) -> dict[str, Any]:
    subject = after or before
    return {
        "operation": verb,
        "kind": subject["kind"],
        "id": subject["id"],
        "before": before,
        "after": after,
    }


def done(asked: Asked) -> Told:
    """Answer every change as made, whatever it is."""
    operations = []
    for change in asked.body["changes"]:
        one = resource(change["kind"], change["id"], change.get("document", {}))
        removed = change.get("remove")
        operations.append(
            operation("remove" if removed else "create", one if removed else None,
                      None if removed else one)
        )  # fmt: skip
    return Told(outcome(*operations))


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedApi]:
    with ScriptedApi(done, tmp_path) as one:
        monkeypatch.setenv("SLUICE_PROXY_SOCKET", one.socket)
        yield one


def changes(api: ScriptedApi) -> list[dict[str, Any]]:
    (asked,) = api.asked
    assert (asked.method, asked.target.partition("?")[0]) == ("POST", "/v1/changes")
    made: list[dict[str, Any]] = asked.body["changes"]
    return made


@pytest.mark.parametrize(
    ("words", "document"),
    [
        (["--target", "http://10.0.0.1:8080"], {"targets": ["http://10.0.0.1:8080"]}),
        (
            ["--host", "a.test", "--host", "b.test", "--path", "/x", "--target", "unix:/a",
             "--target", "unix:/b", "--health", "/up", "--tls", "auto"],
            {"hosts": ["a.test", "b.test"], "paths": ["/x"], "targets": ["unix:/a", "unix:/b"],
             "health": "/up", "tls": "auto"},
        ),
        (["--host", "a.test", "--redirect", "https"], {"hosts": ["a.test"], "redirect": "https"}),
    ],
)  # fmt: skip
def test_the_common_case_of_a_route_is_said_with_options(
    words: list[str], document: dict[str, Any], api: ScriptedApi
) -> None:
    assert main(["routes", "add", "shop", *words]) == 0

    assert changes(api) == [{"kind": "route", "id": "shop", "document": document, "expected": 0}]


def test_set_replaces_whatever_is_there_unless_a_version_is_expected(api: ScriptedApi) -> None:
    assert main(["routes", "set", "shop", "--target", "unix:/a"]) == 0
    assert "expected" not in changes(api)[0]

    api.asked.clear()
    assert main(["routes", "set", "shop", "--target", "unix:/a", "--if-version", "7"]) == 0
    assert changes(api)[0]["expected"] == 7


@pytest.mark.parametrize(
    "text",
    [
        '{"targets": ["unix:/a"], "hosts": "a.test"}',
        "targets: ['unix:/a']\nhosts: a.test\n",
        "# route shop: version 5\ntargets:\n- unix:/a\nhosts: a.test\n",
    ],
)
def test_a_document_is_read_from_json_and_from_yaml(
    text: str, api: ScriptedApi, tmp_path: Path
) -> None:
    file = tmp_path / "shop"
    file.write_text(text)

    assert main(["routes", "set", "shop", "--file", str(file)]) == 0
    assert changes(api)[0]["document"] == {"targets": ["unix:/a"], "hosts": "a.test"}


def test_a_document_is_read_from_standard_input(
    api: ScriptedApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"page: hello")))

    assert main(["routes", "add", "hello", "-f", "-"]) == 0
    assert changes(api)[0]["document"] == {"page": "hello"}


def test_yaml_is_read_by_the_rules_of_the_configuration_file(
    api: ScriptedApi, tmp_path: Path
) -> None:
    file = tmp_path / "a.yml"
    file.write_text("a: 22:30\nb: no\nc: 0660\nd: 1.5\n")

    assert main(["routes", "set", "shop", "-f", str(file)]) == 0
    assert changes(api)[0]["document"] == {"a": "22:30", "b": False, "c": "0660", "d": 1.5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "this key is here twice"),
        ('{"a": 1, "a": 2}', "this key is here twice"),
        ("[1, 2]", "is not a mapping"),
        ("a: [", "this is not YAML"),
        ("", "is empty"),
        ("# nothing but this\n", "is empty"),
        ("- 1", "is not a mapping"),
        ("\xff\xfe", "is not UTF-8"),
    ],
)
def test_a_file_that_is_no_document_is_told_in_a_line(
    text: str, said: str, api: ScriptedApi, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.yml"
    file.write_bytes(text.encode("latin-1"))

    assert main(["routes", "set", "shop", "-f", str(file)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert str(file) in line
    assert api.asked == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["routes", "add", "a"], "say what the route is: --target or --redirect, or --file"),
        (["routes", "set", "a", "-f", "x", "--target", "unix:/a"], "leave the other options out"),
        (["routes", "set", "a", "-f", "/nowhere/x"], "/nowhere/x cannot be read: No such file"),
        (["routes", "remove", "a", "b", "--if-version", "1"], "--if-version is for one route"),
        (["certs", "add", "a"], "say what the certificate is"),
        (["certs", "add", "a", "--chain", "x"], "has --chain and --key"),
        (["certs", "add", "a", "--chain", "-", "--key", "-"], "can be read once only"),
        (["certs", "add", "a", "--self-signed", "x.test", "--local-ca", "x.test"], "choose"),
        (["certs", "add", "a", "--local-ca", "x.test", "--acme", "x.test"], "choose"),
        (["certs", "add", "a", "--local-ca", "x.test", "--key-type", "p384"], "--key-type is for"),
        (["certs", "add", "a", "--local-ca", "x.test", "--days", "3"], "--days is for"),
        (["certs", "add", "a", "--chain", "x", "--key", "-----BEGIN PRIVATE KEY-----"],
         "--key names a file"),
        (["errors", "set", "no_route"], "say what the page is: a file with its content, or --file"),
        (["errors", "set", "502", "--status", "500"], "name a file"),
    ],
)  # fmt: skip
def test_options_that_do_not_go_together_are_bad_usage(
    words: list[str], said: str, api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
    assert api.asked == []


def test_a_given_certificate_is_read_from_its_files(api: ScriptedApi, tmp_path: Path) -> None:
    pair = leaf("a.test")
    (tmp_path / "chain.pem").write_bytes(pair.chain)
    (tmp_path / "key.pem").write_bytes(pair.key_pem(b"secret"))
    (tmp_path / "password").write_text("secret\n")

    files = ["--chain", str(tmp_path / "chain.pem"), "--key", str(tmp_path / "key.pem")]
    password = ["--password-file", str(tmp_path / "password"), "--host", "a.test"]
    assert main(["certs", "add", "a", *files, *password]) == 0
    assert changes(api)[0]["document"] == {
        "provider": "given",
        "chain": pair.chain.decode(),
        "key": (tmp_path / "key.pem").read_text(),
        "password": "secret",
        "hosts": ["a.test"],
    }


@pytest.mark.parametrize(
    ("words", "document"),
    [
        (["--self-signed", "a.test", "b.test"],
         {"provider": "self_signed", "names": ["a.test", "b.test"]}),
        (["--self-signed", "a.test", "--days", "9"],
         {"provider": "self_signed", "names": ["a.test"], "days": 9}),
        (["--local-ca", "a.test"], {"provider": "local_ca", "names": ["a.test"]}),
    ],
)  # fmt: skip
def test_a_certificate_is_made_for_names(
    words: list[str], document: dict[str, Any], api: ScriptedApi
) -> None:
    assert main(["certs", "add", "a", *words]) == 0

    assert changes(api)[0] == {
        "kind": "certificate", "id": "a", "document": document, "expected": 0,
    }  # fmt: skip


def test_an_error_page_is_the_content_of_a_file(api: ScriptedApi, tmp_path: Path) -> None:
    (tmp_path / "lost.html").write_text("<h1>Nichts gefunden: schön</h1>")
    more = ["--content-type", "text/html", "--status", "410"]

    assert main(["errors", "set", "no_route", str(tmp_path / "lost.html"), *more]) == 0
    assert changes(api) == [
        {
            "kind": "page",
            "id": "no_route",
            "document": {
                "content": "<h1>Nichts gefunden: schön</h1>",
                "content_type": "text/html",
                "status": 410,
            },
        }
    ]


def test_several_are_removed_as_one_change(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["routes", "remove", "a", "b", "a"]) == 0

    assert changes(api) == [
        {"kind": "route", "id": "a", "remove": True},
        {"kind": "route", "id": "b", "remove": True},
    ]
    assert capsys.readouterr().out == "route a removed\nroute b removed\n"


def test_what_is_so_already_is_said(api: ScriptedApi, capsys: pytest.CaptureFixture[str]) -> None:
    api.answering = lambda asked: Told(outcome())

    assert main(["routes", "set", "a", "--target", "unix:/a"]) == 0
    assert main(["routes", "set", "a", "--target", "unix:/a", "--dry-run"]) == 0
    assert capsys.readouterr().out == (
        "nothing changed: it is so already\nnothing would change: it is so already\n"
    )


def test_what_is_not_there_is_not_removed_and_no_error(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    there = resource("route", "a", {})
    api.answering = lambda asked: Told(outcome(operation("remove", there, None)))

    assert main(["routes", "remove", "a", "typo"]) == 0
    assert capsys.readouterr().out == "route a removed\nroute typo is not there\n"
    api.answering = lambda asked: Told(outcome())
    assert main(["routes", "remove", "typo"]) == 0
    assert capsys.readouterr().out == "route typo is not there\n"


def test_a_dry_run_asks_for_the_plan_and_shows_a_diff(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    before = resource("route", "shop", {"hosts": "a.test", "targets": ["unix:/a"]}, owner="me")
    after = resource("route", "shop", {"hosts": "a.test", "targets": ["unix:/b"]}, version=0)
    api.answering = lambda asked: Told(outcome(operation("replace", before, after)))

    assert main(["routes", "set", "shop", "--target", "unix:/b", "--dry-run"]) == 0
    assert api.asked[0].target == "/v1/changes?dry_run=true"
    assert capsys.readouterr().out.splitlines() == [
        "route shop would be replaced:",
        "  @@ -1,4 +1,3 @@",
        "  - # owner: me",
        "    hosts: a.test",
        "    targets:",
        "  - - unix:/a",
        "  + - unix:/b",
    ]


def test_a_dry_run_shows_what_would_come_and_go_whole(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    one = resource("page", "502", {"content": "two\nlines"})
    answer = outcome(operation("create", None, one), operation("remove", one, None))
    api.answering = lambda asked: Told(answer)

    assert main(["errors", "remove", "502", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "page 502 would be created:",
        "  + content: |-",
        "  +   two",
        "  +   lines",
        "page 502 would be removed:",
        "  - content: |-",
        "  -   two",
        "  -   lines",
    ]


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_a_change_answers_in_json_what_the_api_does(
    more: list[str], api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["routes", "add", "shop", "--target", "unix:/a", "--json", *more]) == 0

    told = json.loads(capsys.readouterr().out)
    assert set(told) == {"revision", "changed", "unchanged", "operations"}
    assert told["operations"][0]["after"]["document"] == {"targets": ["unix:/a"]}


@pytest.mark.parametrize(
    ("command", "kind", "document", "more", "cells"),
    [
        ("routes", "route", {"hosts": ["a.test", "b.test", "c.test", "d.test"], "paths": "/x",
                             "targets": [{"url": "unix:/a", "weight": 2}, "unix:/b"]}, {},
         ["a.test, b.test, c.test, +1", "/x", "unix:/a, unix:/b"]),
        ("routes", "route", {"redirect": {"location": "https://b/"}}, {},
         ["*", "/", "redirect: https://b/"]),
        ("routes", "route", {"page": "hello", "targets": "unix:/a"}, {}, ["*", "/", "a page"]),
        ("routes", "route", {"maintenance": True}, {}, ["*", "/", "maintenance"]),
        ("routes", "route", {"portal": {"subdomain": "b", "domain": "a.test", "path": "/x*",
                                        "targets": ["http://t"]}}, {},
         ["b.**.a.test", "/x*", "http://t"]),
        ("routes", "route", {"portal": {"domain": "A.test"}}, {}, [".a.test", "/", "-"]),
        ("routes", "route", {"portal": {"subdomain": "b"}}, {}, ["b.**", "/", "-"]),
        ("routes", "route", {}, {}, ["*", "/", "-"]),
        ("certs", "certificate", {"provider": "given", "chain": "…"},
         {"certificate": {"provider": "given", "names": ["a.test"], "fingerprint": "ab" * 32,
                          "days_left": 5.26}},
         ["given", "a.test", "5.2", "abababababababab", "-"]),
        ("certs", "certificate", {"provider": "local_ca", "names": ["a.test"]},
         {"certificate": None}, ["local_ca", "a.test", "-", "-", "-"]),
        ("certs", "certificate", {"provider": "acme", "names": ["a.test"]},
         {"certificate": None, "order": {"state": "failed", "failures": 2, "next_try": 1.8e9}},
         ["acme", "a.test", "-", "-", "failed, 2 failures, next try 2027-01-15 08:00:00 UTC"]),
        ("errors", "page", {"content": "\nnothing here " + "x" * 60, "status": 410}, {},
         ["410", "-", "nothing here " + "x" * 26 + "…"]),
    ],
)  # fmt: skip
def test_a_list_is_a_table(
    command: str,
    kind: str,
    document: dict[str, Any],
    more: dict[str, Any],
    cells: list[str],
    api: ScriptedApi,
    capsys: pytest.CaptureFixture[str],
) -> None:
    one = resource(kind, "one", document, owner="me", **more)
    api.answering = lambda asked: Told({"revision": 1, "items": [one]})

    assert main([command, "list"]) == 0
    _titles, row = capsys.readouterr().out.splitlines()
    assert [cell.strip() for cell in row.split("  ") if cell.strip()] == [
        "one", *cells, "api", "me", "5",
    ]  # fmt: skip


def test_a_list_may_be_of_one_owner_and_may_be_empty(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told({"revision": 1, "items": []})

    assert main(["certs", "list", "--owner", "a&b"]) == 0
    assert capsys.readouterr().out == "there are no certificates\n"
    assert main(["certs", "list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"revision": 1, "items": []}
    assert [asked.target for asked in api.asked] == [
        "/v1/certificates?owner=a%26b",
        "/v1/certificates",
    ]


def test_what_show_prints_is_what_set_takes(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    document = {
        "hosts": ["grün.test"],
        "page": {"content": "two\nlines", "status": 200},
        "rewrite": {"strip": "/a\x1b[31m"},
        "off": "off",
        "number": "007",
    }
    api.answering = lambda asked: Told(
        {"revision": 1, "items": [resource("route", "a/b", document)]}
    )

    assert main(["routes", "show", "a/b"]) == 0
    text = capsys.readouterr().out
    assert api.asked[0].target == "/v1/routes?id=a%2Fb"
    assert text.startswith("# route a/b: version 5\n")
    assert "\x1b" not in text
    assert yaml.safe_load(text) == document


def test_show_tells_what_is_known_of_a_certificate_and_what_is_of_the_file(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    known = {
        "provider": "file", "names": ["a.test", "b.test"], "fingerprint": "ab", "issuer": "CN=x",
        "not_before": 1_800_000_000, "not_after": 1_800_000_060, "days_left": -2.0, "serial": "1",
    }  # fmt: skip
    one = resource(
        "certificate", "a", {"key_fingerprint": "cd"}, origin="file", owner="me", certificate=known
    )
    api.answering = lambda asked: Told({"revision": 1, "items": [one]})

    assert main(["certs", "show", "a"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "# certificate a: of the configuration file",
        "# owner: me",
        "# names: a.test, b.test",
        "# issuer: CN=x",
        "# fingerprint: ab",
        "# from: 2027-01-15 08:00:00 UTC",
        "# until: 2027-01-15 08:01:00 UTC",
        "# days left: -2.0",
        "key_fingerprint: cd",
    ]


def test_what_is_not_there_cannot_be_shown(
    api: ScriptedApi, capsys: pytest.CaptureFixture[str]
) -> None:
    api.answering = lambda asked: Told({"revision": 1, "items": []})

    assert main(["routes", "show", "typo"]) == 4
    assert capsys.readouterr().err == "sluice-proxy: there is no route typo\n"
