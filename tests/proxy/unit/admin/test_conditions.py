# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of requests (RFC 9110, section 13), and what clients prefer to read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.admin.accepting import prefers_html
from sluice_proxy.admin.conditions import Tags, matches, none_matches, read_tags


@pytest.mark.parametrize(
    ("fields", "tags"),
    [
        ([], None),
        (["*"], Tags(any=True)),
        ([" * "], Tags(any=True)),
        (['"7"'], Tags(strong=frozenset({'"7"'}))),
        (['W/"7"'], Tags(weak=frozenset({'"7"'}))),
        (['""'], Tags(strong=frozenset({'""'}))),
        (['"a,b"'], Tags(strong=frozenset({'"a,b"'}))),
        (['"a" , W/"b","c"'], Tags(False, frozenset({'"a"', '"c"'}), frozenset({'"b"'}))),
        ([', ,"a",,'], Tags(strong=frozenset({'"a"'}))),
        (['"a"', '"b"'], Tags(strong=frozenset({'"a"', '"b"'}))),
        (['"W/"'], Tags(strong=frozenset({'"W/"'}))),
        (['"\xe4"'], Tags(strong=frozenset({'"\xe4"'}))),
    ],
)
def test_lists_of_tags_are_read(fields: list[str], tags: Tags | None) -> None:
    assert read_tags(fields) == tags


@pytest.mark.parametrize(
    "field",
    ["", ",", "7", '"7', '7"', 'w/"7"', '"a" "b"', '"a"b', '*, "a"', '"a", *', '"a b"', "'7'"],
)
def test_what_is_no_list_of_tags_is_refused(field: str) -> None:
    with pytest.raises(ValueError, match="double quotes"):
        read_tags([field])


@pytest.mark.parametrize(
    ("field", "current", "match", "none_match"),
    [
        ("*", (), False, True),
        ("*", ('"7"',), True, False),
        ('"7"', (), False, True),
        ('"7"', ('"7"',), True, False),
        ('"6", "7"', ('"7"',), True, False),
        ('"6"', ('"7"',), False, True),
        ('W/"7"', ('"7"',), False, False),
        ('"7"', ('"7-f"', '"7"'), True, False),
    ],
)
def test_if_match_compares_strongly_and_if_none_match_weakly(
    field: str, current: tuple[str, ...], match: bool, none_match: bool
) -> None:
    tags = read_tags([field])

    assert tags is not None
    assert matches(tags, current) is match
    assert none_matches(tags, current) is none_match


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_field_is_read_or_refused(fields: list[str]) -> None:
    try:
        found = read_tags(fields)
    except ValueError:
        return
    assert (found is None) == (not fields)


OPAQUE = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='"'), max_size=9
)


@given(st.lists(st.tuples(st.booleans(), OPAQUE), min_size=1, max_size=6))
def test_a_list_that_was_written_is_read_again(tags: list[tuple[bool, str]]) -> None:
    found = read_tags([", ".join(f'{"W/" if weak else ""}"{opaque}"' for weak, opaque in tags)])

    assert found == Tags(
        strong=frozenset(f'"{opaque}"' for weak, opaque in tags if not weak),
        weak=frozenset(f'"{opaque}"' for weak, opaque in tags if weak),
    )


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        ([], False),
        ([""], False),
        (["*/*"], False),
        (["application/json"], False),
        (["text/html"], True),
        (["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], True),
        (["text/html;q=0.5, application/json"], False),
        (["TEXT/HTML; q=0.9", "application/json; q=0.1"], True),
        (["text/*"], True),
        (["text/html;q=0"], False),
        (["text/html;q=no, */*"], False),
        (["nonsense, text/html"], True),
    ],
)
def test_a_page_is_for_those_who_prefer_it(accept: list[str], html: bool) -> None:
    assert prefers_html(accept) is html
