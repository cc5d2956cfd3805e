# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Portal's paths: its documented examples, replayed with curl, and where it was wrong."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running.admin_api import AdminApi
from running.admin_client import ask
from running.certificates import SelfSigned, self_signed
from running.fake_edge import FakeEdge

FILE = """
routes:
  - {name: of-the-file, portal: {domain: file.test, page: mine}}
"""
WORKS = {"domain": "portal.test", "page": "portal works\n"}
SHOWN = {
    "subdomain": "", "domain": "portal.test", "path": "", "targets": None, "fwdpath": "",
    "page": "portal works\n",
}  # fmt: skip
SUCCESS = {"msg": "Success"}


@pytest.fixture
def api(tmp_path: Path) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock", FakeEdge(FILE)) as api:
        yield api


def curl(api: AdminApi, path: str, *arguments: str) -> tuple[int, Any]:
    """Return status and JSON of what curl gets, as Portal's manual calls it."""
    done = subprocess.run(
        [
            "curl", "-sS", "-k", "-H", "X-AUTH-TOKEN:", "--unix-socket", api.path,
            "-w", "\n%{http_code}", f"http://127.0.0.1:8443{path}", *arguments,
        ],
        capture_output=True, text=True, timeout=30, check=True,
    )  # fmt: skip
    content, _newline, status = done.stdout.rpartition("\n")
    return int(status), json.loads(content)


def certificate(made: SelfSigned) -> dict[str, str]:
    return {"cert": Path(made.chain).read_text(), "key": Path(made.key).read_text()}


def test_routes_as_the_manual_has_them(api: AdminApi) -> None:
    one, many = json.dumps(WORKS), json.dumps([WORKS])
    assert curl(api, "/routes") == (200, [])
    assert curl(api, "/routes", "-d", one) == (200, SHOWN)
    assert curl(api, "/routes") == (200, [SHOWN])
    assert curl(api, "/routes?domain=portal.test", "-X", "DELETE") == (200, SUCCESS)
    assert curl(api, "/routes") == (200, [])
    assert curl(api, "/routes", "-d", many, "-X", "PUT") == (200, [SHOWN])
    assert curl(api, "/routes", "-d", '{"domain":"portal.test"}', "-X", "DELETE") == (200, SUCCESS)
    assert curl(api, "/routes") == (200, [])


def test_certificates_as_the_manual_has_them_but_for_keys(api: AdminApi, tmp_path: Path) -> None:
    pair = certificate(self_signed(tmp_path, "a.test"))
    one = json.dumps(pair)
    assert curl(api, "/certs") == (200, [])
    status, added = curl(api, "/certs", "-d", one)
    assert (status, added["cert"], set(added)) == (200, pair["cert"], {"cert", "key_fingerprint"})
    assert curl(api, "/certs") == (200, [added])
    assert curl(api, "/certs", "-d", one, "-X", "DELETE") == (200, SUCCESS)
    assert curl(api, "/certs", "-d", json.dumps([pair]), "-X", "PUT") == (200, [added])
    by_query = ("-X", "DELETE", "-G", "--data-urlencode", f"cert={pair['cert']}")
    assert curl(api, "/certs", *by_query) == (200, SUCCESS)
    assert curl(api, "/certs") == (200, [])


def test_errors_are_shown_and_set_one_by_one(api: AdminApi) -> None:
    usual = {"no-routes": "Not Found\n", "no-healthy": "Service Unavailable\n"}
    assert curl(api, "/errors") == (200, usual)
    mine = {"no-routes": "<h1>nothing</h1>"}
    assert curl(api, "/errors", "-d", json.dumps(mine)) == (200, mine)
    assert curl(api, "/errors") == (200, {**usual, **mine})
    other = {"no-healthy": "later"}
    assert curl(api, "/errors", "-X", "PUT", "-d", json.dumps(other)) == (200, other)
    assert curl(api, "/errors") == (200, {**mine, **other})


