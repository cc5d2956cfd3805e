# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host and path patterns: what texts stand for, and which are refused."""

from __future__ import annotations

import pytest
from sluice_proxy.routes.model.host_pattern import (
    HostKind,
    HostPattern,
    normalise_host,
    parse_host_pattern,
)
from sluice_proxy.routes.model.path_pattern import (
    PathKind,
    PathPattern,
    match_path,
    parse_path_pattern,
    sent_path,
)


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("Example.COM.", HostKind.NAME, "example.com"),
        ("localhost", HostKind.NAME, "localhost"),
        ("bücher.example", HostKind.NAME, "xn--bcher-kva.example"),
        ("127.0.0.1", HostKind.NAME, "127.0.0.1"),
        ("[2001:DB8:0::1]", HostKind.NAME, "[2001:db8::1]"),
        ("*.example.com", HostKind.WILDCARD, "*.example.com"),
        (".example.com", HostKind.BELOW, ".example.com"),
        ("b.**.example.com", HostKind.BETWEEN, "b.**.example.com"),
        ("b.**", HostKind.BEGINNING, "b.**"),
        ("*", HostKind.ANY, "*"),
    ],
)
def test_a_host_pattern_is_read_and_shown_in_one_form(
    text: str, kind: HostKind, shown: str
) -> None:
    pattern = parse_host_pattern(text)
    assert pattern.kind is kind
    assert str(pattern) == shown
    assert parse_host_pattern(shown) == pattern


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "*.",
        "**",
        "a..b",
        "http://example.com",
        "example.com:80",
        "example.com/a",
        "*.*.example.com",
        "w*.example.com",
        "a b",
        "-a.com",
        "10.0.0.256",
        "010.0.0.1",
        "[fe80::1%eth0]",
        "[::1",
        "[zz]",
        "x" * 64 + ".com",
        ".".join(["abcdefgh"] * 30),
    ],
)
def test_what_is_no_host_pattern_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"host name|IPv6"):
        parse_host_pattern(text)


@pytest.mark.parametrize("text", ["faß.example", "σας.example", "a\u200db.example", "a。example"])
def test_a_name_that_clients_read_in_different_ways_is_refused(text: str) -> None:
    # By RFC 3490 the first is fass.example, which is another host to a browser.
    with pytest.raises(ValueError, match="write the xn-- form"):
        parse_host_pattern(text)


def test_a_label_of_digits_may_begin_a_name() -> None:
    assert str(parse_host_pattern("1.**.example.com")) == "1.**.example.com"
    assert str(parse_host_pattern("1.example.com")) == "1.example.com"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("Example.COM", "example.com"),
        ("example.com:8080", "example.com"),
        ("example.com.", "example.com"),
        ("example.com.:80", "example.com"),
        ("[::1]:443", "[::1]"),
        ("[::1]", "[::1]"),
        ("", ""),
    ],
)
def test_a_host_is_compared_without_case_port_and_the_dot_of_the_root(host: str, name: str) -> None:
    assert normalise_host(host) == name


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("", PathPattern(PathKind.SEGMENTS, "")),
        ("/", PathPattern(PathKind.SEGMENTS, "")),
        ("/*", PathPattern(PathKind.SEGMENTS, "")),
        ("*", PathPattern(PathKind.SEGMENTS, "")),
        ("=/", PathPattern(PathKind.EXACT, "/")),
        ("=/a*", PathPattern(PathKind.EXACT, "/a*")),
        ("/a", PathPattern(PathKind.SEGMENTS, "/a")),
        ("/a/", PathPattern(PathKind.TEXT, "/a/")),
        ("/a/*", PathPattern(PathKind.TEXT, "/a/")),
        ("/a*", PathPattern(PathKind.TEXT, "/a")),
        ("/a?", PathPattern(PathKind.GLOB, "/a?")),
        ("*.png", PathPattern(PathKind.GLOB, "*.png")),
        ("/a**b", PathPattern(PathKind.GLOB, "/a*b")),
        ("/%7euser", PathPattern(PathKind.SEGMENTS, "/~user")),
        ("/caf%C3%A9", PathPattern(PathKind.SEGMENTS, "/café")),
        ("/café", PathPattern(PathKind.SEGMENTS, "/café")),
        ("/a%20b%23c", PathPattern(PathKind.SEGMENTS, "/a b#c")),
        ("/%ff*", PathPattern(PathKind.TEXT, "/\udcff")),
        ("/a%2fb%25/*.x", PathPattern(PathKind.GLOB, "/a%2Fb%25/*.x")),
    ],
)
def test_a_path_pattern_is_read_in_one_form(text: str, pattern: PathPattern) -> None:
    assert parse_path_pattern(text) == pattern
    shown = str(pattern)
    assert parse_path_pattern(shown) == pattern
    # Names of routes are made of it, for logs, metrics and terminals.
    assert all("!" <= char <= "~" for char in shown)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "=",
        "=a",
        "/a b",
        "/a\r\n",
        "/a#b",
        "/a\\b",
        "/a/../b",
        "/./a",
        "/%",
        "/%zz",
        "/a%0Ab",
        "/a%5cb",
        "/a/%2e%2E/b",
        "=/%2e",
    ],
)
def test_what_is_no_path_pattern_is_refused_with_a_reason(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path_pattern(text)


def test_an_encoded_wildcard_is_possible_in_an_exact_path_only() -> None:
    assert parse_path_pattern("=/a%2A") == PathPattern(PathKind.EXACT, "/a*")
    with pytest.raises(ValueError, match="exact path"):
        parse_path_pattern("/a%2A")


def test_an_encoded_slash_and_percent_sign_stay_encoded_where_paths_are_compared() -> None:
    assert match_path("/a%2fb%25%20c") == "/a%2Fb%25 c"


def test_a_sent_path_is_percent_encoded() -> None:
    assert sent_path("/café%20x") == "/caf%C3%A9%20x"
    assert sent_path('/{a}"|;=@:,b') == "/%7Ba%7D%22%7C;=@:,b"


def test_a_sent_path_has_no_query() -> None:
    with pytest.raises(ValueError, match="a query in the target's url"):
        sent_path("/a?b")


def test_a_host_pattern_of_labels_is_a_value() -> None:
    assert HostPattern(HostKind.NAME, "a") == parse_host_pattern("A")
