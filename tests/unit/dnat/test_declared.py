# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything a declaration can have wrong, and what the one line says then."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import Log
from ansible_collections.sluice.edge.tests.contract.bad_input.profiles import (
    WRONG_PROFILES,
    WRONG_TASKS,
    web,
)


@pytest.mark.parametrize(("item", "reason"), WRONG_PROFILES, ids=lambda value: str(value)[:60])
def test_a_wrong_profile_is_refused_by_name(item: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as single:
        read_declaration(item)
    assert reason in str(single.value)
    other = web(name="first", address="192.0.2.99")
    with pytest.raises(InvalidInput) as listed:
        read_declaration({"config": [other, item]})
    message = str(listed.value)
    assert message.startswith("config[1]")
    assert reason in message
    assert "\n" not in message


@pytest.mark.parametrize(("params", "reason"), WRONG_TASKS, ids=lambda value: str(value)[:60])
def test_a_wrong_task_is_refused(params: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_declaration(params)
    assert reason in str(caught.value)


def test_there_are_sixty_cases_and_more() -> None:
    assert len(WRONG_PROFILES) + len(WRONG_TASKS) > 60


@pytest.mark.parametrize(
    "other",
    [{"protocol": "udp"}, {"port": 81}, {"address": "192.0.2.11"}],
)
def test_what_does_not_see_the_same_packets_is_no_clash(other: dict[str, Any]) -> None:
    read_declaration({"config": [web(), web(name="other", **other)]})


def test_client_and_proxy_may_share_an_address_and_port() -> None:
    read_declaration({"config": [web(side="client"), web(name="other", side="proxy")]})


@pytest.mark.parametrize(
    ("more", "field", "value"),
    [
        ({"sources": "10.0.0.0/9, 10.128.0.0/9"}, "sources", ("10.0.0.0/8",)),
        ({"sources": ["0.0.0.0/0", "10.0.0.0/8"]}, "sources", ()),
        ({"sources": ["10.0.0.1"]}, "sources", ("10.0.0.1/32",)),
        ({"log": True}, "log", Log("sluice dnat: ", "info", 10, "second")),
        (
            {"log": True, "log_level": 4, "log_prefix": "p: ", "log_rate": "3/hour"},
            "log",
            Log("p: ", "warn", 3, "hour"),
        ),
        ({"rules_backend": "client"}, "side", "client"),
        ({"port": "80"}, "port", 80),
    ],
)
def test_spellings_have_one_meaning(more: dict[str, Any], field: str, value: object) -> None:
    (declared,) = read_declaration(web(**more)).profiles
    assert getattr(declared.profile, field) == value


def test_absent_needs_only_a_name() -> None:
    (declared,) = read_declaration({"profile": "www", "state": "absent"}).profiles
    assert (declared.title, declared.profile) == ("www", None)
