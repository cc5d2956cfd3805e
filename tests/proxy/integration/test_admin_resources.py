# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources over the admin API: each is shown, declared, withdrawn, and changed in parts."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from running.admin_api import AdminApi
from running.admin_client import Answer, ask
from running.certificates import self_signed
from running.fake_edge import FakeEdge
from sluice_proxy.admin.edge import NotInForce
from sluice_proxy.store.failures import StoreFailed, StoreFull

FILE = """
pages:
  no_route: nothing of the file
routes:
  - {name: of-the-file, hosts: file.test, targets: http://10.0.0.1}
"""
ROUTE = {"hosts": ["a.test"], "targets": ["http://10.0.0.1:8080", "http://10.0.0.2:8080"]}
FIRST = quote("http://10.0.0.1:8080", safe="")


@pytest.fixture
def api(tmp_path: Path) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock", FakeEdge(FILE)) as api:
        yield api


def put(api: AdminApi, path: str, document: Any, *fields: tuple[str, str]) -> Answer:
    return ask(api.path, "PUT", path, document, fields)


def get(api: AdminApi, path: str, *fields: tuple[str, str]) -> Answer:
    return ask(api.path, "GET", path, None, fields)


def revision(api: AdminApi) -> int:
    found: int = get(api, "/v1").json["revision"]
    return found


def test_a_route_is_created_shown_replaced_and_removed(api: AdminApi) -> None:
    created = put(api, "/v1/routes/app?owner=me", ROUTE)
    assert (created.status, created.fields["etag"], created.fields["sluice-changed"]) == (
        201, '"1"', "true",
    )  # fmt: skip
    assert created.json == {
        "kind": "route",
        "id": "app",
        "origin": "api",
        "owner": "me",
        "version": 1,
        "document": ROUTE,
    }
    assert get(api, "/v1/routes/app").json == created.json

    replaced = put(api, "/v1/routes/app", {**ROUTE, "hosts": ["b.test"]})
    assert (replaced.status, replaced.json["owner"], replaced.fields["etag"]) == (200, "me", '"2"')

    assert ask(api.path, "DELETE", "/v1/routes/app").status == 204
    assert get(api, "/v1/routes/app").status == 404


def test_what_means_the_same_changes_nothing(api: AdminApi) -> None:
    put(api, "/v1/routes/app", ROUTE)
    again = put(api, "/v1/routes/app", {**ROUTE, "hosts": "A.test"})

    assert (again.status, again.fields["sluice-changed"]) == (200, "false")
    assert again.json["document"] == ROUTE
    assert revision(api) == 1


def test_removing_what_is_not_there_is_no_error(api: AdminApi) -> None:
    answer = ask(api.path, "DELETE", "/v1/routes/app")

    assert (answer.status, answer.fields["sluice-changed"]) == (204, "false")


def test_lists_have_the_files_resources_too_and_are_selected_by_owner_and_id(
    api: AdminApi,
) -> None:
    put(api, "/v1/routes/a?owner=me", {"hosts": "a.test"})
    put(api, "/v1/routes/b?owner=you", {"hosts": "b.test"})

    def ids(query: str) -> list[str]:
        return [one["id"] for one in get(api, f"/v1/routes{query}").json["items"]]

    assert get(api, "/v1/routes").json["revision"] == 2
    assert ids("") == ["a", "b", "of-the-file"]
    assert ids("?owner=me") == ["a"]
    assert ids("?id=b&id=of-the-file&id=none") == ["b", "of-the-file"]


def test_what_the_file_has_is_changed_there(api: AdminApi) -> None:
    answer = put(api, "/v1/routes/of-the-file", ROUTE, ("If-Match", '"17"'))

    assert answer.status == 409
    assert answer.json["problems"][0]["id"] == "of-the-file"
    assert ask(api.path, "DELETE", "/v1/routes/of-the-file").status == 409
    assert get(api, "/v1/routes/of-the-file").json["origin"] == "file"


