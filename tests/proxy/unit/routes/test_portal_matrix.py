# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Portal's matching matrix, host and path to answer, by its own fields."""

from __future__ import annotations

from typing import Any

import pytest
from samples.portal import REQUESTS, ROUTES
from samples.routes import found
from sluice_proxy.routes.matching.table import Table, compile_routes
from sluice_proxy.routes.model.actions import Page
from sluice_proxy.routes.model.health import ActiveCheck
from sluice_proxy.routes.model.target import Target
from sluice_proxy.routes.portal import portal_path, portal_route
from sluice_proxy.routes.rewriting.forwarding import Forwarding


@pytest.fixture(scope="module")
def routes() -> Table:
    return compile_routes([portal_route(**fields) for fields in ROUTES])


@pytest.mark.parametrize(("host", "path", "name"), REQUESTS)
def test_a_request_goes_where_portal_sends_it(
    routes: Table, host: str, path: str, name: str | None
) -> None:
    assert found(routes, host, path) == name


def test_subdomain_with_domain_beats_subdomain_beats_domain_beats_path() -> None:
    ranked: list[dict[str, Any]] = [
        {"name": "both", "subdomain": "b", "domain": "p.test"},
        {"name": "subdomain", "subdomain": "b", "path": "/a/long/path"},
        {"name": "domain", "domain": "p.test", "path": "/a/long/path"},
        {"name": "path", "path": "/a/long/path"},
    ]
    for place, fields in enumerate(ranked):
        left = compile_routes([portal_route(**each) for each in reversed(ranked[place:])])
        assert found(left, "b.p.test", "/a/long/path") == fields["name"]


def test_a_domain_has_any_number_of_labels() -> None:
    routes = compile_routes(
        [
            portal_route(name="uk", domain="shop.example.co.uk"),
            portal_route(name="admin", subdomain="admin.eu", domain="example.co.uk"),
            portal_route(name="host", domain="intranet"),
        ]
    )
    assert found(routes, "www.shop.example.co.uk", "/") == "uk"
    assert found(routes, "admin.eu.example.co.uk", "/") == "admin"
    assert found(routes, "eu.example.co.uk", "/") is None
    assert found(routes, "intranet", "/") == "host"


def test_a_route_without_fields_is_for_everything() -> None:
    assert found(compile_routes([portal_route(name="all")]), "any.host", "/any") == "all"


@pytest.mark.parametrize(
    ("path", "fwdpath", "target", "asked", "sent"),
    [
        ("/g", "/great-app", Target(), b"/g", b"/great-app/"),
        ("/g", "/great-app", Target(), b"/g/x", b"/great-app/x"),
        ("/g", "/great-app", Target(path="/base/"), b"/g/x", b"/base/great-app/x"),
        ("/g", "", Target(path="/base"), b"/g/x", b"/base/g/x"),
        ("/h", "", Target(query="app=mine"), b"/h?id=1", b"/h?app=mine&id=1"),
        ("/h", "", Target(query="app=mine"), b"/h", b"/h?app=mine"),
        ("/h", "", Target(), b"/h?", b"/h?"),
    ],
)
def test_fwdpath_and_the_targets_path_and_query_stand_where_portal_puts_them(
    path: str, fwdpath: str, target: Target, asked: bytes, sent: bytes
) -> None:
    route = portal_route(path=path, fwdpath=fwdpath, targets=(target,))
    requested, mark, query = asked.partition(b"?")
    forwarding = Forwarding(route.rewrite, route.paths[0], target)
    assert forwarding.origin_form(requested, query if mark else None) == sent


def test_health_fields_have_portals_defaults() -> None:
    assert portal_route().health.active is None
    route = portal_route(endpoint="health", expected_header="X-Up:yes", host="h", timeout=500)
    assert route.health.active == ActiveCheck(
        "/health", 200, "", ("x-up", "yes"), "h", timeout=0.5, attempts=3, interval=20.0
    )


def test_a_page_is_a_route_s_own_answer() -> None:
    page = Page(b"hello", "text/plain")
    assert portal_route(page=page, targets=(Target(),)).page == page


@pytest.mark.parametrize("path", ["/a*b", "/a?", "=/a", "a"])
def test_a_star_counts_at_the_end_of_portals_path_only(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        portal_path(path)
