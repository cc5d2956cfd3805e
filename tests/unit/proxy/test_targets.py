# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Targets are the same however they are written, and are changed where they stand."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._proxy.targets import (
    drained,
    name_of_target,
    names_of_targets,
    targets_of,
)


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("http://10.0.0.1:8080", "http://10.0.0.1:8080"),
        ("HTTP://App.Example.com:80/", "http://app.example.com"),
        ("https://app.example.com:443/up?a=b", "https://app.example.com/up?a=b"),
        ("wss://app.example.com", "https://app.example.com"),
        ("ws://app.example.com:443", "http://app.example.com:443"),
        ("http://[2001:DB8:0::1]:8080", "http://[2001:db8::1]:8080"),
        ("http://[2001:db8::1]", "http://[2001:db8::1]"),
        ("unix:/run/app.sock", "http+unix:/run/app.sock"),
        ({"url": "unix:/run/app.sock", "path": "/api"}, "http+unix:/run/app.sock/api"),
        ("http+unix:/run/app.sock/api", "http+unix:/run/app.sock/api"),
        ({"url": "http://10.0.0.1", "weight": 3}, "http://10.0.0.1"),
        ("nonsense", "nonsense"),
        ("http://[::1", "http://[::1"),
        ("http://a:99999", "http://a:99999"),
    ],
    ids=str,
)
def test_a_target_has_one_name(target: object, name: str) -> None:
    assert name_of_target(target) == name


@pytest.mark.parametrize(
    "written",
    ["http://a", ["http://a"], {"url": "http://a"}, [{"url": "http://a"}]],
    ids=str,
)
def test_targets_are_read_in_every_form(written: object) -> None:
    assert targets_of({"targets": written}) == [{"url": "http://a"}]
    assert targets_of({"portal": {"targets": written}}) == [{"url": "http://a"}]


def test_a_route_without_targets_has_none() -> None:
    assert names_of_targets({"redirect": "https"}) == ()


def test_draining_changes_the_named_targets_and_leaves_the_document_alone() -> None:
    document = {"hosts": "a", "targets": ["http://a", {"url": "http://b", "weight": 2}]}
    assert drained(document, ["http://b"]) == {
        "hosts": "a",
        "targets": [{"url": "http://a"}, {"url": "http://b", "weight": 2, "state": "draining"}],
    }
    assert document["targets"] == ["http://a", {"url": "http://b", "weight": 2}]


def test_what_is_draining_already_is_the_same_document() -> None:
    document = {"portal": {"targets": [{"url": "http://a", "state": "draining"}]}}
    assert drained(document, ["http://a"]) is document
    assert drained(document, []) is document
