# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are to be there: for what is declared, and for hosts of routes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from sluice_proxy.issuing.wanting import Demand, Wanted, decide
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.issuing import Issuing, Provider

OF_CA = Issuing(Provider.LOCAL_CA)
OF_ALL = Issuing(Provider.LOCAL_CA, all_routes=True)


def route(name: str, *hosts: str, asks: bool = True) -> Route:
    return Route(name, hosts=tuple(map(parse_host_pattern, hosts)), certificate_made=asks)


def document(name: str, *names: str) -> Wanted:
    return Wanted(name, Provider.LOCAL_CA, names)


def wanted(
    *routes: Route,
    issuing: Issuing = OF_CA,
    documents: Iterable[Wanted] = (),
    given: Iterable[str] = (),
) -> dict[str, tuple[str, ...]]:
    """Return the names of what is wanted by id; nothing may be in trouble."""
    found, troubles = decide(Demand(issuing, tuple(documents), routes, frozenset(given)))
    assert troubles == []
    return {one.id: one.names for one in found}


def trouble(
    *routes: Route, issuing: Issuing = OF_CA, documents: Iterable[Wanted] = ()
) -> tuple[str, str]:
    """Return the id and the message of what alone may not be."""
    found, (one,) = decide(Demand(issuing, tuple(documents), routes))
    assert one.wanted.id not in [each.id for each in found]
    assert not one.shown
    return one.wanted.id, one.message


def test_a_route_that_asks_gets_a_certificate_for_its_host() -> None:
    routes = route("a", "a.test"), route("quiet", "b.test", asks=False)

    assert wanted(*routes) == {"auto a.test": ("a.test",)}
    (one,), _troubles = decide(Demand(OF_CA, routes=routes))
    assert (one.provider, one.routes) == (Provider.LOCAL_CA, ("a",))


def test_every_route_gets_one_where_all_do_but_for_hosts_without_an_end() -> None:
    routes = route("a", "a.test", asks=False), route("b", "*", "www.**", "*.test", asks=False)

    assert wanted(*routes, issuing=OF_ALL) == {"auto a.test": ("a.test",)}


def test_who_makes_them_is_the_provider_of_the_file() -> None:
    (one,), _troubles = decide(Demand(Issuing(Provider.SELF_SIGNED), routes=[route("a", "a.test")]))

    assert one.provider is Provider.SELF_SIGNED


def test_there_is_one_for_each_host_pattern_however_many_routes_have_it() -> None:
    routes = route("a", "a.test", ".b.test"), route("b", "a.test"), route("c", "a.test", asks=False)

    assert wanted(*routes) == {"auto a.test": ("a.test",), "auto .b.test": ("b.test", "*.b.test")}
    found, _troubles = decide(Demand(OF_CA, routes=routes))
    assert [one.routes for one in found] == [("a", "b"), ("a",)]


def test_a_name_that_another_certificate_is_for_needs_none() -> None:
    routes = route("a", "a.test", "x.b.test", ".b.test", "x.a.test"), route("c", "c.test")

    assert wanted(*routes, given=["a.test", "*.b.test"], documents=[document("c", "c.test")]) == {
        "c": ("c.test",),
        "auto .b.test": ("b.test",),
        "auto x.a.test": ("x.a.test",),
    }


def test_a_declared_one_is_wanted_whatever_the_file_says_of_routes() -> None:
    documents = [document("ca", "a.test"), Wanted("self", Provider.SELF_SIGNED, ("any.com",), 9)]
    routes = [route("a", "a.test", asks=False)]

    (first, second), _troubles = decide(Demand(Issuing(), documents, routes))
    assert (first.id, first.provider, first.names) == ("ca", Provider.LOCAL_CA, ("a.test",))
    assert (second.id, second.provider, second.days) == ("self", Provider.SELF_SIGNED, 9)


@pytest.mark.parametrize("name", ["bank.test", "b.a.test", "*.a.test", "127.0.0.2"])
def test_the_ca_issues_for_no_name_that_is_not_registered(name: str) -> None:
    everything = route("a", "a.test", "127.0.0.1", "*", "www.**", asks=False)

    assert trouble(everything, documents=[document("bad", "a.test", name)]) == (
        "bad",
        f"{name} is of no route: declare one for it first, or have names of issuing allow it in"
        " the configuration file",
    )


def test_names_that_the_file_allows_need_no_route() -> None:
    names = tuple(map(parse_host_pattern, ("dev.test", ".all.test")))
    issuing = Issuing(names=names)
    documents = [document("one", "dev.test", "*.x.all.test")]

    assert wanted(issuing=issuing, documents=documents) == {"one": ("dev.test", "*.x.all.test")}
    assert trouble(issuing=issuing, documents=[document("one", "x.dev.test")])[0] == "one"


def test_a_route_asks_in_vain_where_nobody_makes_certificates() -> None:
    asking = route("a", "a.test")

    assert trouble(asking, issuing=Issuing()) == (
        "auto a.test",
        "nobody makes certificates: set provider of issuing in the configuration file",
    )
    covered, troubles = decide(Demand(Issuing(), routes=[asking], given=["a.test"]))
    assert (covered, troubles) == ([], [])


def test_a_host_that_clients_take_no_certificate_for_is_told_to_who_asks() -> None:
    assert trouble(route("a", "*.test")) == (
        "auto *.test",
        "no client accepts a certificate for *.test: its wildcard needs a domain of two labels at"
        " least, like *.example.test",
    )
