# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate says of a response, and which responses it refuses."""

from __future__ import annotations

import pytest
from corpus.case import lines
from sluice_proxy.http.limits import HeadLimits
from sluice_proxy.http.refusal import BadResponse
from sluice_proxy.http.response_gate import parse_response
from sluice_proxy.http.response_head import ResponseHead


def read(
    *fields: str | bytes, status: str = "HTTP/1.1 200 OK", method: bytes = b"GET"
) -> ResponseHead:
    return parse_response(lines(status, *fields), method)


def test_a_plain_response() -> None:
    head = read("Server: x", "Content-Length: 5", "ETag: y")

    assert (head.status, head.reason, head.version) == (200, b"OK", b"1.1")
    assert head.content_length == head.declared_length == 5
    assert head.fields == b"\nServer: x\r\nETag: y\r"
    assert head.values(b"etag") == [b"y"]
    assert head.keep_alive
    assert not head.interim


@pytest.mark.parametrize(
    ("status", "method", "fields", "content", "declared"),
    [
        (200, b"GET", ["Content-Length: 5"], 5, 5),
        (200, b"GET", ["Content-Length: 0"], 0, 0),
        (200, b"HEAD", ["Content-Length: 5"], 0, 5),
        (200, b"HEAD", ["Transfer-Encoding: chunked"], 0, None),
        (200, b"HEAD", [], 0, None),
        (304, b"GET", ["Content-Length: 5"], 0, 5),
        (304, b"GET", [], 0, None),
        (204, b"GET", ["Content-Length: 5"], 0, None),
        (204, b"GET", ["Transfer-Encoding: chunked"], 0, None),
        (100, b"GET", ["Content-Length: 5"], 0, None),
        (103, b"GET", [], 0, None),
        (404, b"GET", ["Content-Length: 9"], 9, 9),
    ],
)
def test_which_content_follows(
    status: int, method: bytes, fields: list[str], content: int, declared: int | None
) -> None:
    head = read(*fields, status=f"HTTP/1.1 {status} x", method=method)

    assert (head.content_length, head.declared_length) == (content, declared)
    assert not head.chunked
    assert not head.until_close
    assert head.has_content is (content > 0)


def test_chunks_tell_their_own_end() -> None:
    head = read("Transfer-Encoding: chunked", "Trailer: X")

    assert head.chunked
    assert head.content_length is None
    assert head.trailer == b"X"
    assert head.keep_alive


def test_without_framing_the_close_tells_the_end() -> None:
    head = read("Connection: keep-alive")

    assert head.until_close
    assert head.has_content
    assert not head.keep_alive


@pytest.mark.parametrize(
    ("status", "connection", "kept"),
    [
        ("HTTP/1.1 200 OK", "close", False),
        ("HTTP/1.1 200 OK", "x", True),
        ("HTTP/1.0 200 OK", "x", False),
        ("HTTP/1.0 200 OK", "keep-alive", True),
    ],
)
def test_whether_the_upstream_connection_can_be_used_again(
    status: str, connection: str, kept: bool
) -> None:
    head = read(f"Connection: {connection}", "Content-Length: 0", status=status)

    assert head.keep_alive is kept


@pytest.mark.parametrize("framing", ["Content-Length: 5", "Transfer-Encoding: chunked"])
def test_a_204_that_announces_content_may_have_sent_it_and_spoils_its_connection(
    framing: str,
) -> None:
    assert not read(framing, status="HTTP/1.1 204 x").keep_alive
    assert read("Content-Length: 0", status="HTTP/1.1 204 x").keep_alive


def test_fields_of_the_connection_are_not_copied() -> None:
    head = read(
        "Connection: x-hop, close", "X-Hop: 1", "Keep-Alive: timeout=5", "TE: x", "Upgrade: h2",
        "Proxy-Connection: close", "Proxy-Authenticate: Basic", "Content-Length: 0", "X: 1",
    )  # fmt: skip

    assert head.fields == b"\nX: 1\r"


