# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts of inventory groups become servers and destinations."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.sluice.edge.plugins.filter.with_members import FilterModule

GROUPS = {"web": ["web1", "web2"], "database": ["db1"], "empty": []}
HOSTVARS = {
    "web1": {"ansible_host": "198.51.100.11", "inside": "203.0.113.11", "edge_weight": 2},
    "web2": {"ansible_host": "198.51.100.12", "inside": "203.0.113.12"},
    "db1": {},
}
SERVICE = {"address": "192.0.2.100", "port": 80}


def completed(*entries: Any) -> Any:
    return FilterModule().filters()["with_members"](list(entries), GROUPS, HOSTVARS)


def servers(**source: Any) -> Any:
    (entry,) = completed({**SERVICE, "servers_from": source})
    return entry["servers"]


def test_an_entry_that_names_no_group_stays_as_it_is() -> None:
    entry = {**SERVICE, "servers": [{"address": "198.51.100.1"}]}
    assert completed(entry, "not an entry") == [entry, "not an entry"]


def test_every_host_of_the_group_becomes_a_server_in_the_order_of_the_inventory() -> None:
    assert servers(group="web") == [{"address": "198.51.100.11"}, {"address": "198.51.100.12"}]


def test_a_host_without_an_address_is_taken_by_its_name() -> None:
    assert servers(group="database") == [{"address": "db1"}]


def test_the_address_is_in_the_variable_that_is_named() -> None:
    found = servers(group="web", address_variable="inside")
    assert [server["address"] for server in found] == ["203.0.113.11", "203.0.113.12"]


def test_a_host_has_a_weight_of_its_own_or_that_beside_the_group() -> None:
    found = servers(group="web", weight_variable="edge_weight", weight=5)
    assert [server["weight"] for server in found] == [2, 5]
    assert "weight" not in servers(group="web", weight_variable="edge_weight")[1]


def test_a_host_that_is_drained_keeps_its_weight_of_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(HOSTVARS["web2"], "edge_weight", 0)
    found = servers(group="web", weight_variable="edge_weight", weight=5)
    assert [server["weight"] for server in found] == [2, 0]


def test_what_else_is_given_is_the_same_for_every_host() -> None:
    found = servers(group="web", port=8080, forward_method="masquerade")
    assert [set(server.items()) - {("address", server["address"])} for server in found] == [
        {("port", 8080), ("forward_method", "masquerade")}
    ] * 2


def test_an_empty_group_gives_an_empty_list_which_is_a_complete_one() -> None:
    assert servers(group="empty") == []


def test_groups_add_to_the_servers_that_are_listed() -> None:
    entry = {
        **SERVICE,
        "servers": [{"address": "198.51.100.1"}],
        "servers_from": [{"group": "web"}, {"group": "database", "port": 81}],
    }
    (found,) = completed(entry)
    assert [server["address"] for server in found["servers"]] == [
        "198.51.100.1",
        "198.51.100.11",
        "198.51.100.12",
        "db1",
    ]
    assert "servers_from" not in found
    assert entry["servers"] == [{"address": "198.51.100.1"}], "the variable itself is not changed"


def test_destinations_of_profiles_come_from_groups_too() -> None:
    (found,) = completed({"name": "www", "destinations_from": {"group": "web", "port": 8080}})
    assert found == {
        "name": "www",
        "destinations": [
            {"address": "198.51.100.11", "port": 8080},
            {"address": "198.51.100.12", "port": 8080},
        ],
    }


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ({"group": "wbe"}, "[1].servers_from: the inventory has no group wbe"),
        ({"grp": "web"}, "[1].servers_from: expected a dictionary with group"),
        ("web", "[1].servers_from: expected a dictionary with group"),
        (
            {"group": "web", "address_variable": "outside"},
            "[1].servers_from (group web): host web1 has no variable outside",
        ),
    ],
)
def test_what_cannot_be_resolved_is_named(source: Any, complaint: str) -> None:
    with pytest.raises(AnsibleFilterError) as refused:
        completed(SERVICE, {**SERVICE, "servers_from": source})
    assert complaint in str(refused.value)


def test_something_else_than_a_list_is_refused() -> None:
    with pytest.raises(AnsibleFilterError, match="expected a list"):
        FilterModule().filters()["with_members"](SERVICE, GROUPS, HOSTVARS)
