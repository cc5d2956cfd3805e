# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Counting, decoding and encoding chunks. What is refused stands in the corpus."""

from __future__ import annotations

from itertools import pairwise

import pytest
from corpus.framing import BAD_BODIES, GOOD_BODIES
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.http.chunked import (
    LAST_CHUNK,
    BadChunk,
    ChunkedDecoder,
    ChunkedLimits,
    ChunkedScanner,
    encode_chunk,
)
from sluice_proxy.http.limits import HeadLimits


def scan(data: bytes, cuts: list[int]) -> tuple[int, bool, bytes, bytes]:
    scanner = ChunkedScanner()
    content: list[memoryview] = []
    taken = 0
    bounds = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    for start, end in pairwise(bounds):
        if not scanner.done:
            taken += scanner.feed(data[start:end], content)
    return taken, scanner.done, b"".join(content), scanner.trailers


@given(st.lists(st.binary(max_size=40)), st.lists(st.integers(min_value=0)), st.binary())
def test_what_was_encoded_is_counted_and_decoded_however_it_is_cut(
    pieces: list[bytes], cuts: list[int], after: bytes
) -> None:
    body = b"".join(map(encode_chunk, pieces)) + LAST_CHUNK

    assert scan(body + after, cuts) == (len(body), True, b"".join(pieces), b"")


@pytest.mark.parametrize("body", GOOD_BODIES)
def test_a_good_body_split_at_every_point_gives_the_same(body: bytes) -> None:
    whole = scan(body + b"GET", [])

    assert whole[:2] == (len(body), True)
    for cut in range(len(body)):
        assert scan(body + b"GET", [cut]) == whole


@pytest.mark.parametrize("name", [name for name, body in BAD_BODIES.items() if len(body) < 500])
def test_a_bad_body_split_at_every_point_is_refused(name: str) -> None:
    for cut in range(len(BAD_BODIES[name])):
        with pytest.raises(BadChunk):
            scan(BAD_BODIES[name], [cut])


@pytest.mark.parametrize("body", GOOD_BODIES)
def test_a_body_is_done_with_its_last_byte_and_not_before(body: bytes) -> None:
    scanner = ChunkedScanner()

    assert scanner.feed(body[:-1]) == len(body) - 1
    assert not scanner.done
    assert scanner.feed(body[-1:] + b"next") == 1
    assert scanner.done


def test_trailers_are_given_in_canonical_form() -> None:
    assert scan(b"0\r\nX-A:1 \r\nb: \r\n\r\n", [])[3] == b"\nX-A: 1\r\nb:\r"


def test_a_memoryview_is_fed_without_copies_of_content() -> None:
    data = memoryview(b"5\r\nhello\r\n")
    content: list[memoryview] = []

    ChunkedScanner().feed(data, content)

    assert content == [b"hello"]
    assert content[0].obj is data.obj


def test_content_is_counted_without_its_framing() -> None:
    scanner = ChunkedScanner()
    scanner.feed(b"5;a=b\r\nhello\r\n1\r\n!\r\n0\r\n\r\n")

    assert scanner.content_bytes == 6


def test_the_limits_are_bounds_that_are_still_accepted() -> None:
    line = b"5;a\r\n"
    trailers = b"X: 1\r\n\r\n"
    limits = HeadLimits(head_bytes=len(trailers), fields=1)
    fits = ChunkedLimits(size_line_bytes=len(line), trailers=limits)
    scanner = ChunkedScanner(fits)
    scanner.feed(line + b"hello\r\n0\r\n" + trailers)

    assert scanner.done
    with pytest.raises(BadChunk):
        ChunkedScanner(ChunkedLimits(size_line_bytes=len(line) - 1)).feed(line)
    short = HeadLimits(head_bytes=len(trailers) - 1)
    with pytest.raises(BadChunk):
        ChunkedScanner(ChunkedLimits(trailers=short)).feed(b"0\r\n" + trailers)


def test_extensions_are_bounded_by_the_content_that_they_come_with() -> None:
    limits = ChunkedLimits(extension_bytes=5)

    ChunkedScanner(limits).feed(b"1;abc\r\nx\r\n1;a\r\nx\r\n0\r\n\r\n")
    with pytest.raises(BadChunk, match="chunk extensions"):
        ChunkedScanner(limits).feed(b"1;abc\r\nx\r\n1;ab\r\nx\r\n")


def test_many_lines_of_trailers_are_refused_at_the_first_too_many() -> None:
    scanner = ChunkedScanner()

    scanner.feed(b"0\r\n" + b"X:\r\n" * 32)
    with pytest.raises(BadChunk, match="more than 32 fields"):
        scanner.feed(b"X:\r\n")


def test_the_decoder_tells_content_from_what_follows() -> None:
    decoder = ChunkedDecoder()

    first, taken = decoder.feed(b"5\r\nhel")
    assert (b"".join(first), taken, decoder.done) == (b"hel", 6, False)
    second, taken = decoder.feed(b"lo\r\n0\r\n\r\nGET")
    assert (b"".join(second), taken, decoder.done) == (b"lo", 9, True)


def test_nothing_is_encoded_as_nothing() -> None:
    assert encode_chunk(b"") == b""
    assert encode_chunk(memoryview(b"hello")) == b"5\r\nhello\r\n"
