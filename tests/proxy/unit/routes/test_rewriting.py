# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths towards targets, and where redirects send clients."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.routes import found, table
from sluice_proxy.http.path import BadPath, resolve_path
from sluice_proxy.routes.model.actions import Rewrite
from sluice_proxy.routes.model.path_pattern import ANY_PATH, parse_path_pattern
from sluice_proxy.routes.model.target import Target
from sluice_proxy.routes.rewriting.beginning import after
from sluice_proxy.routes.rewriting.forwarding import Forwarding, UnsafePath
from sluice_proxy.routes.rewriting.redirecting import check_location, location


def sent(
    rewrite: Rewrite,
    asked_path: bytes,
    asked_query: bytes | None = None,
    *,
    pattern: str = "/",
    **target: Any,
) -> bytes:
    return Forwarding(rewrite, parse_path_pattern(pattern), Target(**target)).origin_form(
        asked_path, asked_query
    )


@pytest.mark.parametrize(
    ("rewrite", "path", "expected"),
    [
        (Rewrite(strip="/api"), b"/api/x", b"/x"),
        (Rewrite(strip="/api"), b"/api", b"/"),
        (Rewrite(strip="/api"), b"/apix", b"/apix"),
        (Rewrite(strip="/api/"), b"/api/x", b"/x"),
        (Rewrite(strip="/api"), b"/other", b"/other"),
        (Rewrite(strip="/api"), b"/%61pi/x%2Fy", b"/x%2Fy"),
        (Rewrite(strip="/caf\u00e9"), b"/caf%c3%a9/x%20y", b"/x%20y"),
        (Rewrite(strip="/a%2Fb"), b"/a%2fb/c", b"/c"),
        (Rewrite(replace=("/api", "/v2")), b"/api/x", b"/v2/x"),
        (Rewrite(replace=("/api", "/v2")), b"/api", b"/v2"),
        (Rewrite(replace=("/api", "/v2")), b"/apix", b"/apix"),
        (Rewrite(replace=("/", "/v2/")), b"/x", b"/v2/x"),
        (Rewrite(replace=("/", "/v2")), b"/x", b"/v2/x"),
        (Rewrite(replace=("/api/", "/v2")), b"/api/x", b"/v2/x"),
        (Rewrite(replace=("/api/", "/v2/")), b"/api/", b"/v2/"),
    ],
)
def test_a_path_is_rewritten_by_whole_segments(
    rewrite: Rewrite, path: bytes, expected: bytes
) -> None:
    assert sent(rewrite, path) == expected


@pytest.mark.parametrize(
    "rewrite",
    [Rewrite(strip="/api"), Rewrite(replace=("/api", "/")), Rewrite(forward_path="/")],
)
def test_a_rewritten_path_never_begins_with_two_slashes(rewrite: Rewrite) -> None:
    # An origin that adds a slash by a redirect would send the client to evil.example.
    assert sent(rewrite, b"/api//evil.example/x", pattern="/api") == b"/evil.example/x"


@pytest.mark.parametrize(
    "rest",
    [b"../x", b"..", b"./x", b".%2e/x", b"%2E%2e/x", b"..;a=b/x", b"..%3b/x", b"..%2fx"],
)
@pytest.mark.parametrize("pattern", ["/files*", "/files*.html"])
def test_a_path_cannot_climb_above_what_it_is_forwarded_to(rest: bytes, pattern: str) -> None:
    # Cut behind /files, the segment "files.." would be one of dots.
    with pytest.raises(UnsafePath, match="climb above"):
        sent(Rewrite(forward_path="/public"), b"/files" + rest, pattern=pattern)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (b"/files..x", b"/public/..x"),
        (b"/files/.x", b"/public/.x"),
        (b"/files.../x", b"/public/.../x"),
    ],
)
def test_dots_that_are_no_segment_are_forwarded(asked: bytes, expected: bytes) -> None:
    assert sent(Rewrite(forward_path="/public"), asked, pattern="/files*") == expected


