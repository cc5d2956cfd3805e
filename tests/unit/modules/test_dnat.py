# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of profiles hand over what they are given, and turn errors into one line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import (
    DESTINATION_VOCABULARY,
    VOCABULARY,
)
from ansible_collections.sluice.edge.plugins.modules import dnat_profile, dnat_profile_info
from ansible_collections.sluice.edge.tests.unit.modules.running import run

OF_THE_TASK = {
    "backend",
    "config",
    "iptlb_state",
    "netns",
    "persist",
    "purge",
    "purge_ignore",
    "runtime",
}


def aliases_of(options: dict[str, Any]) -> dict[str, str]:
    return {alias: name for name, option in options.items() for alias in option.get("aliases", ())}


def test_an_item_has_the_same_options_alone_and_in_a_list() -> None:
    options = yaml.safe_load(dnat_profile.DOCUMENTATION)["options"]
    assert set(options) - OF_THE_TASK == set(VOCABULARY.names)
    assert aliases_of(options) == VOCABULARY.aliases
    destinations = options["destinations"]["suboptions"]
    assert set(destinations) == set(DESTINATION_VOCABULARY.names)
    assert aliases_of(destinations) == DESTINATION_VOCABULARY.aliases


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (
            {"name": "www", "address": "here", "port": 80},
            "dnat profile www: address: 'here' is not an IPv4 or IPv6 address",
        ),
        (
            {"config": [{"name": "www"}]},
            "config[0] (dnat profile www): address is required",
        ),
        ({"name": "www", "port": "http"}, "'http'"),
        ({"name": "www", "side": "inside"}, "value of side must be one of: client, proxy, server"),
        ({"name": "www", "protocol": "icmp"}, "value of protocol must be one of"),
        ({"name": "www", "destinations": [{"port": 80}]}, "missing required arguments: address"),
        ({"name": "www", "destinations": ["10.0.0.1"]}, "dictionary requested"),
        ({"name": "www", "prt": 80}, "Unsupported parameters"),
        ({"backend": "ipfw"}, "value of backend must be one of"),
        ({"config": [], "purge": "perhaps"}, "perhaps"),
    ],
    ids=lambda value: str(value)[:50],
)
def test_wrong_input_fails_in_one_line(params: dict[str, Any], message: str) -> None:
    result = run(dnat_profile, **params)
    assert result["failed"]
    assert message in result["msg"]
    assert "\n" not in result["msg"]


def test_a_refusal_tells_what_was_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_params: Any, _check: bool, _with_diff: bool) -> dict[str, Any]:
        raise Refused("no", undone=["delete it"])

    monkeypatch.setattr(dnat_profile, "converge_profiles", refuse)
    assert run(dnat_profile) == {
        "failed": True,
        "msg": "no",
        "undone": ["delete it"],
        "not_undone": [],
    }


@pytest.mark.parametrize("check", [True, False])
def test_modes_and_parameters_are_handed_over(monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    def converge(params: Any, check: bool, with_diff: bool) -> dict[str, Any]:
        return {"changed": check, "params": params, "diff": with_diff}

    monkeypatch.setattr(dnat_profile, "converge_profiles", converge)
    result = run(
        dnat_profile,
        profile="www",
        rules_backend="client",
        destinations=[{"host": "192.0.2.1"}],
        _ansible_check_mode=check,
        _ansible_diff=True,
    )
    assert result["changed"] == check
    assert result["diff"]
    assert result["params"]["name"] == "www"
    assert result["params"]["side"] == "client"
    assert result["params"]["destinations"][0]["address"] == "192.0.2.1"
    for name in ("purge", "protocol", "weight", "manage_sysctl"):
        assert result["params"].get(name) is None, "a default would hide whether it was given"


def test_listing_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def listing(params: Any) -> dict[str, Any]:
        if params["name"] == "nobody":
            raise InvalidInput("dnat profile nobody does not exist on this host")
        return {"profiles": [], "params": params}

    monkeypatch.setattr(dnat_profile_info, "list_profiles", listing)
    result = run(dnat_profile_info, profile="www", netns="edge")
    assert result["changed"] is False
    assert result["profiles"] == []
    assert result["params"]["name"] == "www"
    assert result["params"]["netns"] == "edge"
    assert run(dnat_profile_info, name="nobody") == {
        "failed": True,
        "msg": "dnat profile nobody does not exist on this host",
    }
