# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of matching: the most specific host that has a matching path, then its best path."""

from __future__ import annotations

import pytest
from samples.routes import found, route, table
from sluice_proxy.routes.matching.rivals import Rivals
from sluice_proxy.routes.matching.table import compile_routes
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.path_pattern import parse_path_pattern
from sluice_proxy.routes.model.route import Route


def test_host_patterns_rank_name_between_beginning_wildcard_below_any() -> None:
    ranked = [
        "b.example.com",
        "b.**.example.com",
        "b.**",
        "*.example.com",
        ".b.example.com",
        ".example.com",
        ".com",
        "*",
    ]
    for place, pattern in enumerate(ranked):
        assert found(table(*reversed(ranked[place:])), "b.example.com", "/x") == pattern


def test_a_host_without_a_matching_path_leaves_the_request_to_the_next_host() -> None:
    routes = table("a.example.com /a", ".example.com /b", "* /c")
    assert found(routes, "a.example.com", "/a") == "a.example.com /a"
    assert found(routes, "a.example.com", "/b") == ".example.com /b"
    assert found(routes, "a.example.com", "/c") == "* /c"
    assert found(routes, "a.example.com", "/d") is None


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("example.com", ["example.com"], ["a.example.com", "com", "xexample.com"]),
        ("*.example.com", ["a.example.com"], ["example.com", "a.b.example.com"]),
        (".example.com", ["example.com", "a.example.com", "a.b.c.example.com"], ["aexample.com"]),
        (
            "b.**.example.com",
            ["b.example.com", "b.x.example.com", "y.b.example.com", "y.b.x.example.com"],
            ["example.com", "bob.example.com", "b.com", "b.example.com.au"],
        ),
        ("b.**", ["b.localhost", "b.example.com", "x.b.example.com"], ["b", "bob.example.com"]),
        ("a.b.**", ["a.b.c", "x.a.b.c.d"], ["a.b", "a.x.b.c"]),
        ("localhost", ["localhost"], ["a.localhost"]),
        ("[::1]", ["[::1]"], ["[::2]", "::1"]),
        ("*", ["anything", "", "a.b.c", "[::1]", "." * 300], []),
    ],
)
def test_a_host_pattern_matches(pattern: str, yes: list[str], no: list[str]) -> None:
    routes = table(pattern)
    assert [host for host in yes if found(routes, host, "/") is None] == []
    assert [host for host in no if found(routes, host, "/") is not None] == []


@pytest.mark.parametrize(
    "host", ["Example.COM", "example.com:8443", "example.com.", "EXAMPLE.com.:1"]
)
def test_hosts_match_in_any_case_with_port_and_with_a_trailing_dot(host: str) -> None:
    assert found(table("example.com"), host, "/") == "example.com"


def test_hosts_have_any_number_of_labels() -> None:
    deep = ".".join(f"l{number}" for number in range(60))
    assert found(table(f"x.{deep}", f".{deep}"), f"x.{deep}", "/") == f"x.{deep}"
    assert found(table(".l59"), deep, "/") == ".l59"


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("=/a", ["/a"], ["/a/", "/ab", "/"]),
        ("/a", ["/a", "/a/", "/a/b"], ["/ab", "/", "/b/a"]),
        ("/a/", ["/a/", "/a/b"], ["/a", "/ab"]),
        ("/a*", ["/a", "/ab", "/a/b"], ["/", "/b"]),
        ("/a/*.png", ["/a/x.png", "/a/b/c.png", "/a/.png"], ["/a/x.jpg", "/x.png", "/a/x.png/"]),
        ("/a?c", ["/abc", "/a/c"], ["/ac", "/abbc"]),
        ("*/b/*/d", ["/b/c/d", "/a/b/x/y/d"], ["/b/d", "/b/c/d/e"]),
        ("/*a*ab", ["/aab", "/xayab", "/aabab"], ["/ab", "/aaba"]),
        ("/", ["/", "/a", "/a/b", "*"], []),
    ],
)
def test_a_path_pattern_matches(pattern: str, yes: list[str], no: list[str]) -> None:
    routes = table(f"* {pattern}")
    assert [path for path in yes if found(routes, "h", path) is None] == []
    assert [path for path in no if found(routes, "h", path) is not None] == []