def test_an_exact_path_is_forwarded_to_just_the_path_that_is_written() -> None:
    rewrite = Rewrite(forward_path="/static/icon.png")
    assert sent(rewrite, b"/favicon.ico", pattern="=/favicon.ico") == b"/static/icon.png"
    assert sent(rewrite, b"/favicon.ico", b"v=2", pattern="=/favicon.ico", path="/app") == (
        b"/app/static/icon.png?v=2"
    )


def test_the_query_of_the_target_stands_before_that_of_the_request() -> None:
    assert sent(Rewrite(), b"/x", b"b=2", query="a=1") == b"/x?a=1&b=2"
    assert sent(Rewrite(), b"/x", None, query="a=1") == b"/x?a=1"
    assert sent(Rewrite(), b"/x", b"", query="") == b"/x?"


def test_options_of_the_server_as_a_whole_is_not_rewritten() -> None:
    assert sent(Rewrite(strip="/x"), b"*", path="/base") == b"*"


def test_what_goes_on_as_it_came_is_told_in_advance() -> None:
    assert not Forwarding(Rewrite(), ANY_PATH, Target()).changes
    assert Forwarding(Rewrite(strip="/a"), ANY_PATH, Target()).changes
    assert Forwarding(Rewrite(), ANY_PATH, Target(path="/a")).changes
    assert Forwarding(Rewrite(), ANY_PATH, Target(query="a")).changes


@given(st.text("ab/é %", max_size=8), st.text("ab/é ", max_size=8), st.data())
def test_what_follows_a_beginning_is_found_however_the_path_is_encoded(
    beginning: str, rest: str, data: st.DataObject
) -> None:
    beginning = "/" + beginning.replace("%", "%25")
    path = b""
    for byte in (beginning.replace("%25", "\0") + rest).encode():
        char = bytes((byte,))
        if char == b"\0":
            path += b"%25"
        elif char in b"ab" and data.draw(st.booleans()):
            path += b"%%%02x" % byte
        else:
            path += char if char in b"ab/" else b"%%%02X" % byte
    found = after(path, beginning)
    assert found is not None
    assert path.endswith(found)
    assert after(found, rest) == b""


def redirected(template: str, **request: Any) -> bytes | None:
    values: dict[str, Any] = {
        "scheme": "http",
        "host": "h.example",
        "port": None,
        "path": b"/a",
        "query": None,
    }
    return location(check_location(template), **{**values, **request}, matched=ANY_PATH)


def test_https_keeps_path_and_query_and_drops_the_port() -> None:
    to_https = "https://{host}{path}{query}"
    assert (
        redirected(to_https, port=8080, path=b"/a/b", query=b"c=d") == b"https://h.example/a/b?c=d"
    )
    assert redirected(to_https, query=b"") == b"https://h.example/a?"
    assert redirected(to_https, host="[::1]") == b"https://[::1]/a"


@pytest.mark.parametrize("template", ["{path}/index.html", "{rest}/index.html", "{rest}{path}/x"])
def test_a_path_that_a_template_goes_on_after_begins_with_one_slash(template: str) -> None:
    place = redirected(template, path=b"/")
    assert place is not None
    assert place.startswith(b"/")
    assert not place.startswith(b"//")


def test_every_name_of_a_template_is_filled_in() -> None:
    place = location(
        "{scheme}://{host}{port}{path}{rest}{query}",
        scheme="https",
        host="h",
        port=8443,
        path=b"/a/b",
        query=b"q",
        matched=parse_path_pattern("/a"),
    )
    assert place == b"https://h:8443/a/b/b?q"


@pytest.mark.parametrize("template", ["{path}{query}", "/new{rest}", "https://other.example{path}"])
@pytest.mark.parametrize(
    "path", [b"//evil.example/x", b"/\\evil.example", b"/a\r\nSet-Cookie: x=y"]
)
def test_a_client_can_choose_neither_another_host_nor_a_field(template: str, path: bytes) -> None:
    place = redirected(template, path=path, query=b"\r\nX: y")
    assert place is not None
    assert not place.startswith((b"//", b"/\\", b"/%5C/"))
    assert not set(place) & set(b"\r\n\\ ")


