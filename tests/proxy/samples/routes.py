# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes made of texts, for tests to be short."""

from __future__ import annotations

from sluice_proxy.routes.matching.table import Table, compile_routes
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.path_pattern import parse_path_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Target


def route(where: str, name: str = "") -> Route:
    """Return a route for a host pattern and a path pattern with a blank between them."""
    host, _unused, path = where.partition(" ")
    return Route(
        name or where,
        hosts=(parse_host_pattern(host),),
        paths=(parse_path_pattern(path or "/"),),
    )


def table(*places: str) -> Table:
    """Return the table of routes that are called after their places."""
    return compile_routes([route(place) for place in places])


def found(routes: Table, host: str, path: str) -> str | None:
    """Return the name of the route for a request."""
    match = routes.match(host, path)
    return None if match is None else match.route.name


def targets(*weights: int) -> tuple[Target, ...]:
    """Return targets on different ports, the first on 1."""
    return tuple(Target(port=port, host="t", weight=w) for port, w in enumerate(weights, 1))