def test_100_and_103_are_interim_and_101_is_not() -> None:
    asked = lines("HTTP/1.1 101 x", "Connection: upgrade", "Upgrade: websocket")

    assert read(status="HTTP/1.1 100 Continue").interim
    assert read(status="HTTP/1.1 103 Early Hints").interim
    assert not parse_response(asked, b"GET", upgrade=b"websocket").interim


def test_a_switch_of_protocols_has_to_be_the_one_asked_for() -> None:
    switched = lines("HTTP/1.1 101 x", "Connection: Upgrade", "Upgrade: WebSocket")
    other = lines("HTTP/1.1 101 x", "Connection: Upgrade", "Upgrade: h2c")
    unnamed = lines("HTTP/1.1 101 x", "Upgrade: websocket")

    assert parse_response(switched, b"GET", upgrade=b"websocket").upgrade == b"websocket"
    for raw, asked in ((switched, None), (other, b"websocket"), (unnamed, b"websocket")):
        with pytest.raises(BadResponse):
            parse_response(raw, b"GET", upgrade=asked)


@pytest.mark.parametrize("reason", ["", " ", " OK", " Not  quite\tso", " \xe9"])
def test_any_reason_is_accepted(reason: str) -> None:
    assert read(status=f"HTTP/1.1 200{reason}").reason == reason[1:].encode("latin-1")


@pytest.mark.parametrize(
    "status",
    [
        "HTTP/1.1 99 x",
        "HTTP/1.1 099 x",
        "HTTP/1.1 600 x",
        "HTTP/1.1 999 x",
        "HTTP/1.1 2000 x",
        "HTTP/1.1 20 x",
        "HTTP/1.1  200 OK",
        "HTTP/1.1 200OK",
        "HTTP/1.1 +20 x",
        "HTTP/1.1 2x0 x",
        "HTTP/2.0 200 OK",
        "HTTP/1.2 200 OK",
        "HTTP/0.9 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1",
        "ICY 200 OK",
        "HTTP/1.1\t200 OK",
        " HTTP/1.1 200 OK",
        "HTTP/1.1 200 a\0b",
        "HTTP/1.1 200 \x7f",
        "HTTP/1.1 200 a\rb",
        "",
    ],
)
def test_other_status_lines_are_refused(status: str) -> None:
    with pytest.raises(BadResponse):
        read(status=status)


@pytest.mark.parametrize(
    "fields",
    [
        ["Content-Length: 5", "Transfer-Encoding: chunked"],
        ["Content-Length: 5", "Content-Length: 5"],
        ["Content-Length: 5, 5"],
        ["Content-Length: -1"],
        ["Content-Length: +1"],
        ["Content-Length:"],
        ["Content-Length: 9999999999999999999"],
        ["Content_Length: 5"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: xchunked"],
        ["Connection: content-length", "Content-Length: 5"],
        ["Connection: a b"],
        ["X: a", " b"],
        ["X : a"],
        [": a"],
        ["X"],
        ["X: a\nSet-Cookie: b"],
        ["X: a\rb"],
        ["X: a\0"],
        ["X\xe9: a"],
        ["X: 1"] * 101,
        ["X: " + "a" * 20_000],
    ],
)
def test_responses_that_could_be_read_in_two_ways_are_refused(fields: list[str]) -> None:
    with pytest.raises(BadResponse) as refusal:
        read(*fields)

    assert refusal.value.status == 502


def test_chunks_of_1_0_are_refused() -> None:
    with pytest.raises(BadResponse):
        read("Transfer-Encoding: chunked", status="HTTP/1.0 200 OK")


def test_optional_whitespace_is_not_sent_on() -> None:
    assert read("X:a \t", "Y:", "Content-Length:0").fields == b"\nX: a\r\nY:\r"


def test_the_limit_of_the_head_holds() -> None:
    raw = lines("HTTP/1.1 200 OK", "X: a")

    assert parse_response(raw, b"GET", HeadLimits(head_bytes=len(raw))).status == 200
    with pytest.raises(BadResponse):
        parse_response(raw, b"GET", HeadLimits(head_bytes=len(raw) - 1))
