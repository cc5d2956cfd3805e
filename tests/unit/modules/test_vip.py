# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules hand over what they are given, and turn errors into one line."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Refused
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import VOCABULARY
from ansible_collections.sluice.edge.plugins.modules import vip, vip_info
from ansible_collections.sluice.edge.tests.unit.modules.running import run


def test_an_item_has_the_same_options_alone_and_in_a_list() -> None:
    options = yaml.safe_load(vip.DOCUMENTATION)["options"]
    assert set(options) == {*VOCABULARY.names, "take"}, "take belongs to the task"
    aliases = {
        alias: name for name, option in options.items() for alias in option.get("aliases", ())
    }
    assert aliases == VOCABULARY.aliases


def test_wrong_input_fails_in_one_line() -> None:
    assert run(vip, address="www", interface="eth0") == {
        "failed": True,
        "msg": "www: address: 'www' is not an IPv4 or IPv6 address",
    }


def test_a_refusal_tells_what_was_undone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_params: Any, _check: bool, _with_diff: bool) -> dict[str, Any]:
        raise Refused("no", undone=["delete it"])

    monkeypatch.setattr(vip, "converge_addresses", refuse)
    assert run(vip) == {"failed": True, "msg": "no", "undone": ["delete it"], "not_undone": []}


@pytest.mark.parametrize("check", [True, False])
def test_modes_and_parameters_are_handed_over(monkeypatch: pytest.MonkeyPatch, check: bool) -> None:
    def converge(params: Any, check: bool, with_diff: bool) -> dict[str, Any]:
        return {"changed": check, "params": params, "diff": with_diff}

    monkeypatch.setattr(vip, "converge_addresses", converge)
    result = run(vip, ip="192.0.2.1", alias="lo:1", _ansible_check_mode=check, _ansible_diff=True)
    assert result["changed"] == check
    assert result["diff"]
    assert result["params"]["address"] == "192.0.2.1"
    assert result["params"]["label"] == "lo:1"
    assert result["params"]["purge"] is None, "a default would hide whether it was given"


def test_listing_changes_nothing() -> None:
    result = run(vip_info, interface="lo", scope="host")
    assert result["changed"] is False
    assert [link["name"] for link in result["interfaces"]] == ["lo"]
    assert run(vip_info, interface="eth9")["msg"].startswith("interface eth9 does not exist")
