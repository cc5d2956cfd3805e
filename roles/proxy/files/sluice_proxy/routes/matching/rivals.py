# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Routes that a request could be for alike: they are refused, not ordered by chance."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sluice_proxy.routes.matching.glob import overlap
from sluice_proxy.routes.matching.paths import Match
from sluice_proxy.routes.model.host_pattern import HostPattern
from sluice_proxy.routes.model.path_pattern import PathKind, PathPattern

MOST = 100
"""Pairs that are told; among thousands of alike routes there are millions."""

_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Rivalry:
    """Two places in the list of routes, and what is wrong, in words that name both."""

    first: int
    second: int
    message: str


class Rivals(ValueError):
    """Some routes cannot be told apart."""

    def __init__(self, rivalries: Sequence[Rivalry]) -> None:
        super().__init__("; ".join(rivalry.message for rivalry in rivalries))
        self.rivalries = tuple(rivalries)


def refuse_rivals(matches: Iterable[Match]) -> None:
    """Raise Rivals with the pairs of routes that cannot be told apart, the first MOST of them."""
    rivalries = tuple(islice(_pairs(matches), MOST))
    if rivalries:
        raise Rivals(rivalries)


def _pairs(matches: Iterable[Match]) -> Iterator[Rivalry]:
    seen: dict[tuple[HostPattern, PathPattern], Match] = {}
    globs: dict[tuple[HostPattern, str, int], list[Match]] = {}
    for match in matches:
        first = seen.setdefault((match.host, match.path), match)
        if first is not match:
            yield _same(first, match)
        elif match.path.kind is PathKind.GLOB:
            key = (match.host, match.path.beginning, match.path.fixed)
            globs.setdefault(key, []).append(match)
    for group in globs.values():
        yield from _overlapping(group)


def _same(first: Match, second: Match) -> Rivalry:
    where = f"host {second.host}, path {second.path}"
    if first.index == second.index:
        text = f"route {second.route.name!r} has {where} twice: leave one out"
    else:
        text = (
            f"routes {first.route.name!r} and {second.route.name!r} both serve {where}:"
            " change one of them"
        )
    return Rivalry(first.index, second.index, text)


def _overlapping(group: Sequence[Match]) -> Iterator[Rivalry]:
    """Yield the pairs of globs that can match one path.

    Both end with the characters after their last wildcard, so one of these endings has to end the
    other: from back to front, it begins it. In that order such globs stand one after the other.
    """
    nested: list[tuple[str, Match]] = []
    backwards = ((_WILD.split(match.path.text)[-1][::-1], match) for match in group)
    for ending, match in sorted(backwards, key=lambda pair: pair[0]):
        while nested and not ending.startswith(nested[-1][0]):
            nested.pop()
        for _ending, other in nested:
            if match.index != other.index and overlap(match.path.text, other.path.text):
                yield _alike(*sorted((match, other), key=lambda each: each.index))
        nested.append((ending, match))


def _alike(first: Match, second: Match) -> Rivalry:
    text = (
        f"routes {first.route.name!r} and {second.route.name!r} can both match a path of host"
        f" {second.host}, and neither {first.path} nor {second.path} is the more specific:"
        " add fixed characters to one of them"
    )
    return Rivalry(first.index, second.index, text)
