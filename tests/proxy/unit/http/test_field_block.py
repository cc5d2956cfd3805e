# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Field lines in canonical form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.http.fields.block import (
    field_line,
    field_lines,
    field_values,
    split_fields,
    without_fields,
)
from sluice_proxy.http.fields.reader import read_field_lines
from sluice_proxy.http.limits import DEFAULT_LIMITS
from sluice_proxy.http.refusal import BadField

TOKEN = "!#$%&'*+-.^_`|~abzABZ019"
NAMES = st.text(TOKEN, min_size=1, max_size=12).map(str.encode)
VALUES = st.text(
    st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=20
).map(lambda text: text.strip(" ").encode("latin-1", "ignore"))
FIELDS = st.lists(st.tuples(NAMES, VALUES), max_size=8)


@given(FIELDS)
def test_fields_come_back_as_they_were_written(fields: list[tuple[bytes, bytes]]) -> None:
    assert list(split_fields(field_lines(fields))) == fields


@given(FIELDS)
def test_canonical_lines_are_read_as_themselves(fields: list[tuple[bytes, bytes]]) -> None:
    block = field_lines(fields)
    lines = [line.strip(b"\r\n") for line in block.split(b"\r\n")] if block else []

    assert read_field_lines(lines, DEFAULT_LIMITS) == block


@given(FIELDS, NAMES)
def test_removing_a_name_leaves_all_others(fields: list[tuple[bytes, bytes]], name: bytes) -> None:
    fields = [*fields, (name.swapcase(), b"x")]

    rest = list(split_fields(without_fields(field_lines(fields), [name])))

    assert rest == [field for field in fields if field[0].lower() != name.lower()]


def test_values_are_found_in_any_case_one_for_each_line() -> None:
    block = field_lines([(b"Accept", b"a"), (b"X-Accept", b"b"), (b"accept", b""), (b"Z", b"z")])

    assert field_values(block, b"ACCEPT") == [b"a", b""]
    assert field_values(block, b"cept") == []


@pytest.mark.parametrize("value", [b"a\rb", b"a\nb", b"a\0", b" a", b"a\t", b"\x7f"])
def test_a_value_that_could_be_read_as_anything_else_is_not_written(value: bytes) -> None:
    with pytest.raises(BadField):
        field_line(b"X", value)
