# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One item's options or a list of items; a purge and its limits."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._declare.item import Vocabulary
from ansible_collections.sluice.edge.plugins.module_utils._declare.task import (
    read_items,
    read_purge,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address

VOCABULARY = Vocabulary(("size", "colour"), {"hue": "colour"})


def test_without_config_the_modules_own_options_are_the_one_item() -> None:
    (item,) = read_items({"hue": "red", "size": None, "netns": "blue", "purge": False}, VOCABULARY)
    assert item.get("colour") == "red"
    assert not item.given("size")


def test_each_entry_of_config_is_an_item_that_errors_name_by_its_place() -> None:
    items = read_items({"config": [{"size": 1}, {"size": 2}], "size": None}, VOCABULARY)
    assert [item.get("size") for item in items] == [1, 2]
    assert [str(item.error("no")) for item in items] == ["config[0]: no", "config[1]: no"]


def test_an_empty_config_declares_nothing() -> None:
    assert read_items({"config": []}, VOCABULARY) == []


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"config": [], "size": 1}, "size and config exclude each other: move it into the entries"),
        ({"config": [], "hue": 1}, "hue and config exclude each other: move it into the entries"),
        ({"config": [{}, 5]}, "config[1] must be a dictionary, not 5"),
        ({"config": [{"siz": 1}]}, "config[0]: unknown option 'siz'; did you mean size?"),
    ],
)
def test_a_wrong_shape_is_refused(params: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_items(params, VOCABULARY)
    assert str(caught.value) == message


def test_without_purge_there_is_no_scope() -> None:
    assert read_purge({"config": []}) is None
    assert read_purge({"config": [], "purge": False}) is None


def test_a_purge_without_limits_has_everything_in_its_scope() -> None:
    scope = read_purge({"config": [], "purge": True})
    assert scope is not None
    assert parse_address("192.0.2.1") in scope


def test_the_limits_of_a_purge_are_its_scope() -> None:
    limits = {"purge_scope": ["192.0.2.0/24", " 2001:db8::1 "], "purge_ignore": ["192.0.2.9"]}
    scope = read_purge(dict({"config": [], "purge": True}, **limits))
    assert scope is not None
    inside = [
        text
        for text in ("192.0.2.1", "192.0.2.9", "203.0.113.1", "2001:db8::1", "2001:db8::2")
        if parse_address(text) in scope
    ]
    assert inside == ["192.0.2.1", "2001:db8::1"]


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"purge": True}, "purge needs config: the list of everything that shall stay"),
        ({"config": [], "purge_scope": ["::/0"]}, "purge_scope and purge_ignore need purge: true"),
        ({"config": [], "purge_ignore": ["::/0"]}, "purge_scope and purge_ignore need purge: true"),
        (
            {"config": [], "purge": True, "purge_scope": ["eth0"]},
            "purge_scope: 'eth0' is not an IPv4 or IPv6 address",
        ),
    ],
)
def test_a_purge_that_would_surprise_is_refused(params: Any, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_purge(params)
    assert str(caught.value) == message