def test_a_page_of_the_file_may_be_declared_over_it(api: AdminApi) -> None:
    of_file = get(api, "/v1/pages/no_route")
    assert of_file.json["document"] == {"content": "nothing of the file"}

    mine = {"content": "nothing of mine"}
    missing = put(api, "/v1/pages/no_route", mine, ("If-None-Match", "*"))
    assert missing.status == 412
    tag = of_file.fields["etag"]
    assert put(api, "/v1/pages/no_route", mine, ("If-Match", tag)).status == 201
    assert get(api, "/v1/pages/no_route").json["document"] == mine


def test_conditions_hold_or_nothing_changes(api: AdminApi) -> None:
    path, other = "/v1/routes/app", {**ROUTE, "hosts": ["b.test"]}
    assert put(api, path, ROUTE, ("If-Match", "*")).status == 412
    assert put(api, path, ROUTE, ("If-None-Match", "*")).status == 201
    assert put(api, path, other, ("If-None-Match", "*")).status == 412
    assert put(api, path, other, ("If-None-Match", 'W/"1"')).status == 412
    assert put(api, path, other, ("If-Match", 'W/"1"')).status == 412
    assert put(api, path, other, ("If-Match", '"2"')).status == 412
    assert put(api, path, other, ("If-Match", '"7", "1"')).status == 200
    assert put(api, path, ROUTE, ("If-Match", '"7"'), ("If-Match", '"2"')).status == 200
    assert ask(api.path, "DELETE", path, None, [("If-Match", '"2"')]).status == 412
    assert ask(api.path, "DELETE", path, None, [("If-Match", '"3"')]).status == 204
    assert put(api, path, ROUTE, ("If-Match", "3")).status == 400


def test_who_has_it_already_is_not_sent_it_again(api: AdminApi) -> None:
    put(api, "/v1/routes/app", ROUTE)
    tag = get(api, "/v1/routes").fields["etag"]

    assert get(api, "/v1/routes/app", ("If-None-Match", 'W/"1"')).status == 304
    assert get(api, "/v1/routes/app", ("If-None-Match", '"2"')).status == 200
    assert get(api, "/v1/routes", ("If-None-Match", tag)).status == 304
    put(api, "/v1/routes/b", {"hosts": "b.test"})
    assert get(api, "/v1/routes", ("If-None-Match", tag)).status == 200


def test_a_dry_run_tells_the_plan_and_changes_nothing(api: AdminApi) -> None:
    put(api, "/v1/routes/app", ROUTE)
    asked = [
        ("PUT", "/v1/routes/new", {"hosts": "n.test"}, "create"),
        ("PUT", "/v1/routes/app", {"hosts": "n.test"}, "replace"),
        ("DELETE", "/v1/routes/app", None, "remove"),
        ("PATCH", f"/v1/routes/app/targets/{FIRST}", {"weight": 3}, "replace"),
        ("POST", "/v1/changes", {"purges": [{"kind": "route"}]}, "remove"),
    ]
    for method, path, body, verb in asked:
        answer = ask(api.path, method, f"{path}?dry_run=true", body)
        assert (answer.status, answer.json["changed"]) == (200, True)
        assert [one["operation"] for one in answer.json["operations"]] == [verb]
        assert revision(api) == answer.json["revision"] == 1


def test_one_target_is_patched_and_the_others_stay(api: AdminApi) -> None:
    put(api, "/v1/routes/app", ROUTE)
    path = f"/v1/routes/app/targets/{FIRST}"

    answer = ask(api.path, "PATCH", path, {"weight": 3, "state": "draining"})
    assert answer.status == 200
    assert answer.json["document"]["targets"] == [
        {"url": "http://10.0.0.1:8080", "weight": 3, "state": "draining"},
        "http://10.0.0.2:8080",
    ]
    back = ask(api.path, "PATCH", path, {"weight": None, "state": None})
    assert back.json["document"]["targets"][0] == {"url": "http://10.0.0.1:8080"}


def test_a_target_of_portals_form_is_patched(api: AdminApi) -> None:
    put(api, "/v1/routes/app", {"portal": {"domain": "a.test", "targets": "http://10.0.0.1:8080"}})
    answer = ask(api.path, "PATCH", f"/v1/routes/app/targets/{FIRST}", {"weight": 0})

    assert answer.json["document"]["portal"]["targets"] == [
        {"url": "http://10.0.0.1:8080", "weight": 0}
    ]


