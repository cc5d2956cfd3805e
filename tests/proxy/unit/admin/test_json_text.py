# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON from outside: what everybody reads alike is read, everything else refused in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.admin import json_text
from sluice_proxy.admin.json_text import MOST_DEPTH, BadJson, read_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(VALUES, st.booleans())
def test_what_was_written_is_read(value: Any, ascii_only: bool) -> None:
    assert read_json(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0d8e1. \n', max_size=60).map(str.encode))
def test_any_bytes_are_read_or_refused_in_one_line(content: bytes) -> None:
    said = ""
    try:
        read_json(content)
    except BadJson as error:
        said = str(error)

    assert "\n" not in said


def test_as_deep_as_possible_is_read_and_deeper_is_not() -> None:
    assert read_json(b"[" * MOST_DEPTH + b"]" * MOST_DEPTH)
    with pytest.raises(BadJson, match="deeper"):
        read_json(b'{"a":' * (MOST_DEPTH + 1) + b"1" + b"}" * (MOST_DEPTH + 1))


def test_too_many_values_are_refused_before_they_take_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(json_text, "MOST_VALUES", 10)

    assert read_json(b"[1,2,3,4,5,6,7,8,9]")
    with pytest.raises(BadJson, match="more than 10 values"):
        read_json(b"[[],[],[],[],[],[]]")


@pytest.mark.parametrize("escape", [r"\ud800", r"\udc00\ud800", r"\uDBFFx"])
def test_halves_of_pairs_are_refused_wherever_they_are(escape: str) -> None:
    for text in ('["%s"]', '{"%s": 1}', '{"a": {"b": ["%s"]}}'):
        with pytest.raises(BadJson, match="surrogate"):
            read_json((text % escape).encode())
    assert read_json(rb'"\ud83d\ude00"') == "\U0001f600"


def test_a_name_that_is_there_twice_is_told() -> None:
    with pytest.raises(BadJson, match="'b' is there twice"):
        read_json(b'{"a": {"b": 1, "c": 2, "b": 1}}')
