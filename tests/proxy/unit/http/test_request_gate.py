# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gate says of a request that it accepts."""

from __future__ import annotations

import pytest
from corpus.case import lines
from corpus.smuggling import CASES
from sluice_proxy.http.limits import DEFAULT_LIMITS
from sluice_proxy.http.refusal import BadRequest
from sluice_proxy.http.request_gate import _read_slowly, parse_request
from sluice_proxy.http.request_head import RequestHead


def get(*fields: str, target: str = "/", version: str = "1.1", host: str = "a") -> RequestHead:
    return parse_request(lines(f"GET {target} HTTP/{version}", f"Host: {host}", *fields))


def test_a_plain_request() -> None:
    head = get("Accept: */*", target="/a/b?c=d", host="A.Example.:8080")

    assert head.method == b"GET"
    assert head.target == head.origin_form == b"/a/b?c=d"
    assert (head.path, head.query, head.match_path) == (b"/a/b", b"c=d", "/a/b")
    assert (head.authority, head.port) == ("a.example", 8080)
    assert head.host_field == b"A.Example.:8080"
    assert head.fields == b"\nAccept: */*\r"
    assert head.values(b"accept") == [b"*/*"]
    assert head.keep_alive
    assert not head.has_content


def test_no_query_and_an_empty_query_are_told_apart() -> None:
    assert get(target="/a").query is None
    assert get(target="/a?").query == b""


@pytest.mark.parametrize(
    ("host", "authority", "port"),
    [
        ("a.example", "a.example", None),
        ("A.EXAMPLE.", "a.example", None),
        ("a.example:", "a.example", None),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[2001:DB8:0:0::1]", "[2001:db8::1]", None),
        ("[::1]:8443", "[::1]", 8443),
    ],
)
def test_the_authority_is_normalised(host: str, authority: str, port: int | None) -> None:
    head = get(host=host)

    assert (head.authority, head.port) == (authority, port)


def test_the_authority_of_an_absolute_target_takes_the_place_of_host() -> None:
    head = get(target="HTTPS://B:8443/x", host="a")

    assert (head.authority, head.port, head.host_field) == ("b", 8443, b"B:8443")
    assert (head.scheme, head.origin_form, head.target) == (b"https", b"/x", b"HTTPS://B:8443/x")


def test_a_request_of_1_0_may_name_no_host() -> None:
    head = parse_request(lines("GET / HTTP/1.0"))

    assert (head.authority, head.port, head.host_field) == ("", None, None)


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [
        ("1.1", None, True),
        ("1.1", "close", False),
        ("1.1", "Close", False),
        ("1.1", "x, close", False),
        ("1.1", "keep-alive", True),
        ("1.1", "keep-alive, close", False),
        ("1.0", None, False),
        ("1.0", "keep-alive", True),
        ("1.0", "Keep-Alive", True),
        ("1.0", "keep-alive, close", False),
    ],
)
def test_whether_the_connection_is_kept(version: str, connection: str | None, kept: bool) -> None:
    fields = [] if connection is None else [f"Connection: {connection}"]

    assert get(*fields, version=version).keep_alive is kept


def test_framing_by_length_and_by_chunks() -> None:
    assert get("Content-Length: 007").content_length == 7
    assert get("Content-Length: 0").content_length == 0
    assert not get("Content-Length: 0").has_content
    assert get().content_length is None
    assert get("Transfer-Encoding: chunked").chunked
    assert get("Transfer-Encoding: chunked").has_content


def test_an_expectation_counts_only_with_content_and_of_1_1() -> None:
    assert get("Expect: 100-continue", "Content-Length: 1").expect_continue
    assert get("Expect: 100-continue", "Transfer-Encoding: chunked").expect_continue
    assert not get("Expect: 100-continue").expect_continue
    assert not get("Expect: 100-continue", "Content-Length: 1", version="1.0").expect_continue


def test_only_websocket_is_an_upgrade() -> None:
    assert get("Connection: Upgrade", "Upgrade: WebSocket").upgrade == b"websocket"
    assert get("Upgrade: websocket").upgrade is None
    assert get("Connection: upgrade", "Upgrade: h2c").upgrade is None
    assert get("Connection: upgrade", "Upgrade: websocket", "Content-Length: 1").upgrade is None


def test_te_says_whether_trailers_are_accepted() -> None:
    assert get("TE: gzip;q=0.5, Trailers").te_trailers
    assert not get("TE: gzip").te_trailers


def test_max_forwards_counts_of_options_only() -> None:
    asked = lines("OPTIONS * HTTP/1.1", "Host: a", "Max-Forwards: 0")

    assert parse_request(asked).max_forwards == 0
    assert get("Max-Forwards: 0").max_forwards is None


def test_what_proxies_say_is_kept_apart_from_the_fields() -> None:
    head = get("X-Forwarded-For: 1", "x-forwarded-for: 2", "Via: 1.1 p", "X-Request-Id: r")

    assert head.forwarding == {
        b"x-forwarded-for": b"1, 2", b"via": b"1.1 p", b"x-request-id": b"r",
    }  # fmt: skip
    assert head.fields == b""


def test_connection_options_remove_what_proxies_say_too() -> None:
    assert get("Connection: x-forwarded-for", "X-Forwarded-For: 1").forwarding is None


@pytest.mark.parametrize(
    ("target", "path", "match_path"),
    [
        ("/a%20b", b"/a%20b", "/a b"),
        ("/%C3%A9", b"/%C3%A9", "/\xe9"),
        ("/a/%2e%2E/b", b"/b", "/b"),
        ("/a%2fb", b"/a%2fb", "/a%2Fb"),
        ("/a%25b", b"/a%25b", "/a%25b"),
        ("/%ff", b"/%ff", "/\udcff"),
        ("//a", b"//a", "//a"),
    ],
)
def test_what_is_matched_is_what_the_upstream_will_resolve(
    target: str, path: bytes, match_path: str
) -> None:
    head = get(target=target)

    assert head.path == path
    assert head.match_path == match_path


def test_both_roads_read_every_case_of_the_corpus_alike() -> None:
    for case in CASES:
        raw = case.raw[: case.raw.find(b"\r\n\r\n") + 4]
        outcomes = []
        for road in (parse_request, _read_slowly):
            try:
                outcomes.append(repr(road(raw, DEFAULT_LIMITS)))
            except BadRequest as error:
                outcomes.append(str(error))
        assert outcomes[0] == outcomes[1], case.name


def test_a_refusal_says_what_is_wrong() -> None:
    with pytest.raises(BadRequest) as refusal:
        get("X : b")

    assert str(refusal.value) == "400: whitespace stands between a field name and its colon"
