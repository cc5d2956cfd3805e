# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Authorities and the accounts there, over the admin API."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from running.admin_api import AdminApi
from running.admin_client import Answer, ask
from running.fake_edge import FakeEdge
from sluice_proxy.admin.edge import NotChanged, OutOfReach
from sluice_proxy.ordering.model import AccountStatus, AuthorityStatus

ONE = AuthorityStatus(
    "one",
    "https://one.test/directory",
    False,
    AccountStatus("https://one.test/account/7", ("mailto:ops@a.test",), "abcdef"),
    1.8e9,
    "one failed: it does not answer",
    3,
    250,
    10_800.0,
)
NEW = AuthorityStatus("new one", "https://new.test/d", True, None, None, "", 0, 10, 60.0)


@pytest.fixture
def edge() -> FakeEdge:
    edge = FakeEdge()
    edge.of_authorities = {one.name: one for one in (ONE, NEW)}
    return edge


@pytest.fixture
def api(tmp_path: Path, edge: FakeEdge) -> Iterator[AdminApi]:
    with AdminApi(tmp_path / "admin.sock", edge) as api:
        yield api


def listed(api: AdminApi) -> Answer:
    return ask(api.path, "GET", "/v1/authorities")


def post(api: AdminApi, path: str) -> Answer:
    return ask(api.path, "POST", f"/v1/authorities/{path}")


def schema(api: AdminApi, name: str) -> dict[str, Any]:
    document = ask(api.path, "GET", "/openapi.json").json
    return {"$ref": f"#/components/schemas/{name}", **document}


def test_they_are_listed_in_their_order_with_all_that_says_why_nothing_is_ordered(
    api: AdminApi,
) -> None:
    answer = listed(api)

    assert answer.status == 200
    account = {**asdict(ONE)["account"], "contact": ["mailto:ops@a.test"]}
    assert answer.json == {"items": [{**asdict(ONE), "account": account}, asdict(NEW)]}
    jsonschema.validate(answer.json, schema(api, "AuthorityList"))


def test_a_key_is_rolled_over_and_the_log_says_by_whom(
    api: AdminApi, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        answer = post(api, "one/roll-over")

    assert (answer.status, answer.json["account"]["thumbprint"]) == (200, "fedcba")
    assert answer.json == listed(api).json["items"][0]
    jsonschema.validate(answer.json, schema(api, "AuthorityStatus"))
    assert "authority one: roll over the account's key: fedcba now" in caplog.text


def test_an_account_is_given_up(api: AdminApi, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        answer = post(api, "one/deactivate")

    assert (answer.status, answer.json["account"]) == (200, None)
    assert listed(api).json["items"][0]["account"] is None
    assert "authority one: deactivate the account" in caplog.text
    assert post(api, "one/deactivate").status == 409


@pytest.mark.parametrize("action", ["roll-over", "deactivate"])
def test_what_cannot_be_changed_is_told_apart(api: AdminApi, edge: FakeEdge, action: str) -> None:
    assert post(api, f"nobody/{action}").status == 404
    answer = post(api, f"new%20one/{action}")
    assert (answer.status, answer.json["type"]) == (409, "urn:sluice:not-ordered")
    edge.of_authorities = {}
    assert post(api, f"one/{action}").status == 409
    assert listed(api).json == {"items": []}


@pytest.mark.parametrize("action", ["roll-over", "deactivate"])
def test_what_the_authority_says_is_told(
    api: AdminApi, edge: FakeEdge, action: str, caplog: pytest.LogCaptureFixture
) -> None:
    edge.failing = NotChanged("one: the account is not changed: unauthorized: no")
    with caplog.at_level(logging.INFO):
        answer = post(api, f"one/{action}")

    assert (answer.status, answer.json["type"]) == (502, "urn:sluice:account-not-changed")
    assert answer.json["detail"] == str(edge.failing)
    assert f"not done: {edge.failing}" in caplog.text
    assert edge.of_authorities == {one.name: replace(one) for one in (ONE, NEW)}


def test_what_is_shared_and_out_of_reach_is_told(api: AdminApi, edge: FakeEdge) -> None:
    edge.failing = OutOfReach("redis.test:6379: it does not answer")

    for answer in (listed(api), post(api, "one/roll-over"), post(api, "one/deactivate")):
        assert (answer.status, answer.json["type"]) == (503, "urn:sluice:out-of-reach")
        assert answer.json["detail"] == str(edge.failing)
