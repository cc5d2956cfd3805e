# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a head ends, in bytes that arrive in any pieces."""

from __future__ import annotations

import re

import pytest
from corpus.case import Case
from corpus.smuggling import CASES
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.http.head_end import find_head_end, find_response_head_end, skip_empty_line
from sluice_proxy.http.limits import DEFAULT_LIMITS, HeadLimits
from sluice_proxy.http.refusal import BadRequest, BadResponse
from sluice_proxy.http.request_gate import parse_request

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def outcome(raw: bytes) -> object:
    """Return the first head of ``raw``, the status that refuses it, or None while incomplete."""
    start = skip_empty_line(raw, 0)
    try:
        end = find_head_end(raw, start, DEFAULT_LIMITS)
        return None if end < 0 else parse_request(raw[start:end])
    except BadRequest as error:
        return error.status


@pytest.mark.parametrize(
    "case", [case for case in CASES if len(case.raw) < 400], ids=lambda case: case.name
)
def test_a_head_split_at_any_point_is_accepted_or_refused_as_in_one_piece(case: Case) -> None:
    whole = outcome(case.raw)

    for end in range(len(case.raw)):
        early = outcome(case.raw[:end])
        accepted = early is not None and not isinstance(early, int)
        assert early is None or (isinstance(whole, int) and isinstance(early, int)) or (
            accepted and early == whole
        )  # fmt: skip


def test_the_end_is_the_index_after_the_empty_line() -> None:
    assert find_head_end(b"x" * 7 + HEAD + b"rest", 7, DEFAULT_LIMITS) == 7 + len(HEAD)


def test_a_bytearray_serves_as_buffer() -> None:
    assert find_head_end(bytearray(HEAD), 0, DEFAULT_LIMITS) == len(HEAD)


def test_nothing_yet_is_incomplete() -> None:
    assert find_head_end(b"", 0, DEFAULT_LIMITS) == -1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01", 400),
        (b"GET / HTTP/1.1\n", 400),
        (b"GET / HTTP/1.1\r\nX: a\x00", 400),
        (b"GET / HTTP/1.1\rX", 400),
        (b"GET /" + b"a" * 9_000, 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 33_000, 431),
    ],
)
def test_what_cannot_become_a_head_is_refused_before_its_end_arrives(
    raw: bytes, status: int
) -> None:
    with pytest.raises(BadRequest) as refusal:
        find_head_end(raw, 0, DEFAULT_LIMITS)

    assert refusal.value.status == status


@given(st.binary(max_size=9), st.text("\r\n\0a", max_size=9).map(str.encode))
def test_bare_line_ends_and_nul_are_found_wherever_they_are(before: bytes, rest: bytes) -> None:
    broken = re.search(rb"(?<!\r)\n|\r(?!\n|\Z)|\0", rest) is not None

    try:
        found = find_head_end(before + b"GET" + rest, len(before), DEFAULT_LIMITS) != -1
        refused = False
    except BadRequest:
        found, refused = False, True

    assert found == (b"\r\n\r\n" in rest)
    assert refused == (broken and not found)


def test_a_head_at_the_limit_is_found_and_one_beyond_it_is_refused() -> None:
    at = HeadLimits(head_bytes=len(HEAD))
    below = HeadLimits(head_bytes=len(HEAD) - 1)

    assert find_head_end(HEAD, 0, at) == len(HEAD)
    with pytest.raises(BadRequest):
        find_head_end(HEAD, 0, below)


@pytest.mark.parametrize("raw", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200\n", b"HTTP/1.1 200 \0"])
def test_what_cannot_become_a_response_is_refused_at_once(raw: bytes) -> None:
    with pytest.raises(BadResponse):
        find_response_head_end(raw, 0, DEFAULT_LIMITS)


def test_a_response_head_is_incomplete_until_its_empty_line() -> None:
    raw = b"HTTP/1.1 200 OK\r\nX: a\r\n\r\n"

    ends = [find_response_head_end(raw[:end], 0, DEFAULT_LIMITS) for end in range(len(raw) + 1)]

    assert ends == [-1] * len(raw) + [len(raw)]


def test_limits_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="fields is 0: use at least 1"):
        HeadLimits(fields=0)