@pytest.mark.parametrize(
    ("path", "patch", "status"),
    [
        (f"/v1/routes/app/targets/{FIRST[:-1]}", {"weight": 1}, 404),
        (f"/v1/routes/none/targets/{FIRST}", {"weight": 1}, 404),
        (f"/v1/routes/app/targets/{FIRST}", {"weight": -1}, 422),
        (f"/v1/routes/app/targets/{FIRST}", {"state": "gone"}, 422),
        (f"/v1/routes/app/targets/{FIRST}", {"url": "http://10.0.0.9"}, 422),
        (f"/v1/routes/app/targets/{FIRST}", [], 422),
        (f"/v1/routes/of-the-file/targets/{quote('http://10.0.0.1', safe='')}", {"weight": 2}, 409),
    ],
)
def test_a_patch_that_cannot_be_made_changes_nothing(
    api: AdminApi, path: str, patch: Any, status: int
) -> None:
    put(api, "/v1/routes/app", ROUTE)

    assert ask(api.path, "PATCH", path, patch).status == status
    assert revision(api) == 1


def test_ids_may_have_any_visible_character(api: AdminApi) -> None:
    own = "a/b%2F?#{x}"
    path = f"/v1/routes/{quote(own, safe='')}"

    assert put(api, path, {"hosts": "x.test"}).json["id"] == own
    assert get(api, path).json["id"] == own


def test_a_key_never_comes_back(api: AdminApi, tmp_path: Path) -> None:
    made = self_signed(tmp_path, "a.test")
    key = Path(made.key).read_text()
    document = {"provider": "given", "chain": Path(made.chain).read_text(), "key": key}
    secret = "".join(key.splitlines()[1:-1])
    answers = [
        put(api, "/v1/certificates/a?dry_run=true", document),
        put(api, "/v1/certificates/a", document),
        get(api, "/v1/certificates/a"),
        get(api, "/v1/certificates"),
        ask(api.path, "POST", "/v1/changes?dry_run=true", {"purges": [{"kind": "certificate"}]}),
    ]

    for answer in answers:
        assert secret not in answer.content.decode().replace("\\n", "")
        assert b"key_fingerprint" in answer.content
    shown = answers[2].json
    assert set(shown["document"]) == {"provider", "chain", "key_fingerprint"}
    assert shown["certificate"]["names"] == ["a.test"]
    assert 29 < shown["certificate"]["days_left"] <= 30


