# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML in, plain data out: what is taken, what is refused, and where it says it is."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.config.document import MAX_BYTES, MAX_DEPTH, read_document
from sluice_proxy.config.problems import InvalidConfig


def refused(text: str | bytes) -> str:
    with pytest.raises(InvalidConfig) as caught:
        read_document(text if isinstance(text, bytes) else text.encode(), "edge.yml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1),
        ("-5", -5),
        ("0", 0),
        ("-0", "-0"),
        ("+5", "+5"),
        ("1.10", "1.10"),
        ("-1.25", -1.25),
        ("0.30000000000000004", 0.30000000000000004),
        ("0.1000000000000000055", "0.1000000000000000055"),
        ("1.5", 1.5),
        ("true", True),
        ("off", False),
        ("a: null", {"a": None}),
        ("a: ~", {"a": None}),
        ("22:30", "22:30"),
        ("0660", "0660"),
        ("1_000", "1_000"),
        ("1e3", "1e3"),
        ("2026-01-01", "2026-01-01"),
        ("0x10", "0x10"),
        ("10MiB", "10MiB"),
        ("'1'", "1"),
        ('"off"', "off"),
        ("!!str 1", "1"),
        ("", {}),
        ("# nothing", {}),
        ("[a, [b], {c: d}]", ["a", ["b"], {"c": "d"}]),
        ("404: x", {"404": "x"}),
        ("on: x", {"on": "x"}),
        ("a:\n", {"a": None}),
    ],
)
def test_scalars_are_what_people_expect(text: str, value: object) -> None:
    data = read_document(text.encode(), "edge.yml").data
    assert data == value
    assert type(data) is type(value)


def test_anchors_and_merge_keys_work() -> None:
    text = """
    base: &base {a: 1, b: 1}
    more: &more {a: 2, c: 2}
    one: {<<: *base, b: 3}
    two: {<<: [*base, *more], d: 4}
    again: *base
    """
    data = read_document(text.encode(), "edge.yml").data
    assert data["one"] == {"a": 1, "b": 3}
    assert data["two"] == {"a": 1, "b": 1, "c": 2, "d": 4}
    assert data["again"] == {"a": 1, "b": 1}


def test_aliases_that_multiply_are_refused_before_they_are_used() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    assert "more than 2000000 values, aliases included" in refused("\n".join(lines))


def test_aliases_of_a_long_text_count_as_much_as_the_text() -> None:
    aliases = ", ".join(["*t"] * 100)
    assert "more than 2000000 values" in refused(f"t: &t {'x' * 1_000_000}\na: [{aliases}]")


def test_a_value_in_a_long_line_of_merged_mappings_is_found() -> None:
    merged = "".join(f"x{n}: &x{n} {{<<: *x{n - 1}}}\n" for n in range(1, 1500))
    found = read_document(f"x0: &x0 {{p: 1}}\n{merged}y: *x1499\n".encode(), "edge.yml")
    assert found.problem(("y", "p"), "m").text("f") == "f:1:13: y.p: m"
    assert found.problem(("y", "q"), "m").line == 1500


@pytest.mark.parametrize("opening", ["[", "- ", "{a: ", "a:\n"])
def test_deep_nesting_is_refused_whatever_its_depth(opening: str) -> None:
    if opening == "a:\n":
        text = "".join(" " * depth + opening for depth in range(2000))
    else:
        text = opening * 100_000
    assert f"nested deeper than {MAX_DEPTH}" in refused(text)


def test_a_file_of_too_many_bytes_is_refused() -> None:
    assert "bytes: 33554432 are possible" in refused(b"#" * (MAX_BYTES + 1))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3", "edge.yml:3:1: a: this key is here twice: leave one out"),
        ("a:\n  - x: 1\n    x: 2", "edge.yml:3:5: a[0].x: this key is here twice: leave one out"),
        ("a: *b", "edge.yml:1:4: a: no value before this one has the anchor &b"),
        ("a: &a [*a]", "edge.yml:1:8: a[0]: no value before this one has the anchor &a"),
        ("? [a]\n: b", "edge.yml:1:3: a list or mapping cannot be a key: write a text"),
        ("a: &a b\n*a : c", "edge.yml:2:1: an alias cannot be a key: write a text"),
        ("a: !!binary aGk=", "edge.yml:1:4: a: tag tag:yaml.org,2002:binary is not known"),
        ("a: !x y", "edge.yml:1:4: a: tag !x is not known: leave it out"),
        ("<<: 1", "edge.yml:1:5: << takes a mapping, or a list of them"),
        ("a: 1\n---\nb: 2", "edge.yml:2:1: a second document begins here: leave it out"),
        ("a: [1, 2\nb: 3", "edge.yml:2:"),
        ("a: b: c", "edge.yml:1:5: this is not YAML: mapping values are not allowed"),
        ("\t- a", "edge.yml:1:1: this is not YAML: "),
        (b"a: \xff\xfe", "edge.yml"),
        (b"a: \0", "edge.yml"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str | bytes, said: str) -> None:
    assert refused(text).startswith(said)
    assert "\n" not in refused(text)


def test_the_place_of_a_value_of_a_key_and_of_what_is_missing_is_told() -> None:
    found = read_document(b"a:\n  - b: 1\n    c: [x, y]\n", "edge.yml")
    assert found.problem(("a", 0, "c", 1), "m").text("f") == "f:3:12: a[0].c[1]: m"
    assert found.problem(("a", 0, "c"), "m", key=True).text("f") == "f:3:5: a[0].c: m"
    assert found.problem(("a", 0, "d"), "m").text("f") == "f:2:5: a[0].d: m"
    assert found.problem(("a", 7), "m").text("f") == "f:2:3: a[7]: m"


def test_the_place_of_a_merged_value_is_where_it_is_written() -> None:
    found = read_document(b"x: &x {p: 1}\ny:\n  <<: *x\n", "edge.yml")
    assert found.problem(("y", "p"), "m").line == 1


def test_of_several_merged_values_the_place_is_that_of_the_one_that_counts() -> None:
    text = "a: &a {p: 1}\nb: &b\n  p: 2\n  q: 2\ny: {<<: [*a, *b], r: 3}\n"
    found = read_document(text.encode(), "edge.yml")
    assert found.data["y"] == {"p": 1, "q": 2, "r": 3}
    assert [found.problem(("y", key), "m").line for key in "pqr"] == [1, 4, 5]


@given(st.recursive(
    st.none() | st.booleans() | st.integers(-10**9, 10**9) | st.text("abc:#'\"é \n", max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", max_size=3), inner),
    max_leaves=20,
))  # fmt: skip
def test_what_yaml_writes_is_read_back(data: object) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    expected = {} if data is None else data
    assert read_document(text.encode(), "edge.yml").data == expected
