# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status document: what it says of routes, targets, certificates and logs."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.status import facts, leaf
from sluice_proxy.admin.status import (
    CertificateStatus,
    RouteStatus,
    StoreStatus,
    Traffic,
    WorkerStatus,
)
from sluice_proxy.resources.model import Declared, Kind, Origin, Resource
from sluice_proxy.supervisor.status import status_of
from sluice_proxy.supervisor.status_traffic import Rates

CONFIG = """
listen: [127.0.0.1:80, {address: "[::1]:443", tls: true}]
log: {access: {path: /var/log/access.log}, error: {path: null}, level: warning}
routes:
  - name: shop
    hosts: [shop.test, "*.shop.test"]
    paths: [/buy/, /look]
    targets:
      - http://10.0.0.1:8080
      - {url: http://10.0.0.2:8080, weight: 3, state: draining}
  - {name: old, hosts: old.test, redirect: {location: "https://shop.test/"}}
  - name: plain
    hosts: plain.test
    redirect: {location: "https://{host}{path}", only_plain: true}
    targets: http://10.0.0.3
  - {name: soon, hosts: soon.test, page: {content: soon}}
  - {name: nothing, hosts: nothing.test}
"""


def routes(**changed: object) -> dict[str, RouteStatus]:
    made = facts(CONFIG, **changed)
    return {route.name: route for route in status_of(made).routes}


def test_a_route_is_told_with_its_patterns_and_its_targets() -> None:
    shop = routes(healthy={("shop", "http://10.0.0.1:8080"): True})["shop"]

    assert shop.hosts == ("shop.test", "*.shop.test")
    assert shop.paths == ("/buy/", "/look")
    assert [(one.name, one.weight, one.state, one.health) for one in shop.targets] == [
        ("http://10.0.0.1:8080", 1, "active", "healthy"),
        ("http://10.0.0.2:8080", 3, "draining", "unchecked"),
    ]


def test_what_answers_is_told() -> None:
    assert {name: route.action for name, route in routes().items()} == {
        "shop": "targets",
        "old": "redirect",
        "plain": "targets",
        "soon": "page",
        "nothing": "nothing",
    }


def test_a_target_that_checks_find_unhealthy_is_told_so() -> None:
    shop = routes(healthy={("shop", "http://10.0.0.1:8080"): False})["shop"]

    assert shop.targets[0].health == "unhealthy"


def test_traffic_is_told_where_it_was() -> None:
    busy, whole = Traffic(per_second=2.5, total=9), Traffic(per_second=3.0, total=10)
    found = Rates(whole, {"shop": busy}, {("shop", "http://10.0.0.2:8080"): busy})
    made = routes(rates=found)

    assert made["shop"].traffic == busy
    assert [target.traffic for target in made["shop"].targets] == [Traffic(), busy]
    assert made["old"].traffic == Traffic()
    assert status_of(facts(CONFIG, rates=found)).traffic == whole


def test_routes_of_the_api_are_told_from_those_of_the_file() -> None:
    of_api = Resource(Kind.ROUTE, "shop", {}, version=3)
    of_file = Resource(Kind.ROUTE, "old", {}, origin=Origin.FILE)
    made = routes(declared=declared(of_api, of_file))

    assert [made[name].origin for name in ("shop", "old", "soon")] == ["api", "file", "file"]


def declared(*resources: Resource) -> Declared:
    of_kind: dict[Kind, dict[str, Resource]] = {kind: {} for kind in Kind}
    for one in resources:
        of_kind[one.kind][one.id] = one
    return Declared(1, of_kind)


def test_a_certificate_is_told_with_the_days_it_has_left() -> None:
    good = Resource(
        Kind.CERTIFICATE, "shop", {}, origin=Origin.FILE, leaf=leaf("file", ends=10 * 86400.0)
    )
    made = facts(CONFIG, now=4 * 86400.0, declared=declared(good))
    (found,) = status_of(made).certificates

    assert (found.id, found.origin, found.provider) == ("shop", "file", "file")
    assert (found.not_after, found.days_left) == (10 * 86400.0, 6)
    assert found.fingerprint == leaf("file").fingerprint
    assert found.said == ""
    (late,) = status_of(replace(made, now=11 * 86400.0)).certificates
    assert late.days_left == -1


def test_a_certificate_that_could_not_be_made_says_why() -> None:
    wanted = Resource(Kind.CERTIFICATE, "x", {"provider": "local_ca"})
    made = facts(CONFIG, declared=declared(wanted), said_of_certificates={"x": "no such folder"})
    (found,) = status_of(made).certificates

    assert (found.provider, found.names, found.said) == ("local_ca", (), "no such folder")
    assert (found.fingerprint, found.not_after, found.days_left) == ("", 0, 0)


def test_those_of_routes_are_told_behind_the_declared_ones() -> None:
    own = Resource(Kind.CERTIFICATE, "x", {}, leaf=leaf("given"))
    automatic = CertificateStatus(
        "auto a.test", Origin.FILE, "local_ca", ("a.test",), "ab", 1.0, 2.0
    )
    made = facts(CONFIG, declared=declared(own), automatic=(automatic,))

    assert [one.id for one in status_of(made).certificates] == ["x", "auto a.test"]
    assert status_of(made).certificates[1] == automatic


def test_the_rest_is_told_as_it_is() -> None:
    worker = WorkerStatus(7, "serving", 3, 0.5)
    store = StoreStatus("sqlite", "/var/lib/x.db", 4, "the disk is full")
    made = status_of(
        facts(CONFIG, workers=(worker,), store=store, refused="bad", log_level="debug")
    )

    assert [(one.address, one.tls) for one in made.listeners] == [
        ("127.0.0.1:80", False),
        ("[::1]:443", True),
    ]
    assert (made.workers, made.store, made.refused) == ((worker,), store, "bad")
    assert (made.access_log, made.error_log, made.log_level) == (
        "/var/log/access.log",
        None,
        "debug",
    )


@pytest.mark.parametrize("secret", ["PRIVATE KEY", "password"])
def test_no_secret_is_in_it(secret: str) -> None:
    document = {"provider": "given", "key": "-----BEGIN PRIVATE KEY-----", "password": "password"}
    one = Resource(Kind.CERTIFICATE, "shop", document, leaf=leaf("given"))

    assert secret not in repr(status_of(facts(CONFIG, declared=declared(one))))


@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_everything_is_json(per_second: float, p50: float) -> None:
    whole = Traffic(per_second=per_second, p50=p50)
    made = status_of(facts(CONFIG, rates=Rates(whole, {"shop": whole}, {})))

    assert json.loads(json.dumps(asdict(made), allow_nan=False))["traffic"]["p50"] == p50
