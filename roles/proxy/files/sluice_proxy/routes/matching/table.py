# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of all routes: which one a request is for.

The rule, in one sentence: **the most specific host pattern that has a matching path wins, and
among its paths the most specific one.** So a request whose host has a pattern, but none for its
path, goes on to the next less specific host pattern, and at last to ``*``.

Host patterns rank by kind (see host_pattern), and within a kind by how many labels they name;
then the one that ends longer, then the one that begins further left. Paths rank as path_pattern
says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sluice_proxy.routes.matching.hosts import Hosts
from sluice_proxy.routes.matching.paths import Match, Paths
from sluice_proxy.routes.matching.rivals import refuse_rivals
from sluice_proxy.routes.model.host_pattern import (
    MAX_NAME,
    HostKind,
    HostPattern,
    normalise_host,
)
from sluice_proxy.routes.model.route import Route

_REMEMBERED = 4096
"""How many hosts that no pattern names are remembered, so that strangers cannot fill the memory."""

_MANY = 64
"""Paths of a host that are arranged at once: with fewer, the first request can wait for it."""


class Table:
    """Routes by host and path; a look-up costs the same with one route and with ten thousand."""

    __slots__ = ("_chains", "_hosts", "_kept", "_matches", "_paths")

    def __init__(self, matches: Iterable[Match]) -> None:
        self._matches: dict[HostPattern, list[Match]] = {}
        for match in matches:
            self._matches.setdefault(match.host, []).append(match)
        self._hosts = Hosts(self._matches)
        self._kept = sum(host.kind is HostKind.NAME for host in self._matches) + _REMEMBERED
        self._paths = {
            host: Paths(found) for host, found in self._matches.items() if len(found) >= _MANY
        }
        self._chains: dict[str, tuple[Paths, ...]] = {}

    def match(self, host: str, path: str) -> Match | None:
        """Return the route for a request, or None.

        ``host`` in any case, with or without port and the root's dot. ``path`` without query, and
        decoded as match_path does.
        """
        chain = self._chains.get(host)
        if chain is None:
            chain = self._chain(host)
        for paths in chain:
            found = paths.exact.get(path) or paths.find(path)
            if found is not None:
                return found
        return None

    def _chain(self, host: str) -> tuple[Paths, ...]:
        chain = tuple(map(self._paths_of, self._hosts.matching(normalise_host(host))))
        if len(host) <= MAX_NAME:
            if len(self._chains) >= self._kept:
                self._chains.clear()
            self._chains[host] = chain
        return chain

    def _paths_of(self, pattern: HostPattern) -> Paths:
        paths = self._paths.get(pattern)
        if paths is None:
            paths = self._paths[pattern] = Paths(self._matches[pattern])
        return paths


def compile_routes(routes: Sequence[Route]) -> Table:
    """Return the table of ``routes``.

    Raises Rivals when a request could be for two of them alike.
    """
    matches = [
        Match(route, index, host, path)
        for index, route in enumerate(routes)
        for host in route.hosts
        for path in route.paths
    ]
    refuse_rivals(matches)
    return Table(matches)