def test_paths_rank_exact_then_longer_beginning_then_more_fixed_characters() -> None:
    ranked = [
        "* =/a/b.png",
        "* /a/b*",
        "* /a/*b.png",
        "* /a/*.png",
        "* /a/",
        "* /a",
        "* /a*",
        "* /",
    ]
    for place, pattern in enumerate(ranked):
        assert found(table(*reversed(ranked[place:])), "h", "/a/b.png") == pattern


def test_a_longer_beginning_beats_a_glob_with_more_characters() -> None:
    routes = table("* /static", "* *.a-very-long-ending")
    assert found(routes, "h", "/static/x.a-very-long-ending") == "* /static"


def test_a_long_path_of_slashes_is_looked_up_all_the_same() -> None:
    routes = table("* /a/b", "* /")
    assert found(routes, "h", "/" * 8000) == "* /"
    assert found(routes, "h", "/a/b" + "/" * 8000) == "* /a/b"


@pytest.mark.parametrize("number", [1, 63, 64, 300])
def test_a_host_may_have_any_number_of_paths(number: int) -> None:
    routes = table(*(f"example.com /a{place:03}" for place in range(number)))
    for place in range(number):
        path = f"/a{place:03}"
        assert found(routes, "example.com", f"{path}/x") == f"example.com {path}"
    assert found(routes, "example.com", "/b") is None


def test_a_route_serves_each_of_its_hosts_with_each_of_its_paths() -> None:
    several = Route(
        "several",
        hosts=(parse_host_pattern("a"), parse_host_pattern("b")),
        paths=(parse_path_pattern("/x"), parse_path_pattern("/y")),
    )
    routes = compile_routes([several])
    pairs = [(host, path) for host in "ab" for path in ("/x", "/y")]
    assert {found(routes, host, path) for host, path in pairs} == {"several"}
    assert found(routes, "a", "/z") is None


def test_a_match_tells_the_routes_place_and_its_patterns() -> None:
    match = table("a /x", "b /y").match("b", "/y/z")
    assert match is not None
    assert (match.index, str(match.host), str(match.path)) == (1, "b", "/y")


def test_hosts_of_strangers_do_not_fill_the_memory() -> None:
    routes = table("a", "*")
    for number in range(10_000):
        assert found(routes, f"stranger-{number}", "/") == "*"
    assert len(routes._chains) <= 4097
    assert found(routes, "a", "/") == "a"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.com /x", "A.com. /x"),
        ("*.a.com =/x", "*.A.COM =/x"),
        (".a.com /x/", ".a.com /x/*"),
        ("* /", "* /*"),
        ("a /~u", "a /%7Eu"),
        ("a /x*.p?g", "a /x*.pn?"),
        ("a /x*b*", "a /x*?b*"),
    ],
)
def test_routes_that_cannot_be_told_apart_are_refused_with_both_names(
    first: str, second: str
) -> None:
    with pytest.raises(Rivals) as caught:
        compile_routes([route(first, "one"), route("other /", "other"), route(second, "two")])
    (rivalry,) = caught.value.rivalries
    assert (rivalry.first, rivalry.second) == (0, 2)
    assert "'one'" in rivalry.message
    assert "'two'" in rivalry.message


def test_a_route_with_the_same_place_twice_is_refused() -> None:
    twice = Route("r", paths=(parse_path_pattern("/a"), parse_path_pattern("/a")))
    with pytest.raises(Rivals, match=r"'r' has host .*, path /a twice"):
        compile_routes([twice])


def test_globs_that_no_path_is_for_both_of_are_accepted() -> None:
    routes = table("* /*.png", "* /*.jpg", "* /x?a", "* /x?b")
    assert found(routes, "h", "/i.jpg") == "* /*.jpg"
    assert found(routes, "h", "/x.b") == "* /x?b"
