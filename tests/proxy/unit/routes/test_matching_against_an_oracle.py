# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table finds what trying every pattern on every request finds."""

from __future__ import annotations

import re
from itertools import product

from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.routes.matching.glob import matcher, overlap
from sluice_proxy.routes.matching.rivals import Rivals
from sluice_proxy.routes.matching.table import compile_routes
from sluice_proxy.routes.model.host_pattern import HostKind, HostPattern, parse_host_pattern
from sluice_proxy.routes.model.path_pattern import PathKind, PathPattern, parse_path_pattern
from sluice_proxy.routes.model.route import Route

LABELS = ("a", "b", "cc")
names = st.lists(st.sampled_from(LABELS), min_size=1, max_size=5).map(".".join)
short_names = st.lists(st.sampled_from(LABELS), min_size=1, max_size=2).map(".".join)
host_patterns = st.one_of(
    st.just("*"),
    names,
    short_names.map(lambda name: f"*.{name}"),
    short_names.map(lambda name: f".{name}"),
    short_names.map(lambda name: f"{name}.**"),
    st.tuples(short_names, short_names).map(lambda pair: f"{pair[0]}.**.{pair[1]}"),
).map(parse_host_pattern)
paths = st.text("ab/", max_size=6).map(lambda text: "/" + text)
path_patterns = st.one_of(
    paths,
    paths.map(lambda path: "=" + path),
    paths.map(lambda path: path + "*"),
    st.text("ab/*?", max_size=5).map(lambda text: "/" + text),
).map(parse_path_pattern)
globs = st.text("ab*?", max_size=6)


def host_rank(pattern: HostPattern, host: str) -> tuple[object, ...] | None:
    """Return the rank of a pattern for a host, lower being better, by trying it out."""
    labels = host.split(".")
    ending = pattern.ending.split(".") if pattern.ending else []
    beginning = pattern.beginning.split(".") if pattern.beginning else []
    if labels[len(labels) - len(ending) :] != ending:
        return None
    before = labels[: len(labels) - len(ending)]
    starts = [
        start
        for start in range(len(before) - len(beginning) + 1)
        if before[start : start + len(beginning)] == beginning
        and (ending or start + len(beginning) < len(before))
    ]
    possible = {
        HostKind.NAME: not before,
        HostKind.WILDCARD: len(before) == 1,
        HostKind.BELOW: True,
        HostKind.ANY: True,
        HostKind.BETWEEN: bool(starts),
        HostKind.BEGINNING: bool(starts),
    }
    if not possible[pattern.kind]:
        return None
    named = len(beginning) + len(ending)
    return (pattern.kind, -named, -len(ending), starts[0] if beginning else 0)


def path_rank(pattern: PathPattern, path: str) -> tuple[object, ...] | None:
    """Return the rank of a pattern for a path, lower being better, by trying it out."""
    text = pattern.text
    possible = {
        PathKind.EXACT: path == text,
        PathKind.SEGMENTS: path == text or path.startswith(text + "/"),
        PathKind.TEXT: path.startswith(text),
        PathKind.GLOB: glob_matches(text, path),
    }
    if not possible[pattern.kind]:
        return None
    return (pattern.kind != 0, -len(pattern.beginning), -pattern.fixed, pattern.kind)


def glob_matches(glob: str, path: str) -> bool:
    """Return whether the glob matches, by an expression that may try everything."""
    expression = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in glob)
    return re.fullmatch(expression, path, re.DOTALL) is not None


@given(
    st.lists(st.tuples(host_patterns, path_patterns), max_size=12),
    st.lists(st.tuples(names, paths)),
)
def test_the_table_agrees_with_trying_every_route(
    patterns: list[tuple[HostPattern, PathPattern]], requests: list[tuple[str, str]]
) -> None:
    routes = [
        Route(str(place), hosts=(host,), paths=(path,))
        for place, (host, path) in enumerate(patterns)
    ]
    try:
        table = compile_routes(routes)
    except Rivals:
        return
    for host, path in requests:
        ranked = []
        for place, (host_pattern, path_pattern) in enumerate(patterns):
            ranks = host_rank(host_pattern, host), path_rank(path_pattern, path)
            if None not in ranks:
                ranked.append((ranks, place))
        match = table.match(host, path)
        assert (None if match is None else match.index) == min(ranked, default=(None, None))[1]


@given(globs, st.text("ab", max_size=8))
def test_a_glob_matches_what_an_expression_that_goes_back_matches(glob: str, path: str) -> None:
    assert bool(matcher(glob)(path)) == glob_matches(glob, path)


@given(globs.map(lambda glob: glob[:4]), globs.map(lambda glob: glob[:4]))
def test_globs_overlap_when_some_path_is_matched_by_both(first: str, second: str) -> None:
    longest = len(first) + len(second)
    some = any(
        matcher(first)(text) and matcher(second)(text)
        for size in range(longest + 1)
        for text in map("".join, product("ab", repeat=size))
    )
    assert overlap(first, second) == some


@given(st.lists(globs, unique=True, max_size=8))
def test_globs_are_refused_in_just_the_pairs_that_overlap(texts: list[str]) -> None:
    patterns = [PathPattern(PathKind.GLOB, "/*" + text) for text in texts]
    routes = [Route(str(place), paths=(path,)) for place, path in enumerate(patterns)]
    try:
        compile_routes(routes)
        refused = set()
    except Rivals as rivals:
        refused = {(rivalry.first, rivalry.second) for rivalry in rivals.rivalries}
    assert refused == {
        (one, two)
        for two, second in enumerate(patterns)
        for one, first in enumerate(patterns[:two])
        if first.fixed == second.fixed and overlap(first.text, second.text)
    }
