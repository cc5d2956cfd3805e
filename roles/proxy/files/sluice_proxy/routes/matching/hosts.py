# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which host patterns are for a host, the most specific first; their rank is in host_pattern."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sluice_proxy.routes.model.host_pattern import MAX_NAME, HostKind, HostPattern


class Hosts:
    """Which host patterns match a host, the most specific first."""

    __slots__ = ("_any", "_below", "_both", "_names", "_sizes", "_wildcards")

    def __init__(self, patterns: Iterable[HostPattern]) -> None:
        self._names: dict[str, HostPattern] = {}
        self._wildcards: dict[str, HostPattern] = {}
        self._below: dict[str, HostPattern] = {}
        self._both: dict[tuple[str, str], HostPattern] = {}
        self._any: HostPattern | None = None
        for pattern in patterns:
            match pattern.kind:
                case HostKind.NAME:
                    self._names[pattern.ending] = pattern
                case HostKind.WILDCARD:
                    self._wildcards[pattern.ending] = pattern
                case HostKind.BELOW:
                    self._below[pattern.ending] = pattern
                case HostKind.ANY:
                    self._any = pattern
                case _:
                    self._both[pattern.beginning, pattern.ending] = pattern
        # Labels of (beginning, ending), both kinds in the order of their rank.
        sizes = {(_labels(beginning), _labels(ending)) for beginning, ending in self._both}
        self._sizes = sorted(sizes, key=lambda size: (not size[1], -sum(size), -size[1]))

    def matching(self, host: str) -> Iterator[HostPattern]:
        """Yield the patterns that match the normalised ``host``, the most specific first."""
        exact = self._names.get(host)
        if exact is not None:
            yield exact
        if host and len(host) <= MAX_NAME and not host.startswith("["):
            labels = host.split(".")
            if self._sizes:
                yield from self._around(labels)
            yield from self._by_ending(labels)
        if self._any is not None:
            yield self._any

    def _around(self, labels: list[str]) -> Iterator[HostPattern]:
        """Yield the patterns that name a beginning."""
        total = len(labels)
        for beginning, ending in self._sizes:
            # Without a named ending, one label at least has to be the domain.
            room = total - beginning - (ending or 1)
            end = ".".join(labels[total - ending :]) if ending else ""
            for start in range(room + 1):
                pattern = self._both.get((".".join(labels[start : start + beginning]), end))
                if pattern is not None:
                    yield pattern

    def _by_ending(self, labels: list[str]) -> Iterator[HostPattern]:
        if self._wildcards:
            wildcard = self._wildcards.get(".".join(labels[1:]))
            if wildcard is not None:
                yield wildcard
        if self._below:
            for start in range(len(labels)):
                below = self._below.get(".".join(labels[start:]))
                if below is not None:
                    yield below


def _labels(name: str) -> int:
    return name.count(".") + 1 if name else 0