def test_a_key_that_cannot_be_used_is_repeated_nowhere(
    api: AdminApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one, other = self_signed(tmp_path, "a.test"), self_signed(tmp_path, "b.test")
    chain, key = Path(one.chain).read_text(), Path(other.key).read_text()
    secret = key.splitlines()[1]
    given = {"provider": "given", "chain": chain, "key": key}
    body = json.dumps(given).encode()
    path = "/v1/certificates/a"
    answers = [
        put(api, path, given),
        put(api, path, {**given, "password": secret}),
        put(api, path, {**given, secret: 1}),
        ask(api.path, "PUT", path, body[:-1]),
        ask(api.path, "PUT", path, body[:-1] + b', "key": 1}'),
        ask(api.path, "POST", "/v1/changes", {"changes": [given]}),
        ask(api.path, "POST", "/certs", {"cert": chain, "key": key}),
        ask(api.path, "PUT", "/certs", [{"cert": chain, "key": key}]),
    ]

    assert [answer.status for answer in answers] == [422, 422, 422, 400, 400, 422, 400, 400]
    for place, answer in enumerate(answers):
        # A name that is not known has to be told.
        assert (secret.encode() in answer.content) == (place == 2), answer.content
    assert key.splitlines()[2] not in caplog.text


def test_what_came_of_each_change_is_told_in_one_line(
    api: AdminApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    put(api, "/v1/routes/app?owner=me", ROUTE)
    put(api, "/v1/routes/app", ROUTE)
    put(api, "/v1/routes/app?dry_run=true", {"hosts": "b.test"})
    put(api, "/v1/routes/app", {"hosts": 7, "targets": 7})
    body = {"purges": [{"kind": "route"}], "changes": [
        {"kind": "route", "id": f"r{number}", "document": {"hosts": f"r{number}.test"}}
        for number in range(9)
    ]}  # fmt: skip
    ask(api.path, "POST", "/v1/changes", body)
    api.edge.failing = StoreFull("/var/lib/edge.db", "the disk is full")
    ask(api.path, "DELETE", "/v1/routes/r1")

    made, refused, many, failed = caplog.messages
    user = f"user {os.getuid()}"
    assert made == f"{user}, PUT /v1/routes/app: create route app; revision 1"
    assert refused.startswith(f"{user}, PUT /v1/routes/app: refused: route app, ")
    assert refused.endswith(" more)")
    assert many == (
        f"{user}, POST /v1/changes: create route r0, create route r1, create route r2,"
        " create route r3, create route r4, create 4 more, remove 1 more; revision 2"
    )
    assert failed.endswith("DELETE /v1/routes/r1: not done: /var/lib/edge.db: the disk is full")


def test_a_certificate_that_is_made_here_has_a_leaf(api: AdminApi) -> None:
    answer = put(api, "/v1/certificates/a", {"provider": "local_ca", "names": ["a.test"]})

    assert answer.json["certificate"]["provider"] == "local_ca"
    assert answer.json["certificate"]["names"] == ["a.test"]


def test_many_changes_are_made_as_one(api: AdminApi) -> None:
    put(api, "/v1/routes/old?owner=me", {"hosts": "old.test"})
    put(api, "/v1/routes/kept?owner=me", {"hosts": "kept.test"})
    put(api, "/v1/routes/others?owner=you", {"hosts": "others.test"})
    body = {
        "changes": [
            {"kind": "route", "id": "new", "document": {"hosts": "new.test"}, "owner": "me"},
            {"kind": "page", "id": "502", "document": {"content": "later"}, "expected": 0},
            {"kind": "route", "id": "none", "remove": True},
        ],
        "purges": [{"kind": "route", "owner": "me", "ignore": ["kept"]}],
        "unchanged": {"route": 3},
    }
    answer = ask(api.path, "POST", "/v1/changes", body)

    assert answer.status == 200
    assert (answer.json["revision"], answer.json["changed"], answer.json["unchanged"]) == (4, 1, 1)
    told = [(one["operation"], one["id"]) for one in answer.json["operations"]]
    assert told == [("create", "new"), ("create", "502"), ("remove", "old")]
    assert ask(api.path, "POST", "/v1/changes", body).status == 412


def test_one_bad_change_of_many_leaves_all_as_it_was(api: AdminApi) -> None:
    body = {
        "changes": [
            {"kind": "route", "id": "good", "document": {"hosts": "new.test"}},
            {"kind": "route", "id": "bad", "document": {"hosts": "new.test", "targets": [1]}},
        ]
    }
    answer = ask(api.path, "POST", "/v1/changes", body)

    assert answer.status == 422
    assert answer.fields["content-type"].startswith("application/problem+json")
    (problem,) = answer.json["problems"]
    assert (problem["kind"], problem["id"]) == ("route", "bad")
    assert problem["field"].startswith("targets[0]")
    assert revision(api) == 0


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotInForce("worker 7 did not take it over"), 503),
        (StoreFailed("/var/lib/edge.db", "it is damaged"), 503),
        (StoreFull("/var/lib/edge.db", "the disk is full"), 507),
        (RuntimeError("nobody thought of this"), 500),
    ],
)
def test_what_cannot_be_kept_or_served_is_told(
    api: AdminApi, error: Exception, status: int
) -> None:
    api.edge.failing = error
    answer = put(api, "/v1/routes/app", ROUTE)

    assert answer.status == status
    assert answer.fields["content-type"].startswith("application/problem+json")
    assert (str(error) in answer.json["detail"]) == (status != 500)
    assert revision(api) == 0