def test_a_reset_takes_away_only_what_came_by_portals_paths(api: AdminApi) -> None:
    ask(api.path, "PUT", "/v1/routes/own", {"hosts": "own.test"})
    ask(api.path, "POST", "/routes", {"domain": "old.test", "page": "old"})

    assert ask(api.path, "PUT", "/routes", [WORKS]).json == [SHOWN]
    ids = [one["id"] for one in ask(api.path, "GET", "/v1/routes").json["items"]]
    assert ids == ["of-the-file", "own", "portal:.portal.test/"]


def test_adding_a_route_that_is_there_replaces_it(api: AdminApi) -> None:
    ask(api.path, "POST", "/routes", WORKS)
    answer = ask(api.path, "POST", "/routes", {**WORKS, "page": "new", "targets": None})

    assert answer.json["page"] == "new"
    assert [one["page"] for one in ask(api.path, "GET", "/routes").json] == ["new"]


def test_what_is_empty_in_portals_json_is_the_same_as_left_out(api: AdminApi) -> None:
    full = {
        **SHOWN, "endpoint": "", "expected_code": 0, "expected_body": "", "expected_header": "",
        "host": "", "timeout": 0, "attempts": 0,
    }  # fmt: skip
    ask(api.path, "POST", "/routes", WORKS)

    assert ask(api.path, "POST", "/routes", full).json == SHOWN
    assert ask(api.path, "GET", "/v1").json["revision"] == 1


def test_a_route_keeps_its_checks(api: AdminApi) -> None:
    checks = {"endpoint": "/up", "expected_code": 204, "timeout": 500, "attempts": 2}
    route = {"domain": "a.test", "targets": ["http://10.0.0.1"], **checks}

    ask(api.path, "POST", "/routes", route)
    (shown,) = ask(api.path, "GET", "/routes").json
    assert {name: shown[name] for name in route} == route


def test_a_dry_run_tells_the_plan_of_portals_paths_too(api: AdminApi) -> None:
    answer = ask(api.path, "PUT", "/routes?dry_run=true", [WORKS])

    assert [one["operation"] for one in answer.json["operations"]] == ["create"]
    assert ask(api.path, "GET", "/routes").json == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/routes", b"{"),
        ("POST", "/routes", b"[]"),
        ("POST", "/routes", b'{"domain": 7}'),
        ("POST", "/routes", b'{"domain": "a b"}'),
        ("POST", "/routes", b'{"domain": "a.test", "weight": 3}'),
        ("POST", "/routes", b'{"targets": ["nonsense"]}'),
        ("PUT", "/routes", b"{}"),
        ("PUT", "/routes", b'[{"page": "a"}, {"page": "b"}]'),
        ("DELETE", "/routes", b""),
        ("POST", "/certs", b"{}"),
        ("POST", "/certs", b'{"cert": "none", "key": "none"}'),
        ("PUT", "/certs", b'[{"cert": 1}]'),
        ("DELETE", "/certs", b"{}"),
        ("POST", "/errors", b'{"no-route": "x"}'),
        ("POST", "/errors", b'{"no-routes": 1}'),
    ],
)
def test_bad_content_is_a_400_with_an_error_in_one_line(
    api: AdminApi, method: str, path: str, body: bytes
) -> None:
    answer = ask(api.path, method, path, body)

    assert (answer.status, set(answer.json)) == (400, {"error"})
    assert "\n" not in answer.json["error"]
    assert ask(api.path, "GET", "/v1").json["revision"] == 0


def test_removing_what_is_not_there_is_a_success(api: AdminApi, tmp_path: Path) -> None:
    pair = certificate(self_signed(tmp_path, "a.test"))

    assert ask(api.path, "DELETE", "/routes?domain=none.test").json == SUCCESS
    assert ask(api.path, "DELETE", "/certs", pair).json == SUCCESS


def test_a_failure_behind_it_is_a_500(api: AdminApi) -> None:
    api.edge.failing = RuntimeError("nobody thought of this")

    assert ask(api.path, "POST", "/routes", WORKS).status == 500
