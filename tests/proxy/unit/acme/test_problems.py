# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Problem documents, read in full and told in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.acme.failures import MOST_SHOWN, AcmeFailed, Problem, TransportFailed, shown
from sluice_proxy.acme.messages import reading
from sluice_proxy.acme.messages.fields import Fields
from sluice_proxy.acme.messages.identifier import Identifier

URN = "urn:ietf:params:acme:error:"
COMPOUND = {
    "type": f"{URN}malformed",
    "detail": "Some of the identifiers requested were rejected",
    "subproblems": [
        {
            "type": f"{URN}malformed",
            "detail": 'Invalid underscore in DNS name "_example.org"',
            "identifier": {"type": "dns", "value": "_example.org"},
        },
        {
            "type": f"{URN}rejectedIdentifier",
            "detail": 'This CA will not issue for "example.net"',
            "identifier": {"type": "dns", "value": "example.net"},
        },
    ],
}
"""As in RFC 8555, section 6.7.1."""


def problem(document: dict[str, Any], status: int | None = 403) -> Problem:
    return reading.problem_of(Fields.read(json.dumps(document).encode()), status, 7.0)


def test_the_problem_of_rfc_8555_with_all_its_parts() -> None:
    one = problem(COMPOUND)

    assert one.type == f"{URN}malformed"
    assert one.kind == "malformed"
    assert one.status == 403
    assert one.retry_after == 7.0
    assert [part.identifier for part in one.subproblems] == [
        Identifier("dns", "_example.org"),
        Identifier("dns", "example.net"),
    ]
    assert str(one) == (
        "malformed: Some of the identifiers requested were rejected"
        ' [_example.org: malformed: Invalid underscore in DNS name "_example.org";'
        ' example.net: rejectedIdentifier: This CA will not issue for "example.net"]'
    )


def test_new_terms_are_told_with_where_to_read_them() -> None:
    told = {
        "type": f"{URN}userActionRequired",
        "detail": "Terms of service have changed",
        "instance": "https://example.com/acme/agreement/?token=W8Ih3PswD-8",
    }

    assert str(problem(told)) == (
        "userActionRequired: Terms of service have changed"
        " (see https://example.com/acme/agreement/?token=W8Ih3PswD-8)"
    )


def test_a_problem_of_another_registry_keeps_its_type() -> None:
    one = problem({"type": "https://example.com/out", "title": "Out of order"})

    assert one.kind == "https://example.com/out"
    assert str(one) == "https://example.com/out: Out of order"


def test_a_problem_without_anything_is_still_one() -> None:
    assert str(problem({})) == "about:blank"


@pytest.mark.parametrize("subproblems", [1, [1], {}, [[]], "x"])
def test_parts_that_cannot_be_read_take_nothing_from_the_rest(subproblems: object) -> None:
    one = problem({"type": f"{URN}caa", "detail": "no", "subproblems": subproblems})

    assert str(one) == "caa: no"


def test_what_a_problem_is_about_is_said_where_it_does_not_say_it_itself() -> None:
    one = problem({"type": f"{URN}dns", "detail": "SERVFAIL"})
    about = one.about(Identifier("dns", "a.test"))

    assert str(about) == "a.test: dns: SERVFAIL"
    assert about.about(Identifier("dns", "b.test")).identifier == Identifier("dns", "a.test")
    assert (about.status, about.retry_after) == (403, 7.0)


def test_what_cannot_be_printed_is_escaped_and_lines_are_joined() -> None:
    one = problem({"type": f"{URN}dns", "detail": "one\r\ntwo\x1b[31m\u202ethree\ud800"})

    assert str(one) == "dns: one two\\x1b[31m\\u202ethree\\ud800"


texts = st.text(max_size=40) | st.integers() | st.none()
documents = st.fixed_dictionaries(
    {},
    optional={
        "type": texts,
        "title": texts,
        "detail": texts,
        "instance": texts,
        "status": texts,
        "identifier": st.dictionaries(st.sampled_from(["type", "value"]), texts),
        "subproblems": st.lists(
            st.dictionaries(st.sampled_from(["type", "detail", "identifier"]), texts), max_size=3
        ),
    },
)


@given(documents)
def test_whatever_an_authority_says_is_one_printable_line_of_bounded_length(
    document: dict[str, Any],
) -> None:
    line = str(problem(document))

    assert line
    assert line.isprintable()
    assert len(line) <= MOST_SHOWN


def test_a_text_without_end_is_cut_off() -> None:
    assert len(str(problem({"detail": "x" * 100_000}))) == MOST_SHOWN
    assert len(shown("\x00" * 100_000)) == MOST_SHOWN
    assert shown("y" * 11, 10) == "yyyyyyyyy…"


def test_all_that_goes_wrong_can_be_caught_as_one() -> None:
    assert issubclass(Problem, AcmeFailed)
    assert issubclass(TransportFailed, AcmeFailed)
    assert str(TransportFailed("one\ntwo")) == "one two"
