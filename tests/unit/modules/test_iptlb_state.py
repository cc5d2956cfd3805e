# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two ways to the state of IPTLB: a file on the managed host, and a filter."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.display import Display

from ansible_collections.sluice.edge.plugins.filter.iptlb_profiles import FilterModule
from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    InvalidInput,
    Unavailable,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._dnat.importing import with_imported

_STATE = """
shop:
  destination:
    - 198.51.100.11:8080
    - 198.51.100.12:8080
  logEnabled: true
  logLevel: "4"
  protocol: tcp
  rulesBackend: proxy
  source: 192.0.2.100:80
"""


def test_a_task_without_a_file_stays_as_it_is() -> None:
    params = {"name": "web", "iptlb_state": None}
    assert with_imported(params) == (params, [])


def test_a_task_with_a_file_declares_its_profiles(tmp_path: Path) -> None:
    state = tmp_path / "state.db"
    state.write_text(_STATE + "broken: {}\n", encoding="utf-8")
    params, complaints = with_imported(
        {"iptlb_state": str(state), "config": None, "manage_sysctl": False}
    )
    assert len(complaints) == 1
    assert params["manage_sysctl"] is False
    (declared,) = read_declaration(params).profiles
    assert declared.profile is not None
    assert declared.profile.line() == (
        "dnat profile shop proxy tcp 192.0.2.100:80 to 198.51.100.11:8080*1 198.51.100.12:8080*1 "
        'random masquerade hairpin on_empty reject log "sluice dnat: " warn 10/second'
    )


@pytest.mark.parametrize(
    "others",
    [{"config": [{"name": "web"}]}, {"name": "web"}, {"purge": True}, {"state": "absent"}],
)
def test_a_file_goes_with_no_other_declaration(others: dict[str, Any]) -> None:
    (name,) = others
    with pytest.raises(InvalidInput, match="iptlb_state and %s exclude each other" % name):
        with_imported(dict(others, iptlb_state="/nowhere"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: [", "it is not YAML: "),
        (b"\xff\xfe\xfa", "it is not UTF-8 text"),
        (b"a: !!python/object:os.system {}", "it is not YAML: "),
        (b"[" * 20000, "nested too deeply"),
        (b"", "is not a mapping of names to profiles"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    state = tmp_path / "state.db"
    state.write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        with_imported({"iptlb_state": str(state)})
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "missing")
    with pytest.raises(InvalidInput) as caught:
        with_imported({"iptlb_state": path})
    assert str(caught.value) == "iptlb_state %s: No such file or directory" % path


def test_a_host_without_a_yaml_parser_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(Unavailable, match="apt-get install python3-yaml"):
        with_imported({"iptlb_state": str(tmp_path)})


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    shown: list[str] = []
    monkeypatch.setattr(Display, "warning", lambda _display, text: shown.append(text))
    return shown


def test_the_filter_returns_a_list_for_config(warnings: list[str]) -> None:
    entries = FilterModule().filters()["iptlb_profiles"](yaml.safe_load(_STATE))
    (declared,) = read_declaration({"config": entries}).profiles
    assert declared.title == "shop"
    assert warnings == []


def test_the_filter_warns_of_each_profile_that_is_left_out(warnings: list[str]) -> None:
    state = yaml.safe_load(_STATE + "one: {}\ntwo: text\n")
    assert len(FilterModule().filters()["iptlb_profiles"](state)) == 1
    assert [text.split(" is left out")[0] for text in warnings] == [
        "IPTLB profile 'one'",
        "IPTLB profile 'two'",
    ]


def test_the_filter_refuses_what_is_no_state() -> None:
    with pytest.raises(AnsibleFilterError, match="iptlb_profiles: the IPTLB state is not"):
        FilterModule().filters()["iptlb_profiles"]("shop")
