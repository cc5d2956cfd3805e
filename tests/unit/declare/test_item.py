# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options as YAML, JSON and templates give them, read one by one."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._declare.item import Item, Vocabulary
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address

VOCABULARY = Vocabulary(("size", "colour"), {"hue": "colour", "tint": "colour"})


def item(label: str = "", **options: Any) -> Item:
    return Item(options, label, VOCABULARY)


def complaint(read: Callable[[], object]) -> str:
    with pytest.raises(InvalidInput) as caught:
        read()
    return str(caught.value)


Reader = Callable[[Item], Any]
READERS = {
    "text": lambda one: one.text("size"),
    "integer": lambda one: one.integer("size", 0, 9),
    "number": lambda one: one.number("size", 0, 9, 1.0),
    "flag": lambda one: one.flag("size"),
    "choice": lambda one: one.choice("size", ("big", "small")),
    "address": lambda one: one.address("size"),
    "words": lambda one: one.words("size"),
    "entries": lambda one: one.entries("size"),
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=5,
)


@pytest.mark.parametrize("name", READERS)
@given(ANYTHING)
def test_whatever_an_option_holds_it_is_read_or_refused_in_one_line(name: str, value: Any) -> None:
    one = item("config[3]", size=value)
    try:
        READERS[name](one)
    except InvalidInput as error:
        message = str(error)
        assert message.startswith("config[3]: size")
        assert len(message.splitlines()) == 1


@given(st.dictionaries(ANYTHING.filter(lambda key: isinstance(key, (str, int, float))), ANYTHING))
def test_any_options_are_taken_or_refused_in_one_line(options: dict) -> None:
    try:
        Item(options, "config[3]", VOCABULARY)
    except InvalidInput as error:
        assert len(str(error).splitlines()) == 1  # noqa: PT017


@pytest.mark.parametrize("name", READERS)
def test_an_option_that_is_none_was_not_given(name: str) -> None:
    one = item(size=None)
    assert not one.given("size")
    assert READERS[name](one) == {"number": 1.0}.get(name)


@pytest.mark.parametrize(
    ("value", "number"), [(7, 7), ("7", 7), (" 7 ", 7), ("-7", -7), ("007", 7), (-7, -7)]
)
def test_a_number_may_be_spelled_as_text(value: Any, number: int) -> None:
    assert item(size=value).integer("size", -9, 9) == number


@pytest.mark.parametrize(
    "value", ["7.0", 7.0, "", "--7", "seven", "0x7", "7 7", "\u0667", True, [7]]
)
def test_what_is_no_whole_number_is_refused(value: Any) -> None:
    message = complaint(lambda: item(size=value).integer("size", 0, 9))
    assert message == "size must be a whole number, not %r" % (value,)


def test_thousands_of_digits_are_refused_and_not_converted() -> None:
    assert "whole number" in complaint(lambda: item(size="9" * 5000).integer("size", 0, 9))
    assert "number" in complaint(lambda: item(size=10**400).number("size", 0, 9, 1.0))


def test_a_number_outside_its_range_is_refused_with_the_range() -> None:
    message = complaint(lambda: item(size=10).integer("size", 0, 9))
    assert message == "size must be 0 to 9, not 10"
    assert complaint(lambda: item(size="nan").number("size", 0, 9, 1.0)) == (
        "size must be 0 to 9, not nan"
    )


@pytest.mark.parametrize(
    ("values", "flag"),
    [
        ((True, "true", "True", "yes", "on", "1", 1, " YES "), True),
        ((False, "false", "no", "off", "0", 0, "n"), False),
    ],
)
def test_a_flag_is_spelled_in_many_ways(values: tuple, flag: bool) -> None:
    assert {item(size=value).flag("size") for value in values} == {flag}


def test_words_are_a_list_one_word_or_words_with_commas() -> None:
    for value in (["a", "b"], "a,b", "a, b", " a ,b,", ("a", "b")):
        assert item(size=value).words("size") == ["a", "b"]
    assert item(size="a").words("size") == ["a"]
    assert item(size=[]).words("size") == []


def test_text_loses_the_blanks_around_it() -> None:
    assert item(size=" big ").text("size") == "big"
    assert item(size=7).text("size") == "7"
    assert complaint(lambda: item(size="  ").text("size")) == "size is empty"
    assert complaint(lambda: item(size="a\nb").text("size")) == (
        "size has characters that cannot be printed"
    )


def test_an_address_is_read_in_canonical_form() -> None:
    assert item(size=" 2001:DB8::1 ").address("size") == parse_address("2001:db8::1")


def test_an_option_is_found_under_its_other_names() -> None:
    assert item(hue="red").get("colour") == "red"
    assert item(hue="red", colour="red").get("colour") == "red"


def test_two_names_of_one_option_with_two_values_are_refused_with_all_names() -> None:
    message = complaint(lambda: item(hue="red", tint="blue"))
    assert message == "colour is also called hue, tint: give one of its names only"


def test_an_unknown_option_is_refused_with_the_nearest_name() -> None:
    assert complaint(lambda: item("config[0]", colur=1)) == (
        "config[0]: unknown option 'colur'; did you mean colour?"
    )
    assert complaint(lambda: item("config[0]", zzz=1)) == "config[0]: unknown option 'zzz'"


def test_an_error_names_the_place_and_the_item() -> None:
    one = item("config[3]")
    assert str(one.error("no")) == "config[3]: no"
    one.call("lamp %d".__mod__, 7)
    assert str(one.error("no")) == "config[3] (lamp 7): no"
    alone = item()
    assert str(alone.error("no")) == "no"
    alone.call("lamp %d".__mod__, 7)
    assert str(alone.error("no")) == "lamp 7: no"
    assert one.label_of("size", 2) == "config[3].size[2]"


def test_options_that_exclude_each_other_are_refused() -> None:
    assert complaint(lambda: item(size=1).refuse(("colour", "size"), "that")) == (
        "size does not go with that"
    )
