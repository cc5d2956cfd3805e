# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are ordered, over the admin API: how orders stand, renewal and revocation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running.admin_api import AdminApi
from running.admin_client import Answer, ask
from running.fake_edge import FakeEdge
from sluice_proxy.acme.messages.model import RevocationReason
from sluice_proxy.admin.edge import NotRevoked
from sluice_proxy.admin.schemas import REASONS
from sluice_proxy.admin.status import OrderStatus

DOCUMENT = {"provider": "acme", "names": ["a.test"]}
HELD = OrderStatus("held", "one", renew_at=1.8e9)


@pytest.fixture
def edge() -> FakeEdge:
    return FakeEdge()


@pytest.fixture
def api(tmp_path: Path, edge: FakeEdge) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock", edge) as api:
        assert ask(api.path, "PUT", "/v1/certificates/c", DOCUMENT).status == 201
        edge.orders["c"] = HELD
        yield api


def post(api: AdminApi, path: str, content: Any = None) -> Answer:
    return ask(api.path, "POST", f"/v1/certificates/{path}", content)


def test_how_an_order_stands_is_beside_the_document(api: AdminApi, edge: FakeEdge) -> None:
    edge.orders["c"] = OrderStatus("failed", "one", "one: no", 2, 1.9e9, None)

    shown = ask(api.path, "GET", "/v1/certificates/c").json
    assert shown["document"] == DOCUMENT
    assert shown["order"] == {
        "state": "failed",
        "authority": "one",
        "said": "one: no",
        "failures": 2,
        "next_try": 1.9e9,
        "renew_at": None,
    }
    (listed,) = ask(api.path, "GET", "/v1/certificates").json["items"]
    assert listed == shown


def test_it_is_null_for_a_certificate_that_is_not_ordered(api: AdminApi) -> None:
    document = {"provider": "self_signed", "names": ["b.test"]}
    answer = ask(api.path, "PUT", "/v1/certificates/s", document)

    assert (answer.status, answer.json["order"]) == (201, None)


def test_an_order_that_stands_otherwise_is_told_to_who_has_the_former_state(
    api: AdminApi, edge: FakeEdge
) -> None:
    paths = ("/v1/certificates/c", "/v1/certificates")
    tags = {path: ask(api.path, "GET", path).fields["etag"] for path in paths}

    def statuses() -> list[int]:
        return [
            ask(api.path, "GET", path, None, [("If-None-Match", tag)]).status
            for path, tag in tags.items()
        ]

    assert statuses() == [304, 304]
    edge.orders["c"] = OrderStatus("ordering", "one")
    assert statuses() == [200, 200]
    version = ask(api.path, "GET", "/v1/certificates/c").json["version"]
    changed = ask(api.path, "PUT", "/v1/certificates/c", DOCUMENT, [("If-Match", f'"{version}"')])
    assert changed.status == 200, "the version alone remains good"


def test_a_certificate_is_ordered_anew(api: AdminApi, edge: FakeEdge) -> None:
    answer = post(api, "c/renew")

    assert answer.status == 202
    assert answer.json == ask(api.path, "GET", "/v1/certificates/c").json
    assert edge.renewed == ["c"]


def test_so_is_one_of_a_route_by_the_id_of_the_status(api: AdminApi, edge: FakeEdge) -> None:
    edge.orders["auto *.a.test"] = HELD
    answer = post(api, "auto%20%2A.a.test/renew")

    assert (answer.status, edge.renewed) == (202, ["auto *.a.test"])
    assert (answer.json["id"], answer.json["order"]["state"]) == ("auto *.a.test", "held")


@pytest.mark.parametrize("reason", [None, *REASONS])
def test_a_certificate_is_revoked_for_a_reason(
    api: AdminApi, edge: FakeEdge, reason: str | None
) -> None:
    answer = post(api, "c/revoke", None if reason is None else {"reason": reason})

    assert answer.status == 200
    assert answer.json["order"]["state"] == "held", "it is not withdrawn"
    assert edge.revoked == [("c", reason or "unspecified")]


def test_the_reasons_are_those_of_the_protocol() -> None:
    assert set(REASONS) == {one.name.lower() for one in RevocationReason}


@pytest.mark.parametrize("content", [{"reason": "boredom"}, {"reason": None}, {"why": "x"}, []])
def test_another_reason_is_refused(api: AdminApi, edge: FakeEdge, content: Any) -> None:
    answer = post(api, "c/revoke", content)

    assert (answer.status, edge.revoked) == (422, [])
    assert answer.json["problems"][0]["field"] == "reason"


@pytest.mark.parametrize("action", ["renew", "revoke"])
def test_what_is_not_there_or_not_ordered_is_told_apart(api: AdminApi, action: str) -> None:
    document = {"provider": "self_signed", "names": ["b.test"]}
    ask(api.path, "PUT", "/v1/certificates/s", document)

    assert post(api, f"nobody/{action}").status == 404
    answer = post(api, f"s/{action}")
    assert (answer.status, answer.json["type"]) == (409, "urn:sluice:not-ordered")


def test_what_the_authority_says_is_told(api: AdminApi, edge: FakeEdge) -> None:
    edge.failing = NotRevoked("one: unauthorized (the account is another)")
    answer = post(api, "c/revoke")

    assert (answer.status, answer.json["type"]) == (502, "urn:sluice:not-revoked")
    assert answer.json["detail"] == "one: unauthorized (the account is another)"
