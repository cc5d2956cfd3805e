# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The paths of one host pattern: the most specific of those that match."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sluice_proxy.routes.matching.glob import matcher
from sluice_proxy.routes.model.host_pattern import HostPattern
from sluice_proxy.routes.model.path_pattern import PathKind, PathPattern
from sluice_proxy.routes.model.route import Route


@dataclass(frozen=True, slots=True, eq=False)
class Match:
    """A route, its place in the list of routes, and by which of its patterns it was found."""

    route: Route
    index: int
    host: HostPattern
    path: PathPattern


_Test = Callable[[str], object]


class Paths:
    """What a host pattern has, arranged so that a look-up costs by the path, not by the patterns.

    Beginnings that end where a segment does are found by cutting the path at its slashes; those
    of texts and globs, which may end anywhere, by the lengths that occur. Only globs that
    begin with the same text are tried one after the other.
    """

    __slots__ = ("_beginnings", "_cuts", "_lengths", "_longest", "_shortest", "any", "exact")

    def __init__(self, matches: Iterable[Match]) -> None:
        self.exact: dict[str, Match] = {}
        self.any: Match | None = None
        self._cuts: dict[str, Match] = {}
        self._beginnings: dict[str, list[tuple[_Test | None, Match]]] = {}
        for match in sorted(matches, key=lambda match: (-match.path.fixed, match.path.kind)):
            self._put(match)
        self._longest = max(map(len, self._cuts), default=0)
        self._shortest = min(map(len, self._cuts), default=0)
        self._lengths = tuple(sorted({len(key) for key in self._beginnings}, reverse=True))

    def _put(self, match: Match) -> None:
        pattern = match.path
        if pattern.kind is PathKind.EXACT:
            self.exact[pattern.text] = match
        elif pattern.kind is PathKind.GLOB:
            test = matcher(pattern.text)
            self._beginnings.setdefault(pattern.beginning, []).append((test, match))
        elif not pattern.text:
            self.any = match
        elif pattern.kind is PathKind.SEGMENTS or pattern.text.endswith("/"):
            self._cuts[pattern.text] = match
        else:
            self._beginnings.setdefault(pattern.text, []).append((None, match))

    def find(self, path: str) -> Match | None:
        """Return the most specific match of a path that no exact pattern has."""
        best, reach = self.any, 0
        if self._cuts:
            cut = self._cut(path)
            if cut is not None:
                best, reach = cut, len(cut.path.text)
        if self._lengths:
            found = self._at_any_length(path, reach, best)
            if found is not None:
                return found
        return best

    def _cut(self, path: str) -> Match | None:
        """Return the longest beginning of whole segments."""
        cuts = self._cuts
        longest = self._longest
        found = cuts.get(path)
        if found is not None:
            return found
        # A cut stands before a slash or after it: the slash after the longest pattern counts.
        end = path.rfind("/", 0, longest + 1)
        shortest = self._shortest
        while end >= 0 and end + 1 >= shortest:
            found = cuts.get(path[: end + 1]) or cuts.get(path[:end])
            if found is not None:
                return found
            end = path.rfind("/", 0, end)
        return None

    def _at_any_length(self, path: str, reach: int, cut: Match | None) -> Match | None:
        """Return a text or glob that is more specific than ``cut``, whose text has ``reach``."""
        size = len(path)
        for length in self._lengths:
            if length < reach:
                return None
            if length > size:
                continue
            for test, match in self._beginnings.get(path[:length], ()):
                if length == reach and cut is not None and not _outranks(match, cut):
                    continue
                if test is None or test(path):
                    return match
        return None


def _outranks(match: Match, cut: Match) -> bool:
    ours, theirs = match.path, cut.path
    return (-ours.fixed, ours.kind) < (-theirs.fixed, theirs.kind)
