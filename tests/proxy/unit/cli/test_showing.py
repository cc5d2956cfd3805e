# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What people see: tables, amounts, and no character that steers a terminal."""

from __future__ import annotations

import ast
import io
import json
import sys
from pathlib import Path

import pytest
import sluice_proxy.cli
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.cli.showing import amounts
from sluice_proxy.cli.showing.table import several, table
from sluice_proxy.cli.showing.terminal import (
    prepare_streams,
    redraw,
    say,
    say_json,
    visible,
)
from sluice_proxy.cli.showing.yaml_text import yaml_lines

CLI = Path(str(sluice_proxy.cli.__file__)).parent
STEERS = "a\x1b]0;title\x07\x9b2J\r\n\t\x7f\u202e\u2066b\u2028\x00"
TEXTS = st.text(max_size=60)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def test_what_would_steer_a_terminal_is_written_as_what_it_is() -> None:
    assert visible(STEERS) == (
        "a\\x1b]0;title\\x07\\x9b2J\\r\\n\\t\\x7f\\u202e\\u2066b\\u2028\\x00"
    )
    assert visible("grün 漢字 €") == "grün 漢字 €"


def test_nothing_else_of_the_command_writes_to_the_terminal() -> None:
    writing = {
        str(path.relative_to(CLI))
        for path in CLI.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id == "print")
        or (isinstance(node, ast.Attribute) and node.attr in ("write", "writelines"))
    }

    assert writing == {"showing/terminal.py"}


@given(st.lists(TEXTS, min_size=1, max_size=4))
def test_lines_and_json_have_no_control_character(texts: list[str]) -> None:
    told = io.StringIO()
    before, sys.stdout = sys.stdout, told
    try:
        say(*texts)
        say(*table(texts, [texts]))
        say_json(texts)
        redraw(texts)
    finally:
        sys.stdout = before

    clean = told.getvalue().replace("\x1b[H\x1b[J", "").replace("\n", "")
    assert clean == "" or clean.isprintable()


@given(VALUES)
def test_yaml_can_be_seen_and_reads_back_as_the_same(value: object) -> None:
    lines = yaml_lines(value)

    assert all(line.isprintable() for line in lines)
    assert yaml.safe_load("\n".join(lines)) == value


def test_yaml_is_for_people_where_it_can_be() -> None:
    assert yaml_lines({"b": "grün", "a": "one\ntwo\n"}) == ["b: grün", "a: |", "  one", "  two"]


@given(VALUES)
def test_json_reads_back_as_the_same(value: object) -> None:
    told = io.StringIO()
    before, sys.stdout = sys.stdout, told
    try:
        say_json(value, compact=True)
    finally:
        sys.stdout = before

    assert json.loads(told.getvalue()) == value


def test_columns_line_up_and_numbers_are_at_the_right() -> None:
    assert table(["NAME", ">N"], [["a", "1"], ["long one", "22"], ["", "3"]]) == [
        "NAME       N",
        "a          1",
        "long one  22",
        "-          3",
    ]


def test_many_values_are_counted_in_a_cell() -> None:
    assert several(["a", "b", "c"]) == "a, b, c"
    assert several(["a", "b", "c", "d", "e"]) == "a, b, c, +2"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.9, "59 s"),
        (60, "1 min"),
        (3700, "1 h 1 min"),
        (90_061, "1 d 1 h"),
        (-5, "0 s"),
    ],
)
def test_a_long_time_has_two_units(seconds: float, text: str) -> None:
    assert amounts.duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, ""), (0.0005, "0.5 ms"), (0.004, "4 ms"), (0.25, "250 ms"), (1.5, "1.5 s")],
)
def test_a_latency_is_in_milliseconds_below_a_second(seconds: float | None, text: str) -> None:
    assert amounts.latency(seconds) == text


def test_a_moment_is_in_utc_whatever_it_is() -> None:
    assert amounts.moment(1_800_000_000) == "2027-01-15 08:00:00 UTC"
    assert amounts.moment(1e30) == "1e+30"


def test_few_days_have_a_digit_more() -> None:
    assert [amounts.days(left) for left in (397.4, 9.94, -0.5)] == ["397", "9.9", "-0.5"]


def test_what_is_over_never_has_days_left() -> None:
    assert [amounts.days(left) for left in (0.01, -0.01, 9.99, -11.2)] == [
        "0.0", "-0.1", "9.9", "-12",
    ]  # fmt: skip


def test_an_encoding_that_lacks_a_character_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    told = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(told, "ascii"))
    prepare_streams()
    say("grün")

    assert told.getvalue() == b"gr\\xfcn\n"


def test_a_screen_is_no_larger_than_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "5")
    monkeypatch.setenv("LINES", "3")
    redraw(["123456789", "2", "3", "4"])

    assert capsys.readouterr().out == "\x1b[H\x1b[J12345\n2\n"