@pytest.mark.parametrize("host", ["", "a/b", "a@b", "a b", "a\r\nb", "evil\\", "[x]"])
def test_a_host_that_is_none_is_not_repeated(host: str) -> None:
    assert redirected("https://{host}{path}", host=host) is None


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("//evil.example", "two slashes"),
        ("/{path}", "two slashes"),
        ("/{rest}", "two slashes"),
        ("https://{host}.evil.example/", "no / after its host"),
        ("https://example.com{host}", "no / after its host"),
        ("https://example.com{query}.evil.example", "no / after its host"),
        ("https://user@example.com/", "no / after its host"),
        ("https://{path}", "begins neither"),
        ("javascript:alert(1)", "begins neither"),
        ("{query}", "begins neither"),
        ("example.com/x", "begins neither"),
        ("https://a/{nonsense}", "nonsense"),
        ("https://a/{path", "without its partner"),
        ("https://a/\r\nX: y", "cannot have"),
        ("https://a/\u00e9", "cannot have"),
    ],
)
def test_a_template_that_could_send_clients_anywhere_is_refused(template: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_location(template)


PIECES = ("{scheme}", "{host}", "{port}", "{path}", "{rest}", "{query}", "http:", "https:", "//",
          "/", ":", "?", "#", "@", ".", "a.example", "[::1]", ":80", "x")  # fmt: skip
client_text = st.binary(max_size=6) | st.sampled_from(
    [
        b"//evil.example",
        b"/\\evil.example",
        b"@evil.example",
        b":1@evil.example",
        b"/..//evil.example",
    ]
)


@given(
    st.lists(st.sampled_from(PIECES), max_size=6).map("".join),
    client_text,
    client_text | st.none(),
    st.sampled_from(["h.example", "[::1]"]),
    st.sampled_from([None, 8443]),
    st.sampled_from(["/", "/a", "/a*", "*.x"]),
)
def test_no_template_that_is_accepted_lets_a_client_choose_the_host(
    template: str, path: bytes, query: bytes | None, host: str, port: int | None, pattern: str
) -> None:
    try:
        check_location(template)
    except ValueError:
        return
    place = location(
        template,
        scheme="http",
        host=host,
        port=port,
        path=b"/" + path,
        query=query,
        matched=parse_path_pattern(pattern),
    )
    assert place is not None
    text = place.decode("ascii")
    assert all("!" <= char <= "~" and char != "\\" for char in text)
    found = urlsplit(urljoin(f"http://{host}/there", text))
    assert found.scheme in ("http", "https")
    assert found.username is None
    assert (
        f"[{found.hostname}]" in (host, "[::1]")
        or found.hostname in template
        or (found.hostname == host)
    )
    assert "evil" not in (found.hostname or "")


asked_paths = st.lists(
    st.sampled_from(["/", ".", "..", "f", "a", "%2e", "%66", ";", "%2f", "%3b", "%25", "//"]),
    max_size=8,
).map(lambda parts: "/f" + "".join(parts))


@given(
    asked_paths,
    st.sampled_from(["/f", "/f*", "/f/", "=/f", "/f*a", "/"]),
    st.sampled_from(
        [
            Rewrite(forward_path="/to"),
            Rewrite(forward_path="/to/"),
            Rewrite(forward_path="/"),
            Rewrite(strip="/f"),
            Rewrite(strip="/f/"),
            Rewrite(strip="/"),
            Rewrite(replace=("/f", "/to")),
            Rewrite(replace=("/f/", "/to")),
            Rewrite(replace=("/", "/to")),
        ]
    ),
    st.sampled_from(["", "/base", "/base/"]),
)
def test_what_is_sent_is_a_path_that_means_one_thing_and_stays_where_it_belongs(
    asked: str, pattern: str, rewrite: Rewrite, base: str
) -> None:
    try:
        path, match_path = resolve_path(asked.encode())
    except BadPath:
        return
    routes = table(f"* {pattern}")
    if found(routes, "h", match_path) is None:
        return
    try:
        target = sent(rewrite, path, pattern=pattern, path=base)
    except UnsafePath:
        return
    # Without dot segments, hidden ones included: the upstream resolves it to itself.
    assert resolve_path(target)[0] == target
    assert target.startswith(base.encode())
    if rewrite.forward_path:
        assert target.startswith((base.rstrip("/") + rewrite.forward_path.rstrip("/")).encode())
