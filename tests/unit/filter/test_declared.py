# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a module would refuse is found on the controller."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.sluice.edge.plugins.filter.declared import FilterModule

SERVICE = {"address": "192.0.2.100", "port": 80, "servers": [{"address": "198.51.100.11"}]}
PROFILE = {
    "name": "www",
    "address": "192.0.2.101",
    "port": 80,
    "destinations": [{"address": "198.51.100.11"}],
}
ADDRESS = {"address": "192.0.2.100", "interface": "eth0"}
RIGHT = {"ipvs_service": SERVICE, "dnat_profile": PROFILE, "vip": ADDRESS}


def declared(config: Any, module: str) -> Any:
    return FilterModule().filters()["declared"](config, module)


@pytest.mark.parametrize("module", RIGHT)
def test_what_the_module_takes_comes_back_as_it_was(module: str) -> None:
    assert declared([RIGHT[module]], module) == [RIGHT[module]]
    assert declared([], module) == []


def test_a_service_by_interface_needs_no_host() -> None:
    config = [{"interface": "eth0", "port": 80}]
    assert declared(config, "ipvs_service") == config


@pytest.mark.parametrize("module", RIGHT)
def test_a_typing_error_is_named_with_its_entry(module: str) -> None:
    wrong = {**RIGHT[module], "adress": "192.0.2.1"}
    with pytest.raises(AnsibleFilterError) as refused:
        declared([RIGHT[module], wrong], module)
    assert f"{module}: config[1]" in str(refused.value)
    assert "unknown option 'adress'; did you mean address" in str(refused.value)


@pytest.mark.parametrize("module", RIGHT)
def test_a_contradiction_is_found(module: str) -> None:
    with pytest.raises(AnsibleFilterError, match=f"{module}: config"):
        declared([RIGHT[module], RIGHT[module]], module)


def test_another_module_is_refused_with_those_there_are() -> None:
    with pytest.raises(AnsibleFilterError, match="'ping' is none of dnat_profile, ipvs_service"):
        declared([], "ping")
