# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each section of a configuration becomes."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from samples.config import one_route, snapshot
from sluice_proxy.routes.model.actions import FieldChanges, Page, Redirect, Rewrite
from sluice_proxy.routes.model.health import ActiveCheck, HealthChecks, PassiveCheck
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.path_pattern import parse_path_pattern
from sluice_proxy.routes.model.policies import (
    Balancing,
    BalancingMethod,
    ClientCertificate,
    Maintenance,
    MaintenanceMode,
    RateLimit,
    RetryOn,
    RetryPolicy,
    RouteTimeouts,
    StickyCookie,
    TlsPolicy,
)
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Scheme, Target, TargetState, TargetTls
from sluice_proxy.routes.portal import portal_route
from sluice_proxy.snapshot.admin import Admin
from sluice_proxy.snapshot.fleet import Redis
from sluice_proxy.snapshot.issuing import Issuing, Provider
from sluice_proxy.snapshot.limits import ClientTimeouts, Limits, UpstreamLimits
from sluice_proxy.snapshot.listening import Listener, TcpAddress, UnixAddress
from sluice_proxy.snapshot.observing import Log, Logs, Metrics, Rotation
from sluice_proxy.snapshot.pages import GATEWAY_STATUSES, Pages, plain_page
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.snapshot.tls import Certificate, HostPolicy, Pem, TlsSettings


def test_an_empty_file_is_every_default() -> None:
    assert snapshot("") == Snapshot(version=1)


def test_an_empty_section_and_one_that_begins_with_x_are_none() -> None:
    assert snapshot("routes:\nlimits:\nx-shared: {any: thing}") == Snapshot(version=1)


def test_a_route_with_nothing_but_targets_is_for_everything() -> None:
    assert one_route("targets: http://a") == Route("*/", targets=(Target(host="a"),))


def test_listen() -> None:
    found = snapshot("""
        listen:
          - 0.0.0.0:80
          - {address: "[::]:443", tls: yes, proxy_protocol_from: 10.0.0.0/8, backlog: 9}
          - {address: unix:/s, mode: 0600}
        """).listeners
    assert found == (
        Listener(TcpAddress("0.0.0.0", 80)),
        Listener(TcpAddress("::", 443), True, (ip_network("10.0.0.0/8"),), 9),
        Listener(UnixAddress("/s", 0o600)),
    )


def test_one_listener_needs_no_list() -> None:
    assert snapshot("listen: 0.0.0.0:80").listeners == (Listener(TcpAddress("0.0.0.0", 80)),)


@pytest.mark.parametrize(("text", "workers"), [("auto", None), ("4", 4), ("off", None)])
def test_workers(text: str, workers: int | None) -> None:
    assert snapshot(f"workers: {text}").workers == workers


def test_limits_timeouts_and_upstream() -> None:
    found = snapshot("""
        limits: {head_bytes: 1KiB, target_bytes: 2KiB, field_bytes: 3KiB, fields: 4, body_bytes: 5,
                 connections: 6, connections_per_client: 7, requests_per_connection: 8}
        timeouts: {head: 1, body: 2s, send: 3s, idle: 4m, handshake: 500ms, drain: 6s}
        upstream: {connections: 1, idle: 2, idle_time: 3, queue: 4, wait: 5, resolve: 6}
        """)
    assert found.limits == Limits(1024, 2048, 3072, 4, 5, 6, 7, 8)
    assert found.timeouts == ClientTimeouts(1.0, 2.0, 3.0, 240.0, 0.5, 6.0)
    assert found.upstream == UpstreamLimits(1, 2, 3.0, 4, 5.0, 6.0)


def test_connections_to_targets_need_be_neither_kept_nor_waited_for() -> None:
    found = snapshot("upstream: {idle: 0, queue: 0}").upstream
    assert (found.idle, found.queue) == (0, 0)


def test_routes_with_the_same_text_or_file_have_it_once() -> None:
    found = snapshot("""
        x-page: &page <h1>busy
        routes: [{hosts: a, page: *page}, {hosts: b, page: *page}]
        """).routes
    first, second = (route.page for route in found)
    assert first is not None
    assert second is not None
    assert first.content is second.content


def test_off_is_no_limit_where_there_need_be_none() -> None:
    found = snapshot("limits: {body_bytes: off, connections_per_client: off}")
    assert found.limits == Limits()


def test_log_and_metrics() -> None:
    found = snapshot("""
        log:
          access: {path: /a.log, max_bytes: 1MiB, max_age: 1h, keep: 3}
          error: off
          level: debug
        metrics: {address: 127.0.0.1:9000, path: /m}
        """)
    assert found.logs == Logs(Log("/a.log", Rotation(1 << 20, 3600.0, 3)), Log(None), "debug")
    assert found.metrics == Metrics(TcpAddress("127.0.0.1", 9000), "/m")


def test_certificates_are_files_or_text() -> None:
    found = snapshot("""
        certificates:
          - {chain: c.pem, key: k.pem, password: p, hosts: ["*.A.com"]}
          - {chain: "-----BEGIN C", key: "Bag: x\\n-----BEGIN K", password_file: pw}
        """).certificates
    assert found == (
        Certificate(Pem("/etc/edge/c.pem"), Pem("/etc/edge/k.pem"), b"p", hosts=("*.a.com",)),
        Certificate(
            Pem(text=b"-----BEGIN C"),
            Pem(text=b"Bag: x\n-----BEGIN K"),
            password_file="/etc/edge/pw",
        ),
    )
    assert "BEGIN" not in repr(found)


def test_tls_policies_come_from_the_section_and_from_routes() -> None:
    found = snapshot("""
        tls:
          min_version: 1.3
          strict_sni: true
          hosts: [{hosts: [a.com, .b.com], client_certificate: optional, client_ca: ca.pem}]
        routes:
          - {hosts: c.com, tls: {client_certificate: required, client_ca: ca.pem}}
        """).tls
    optional = TlsPolicy("1.2", ClientCertificate.OPTIONAL, "/etc/edge/ca.pem")
    required = TlsPolicy("1.2", ClientCertificate.REQUIRED, "/etc/edge/ca.pem")
    assert found == TlsSettings(
        TlsPolicy("1.3"),
        strict_sni=True,
        hosts=(
            HostPolicy(parse_host_pattern("a.com"), optional),
            HostPolicy(parse_host_pattern(".b.com"), optional),
            HostPolicy(parse_host_pattern("c.com"), required),
        ),
    )


def test_issuing() -> None:
    found = snapshot("""
        issuing:
          provider: local_ca
          automatic: all
          folder: /ca
          mkcert: true
          names: [dev.test, "*.dev.test", .all.test]
        """).issuing
    names = map(parse_host_pattern, ("dev.test", "*.dev.test", ".all.test"))
    assert found == Issuing(Provider.LOCAL_CA, True, "/ca", True, tuple(names))


@pytest.mark.parametrize("text", ["", "issuing:", "issuing: none", "issuing: off", "issuing: {}"])
def test_by_itself_the_proxy_makes_no_certificates(text: str) -> None:
    assert snapshot(text).issuing == Issuing()
    assert Issuing().provider is None


def test_the_provider_may_stand_alone() -> None:
    assert snapshot("issuing: self_signed").issuing == Issuing(Provider.SELF_SIGNED)


def test_fleet() -> None:
    found = snapshot("""
        fleet:
          redis:
            address: redis.example.com:6380
            database: 3
            username: edge
            password_file: /password
            tls: true
            trust_file: /ca.pem
            prefix: blue
            secret_file: secret
        """).fleet
    assert found == Redis(
        "redis.example.com:6380", 3, "edge", "/password", True, "/ca.pem", "blue",
        "/etc/edge/secret",
    )  # fmt: skip


@pytest.mark.parametrize("text", ["", "fleet:", "fleet: {}", "fleet: {redis: }"])
def test_by_itself_a_node_is_alone(text: str) -> None:
    assert snapshot(text).fleet is None


@pytest.mark.parametrize(
    ("text", "redis"),
    [
        ("redis://10.0.0.5:6380/3", Redis("10.0.0.5:6380", 3)),
        ("redis://redis.example.com", Redis("redis.example.com:6379")),
        ("redis://[2001:db8::5]/", Redis("[2001:db8::5]:6379")),
        ("rediss://[2001:db8::5]:6380", Redis("[2001:db8::5]:6380", tls=True)),
        ("10.0.0.5:6379", Redis("10.0.0.5:6379")),
        ("unix:/run/redis/redis.sock", Redis("/run/redis/redis.sock")),
    ],
)
def test_the_place_of_redis_may_stand_alone(text: str, redis: Redis) -> None:
    assert snapshot(f"fleet: {{redis: '{text}'}}").fleet == redis


def test_a_certificate_that_is_asked_for_leaves_the_policy_of_a_host_to_others() -> None:
    found = snapshot("""
        issuing: local_ca
        routes:
          - {hosts: a.test, tls: auto}
          - {hosts: a.test, paths: /b, tls: {min_version: 1.3}}
        """)
    assert [(entry.host, entry.policy) for entry in found.tls.hosts] == [
        (parse_host_pattern("a.test"), TlsPolicy("1.3"))
    ]


def test_pages() -> None:
    found = snapshot(
        """
        pages:
          no_route: <h1>nothing</h1>
          no_healthy: {content: busy, status: 502, content_type: text/x}
          errors: {502: {file: broken.html}}
        """,
        **{"broken.html": b"\0"},
    ).pages
    assert found == Pages(
        no_route=Page(b"<h1>nothing</h1>", "text/html; charset=utf-8", 404),
        no_healthy=Page(b"busy", "text/x", 502),
        errors={
            **{status: plain_page(status) for status in GATEWAY_STATUSES},
            502: Page(b"\0", "application/octet-stream", 502),
        },
    )


@pytest.mark.parametrize("tls", ["auto", "{certificate: auto}"])
def test_a_route_may_ask_for_a_certificate_without_a_policy_of_its_own(tls: str) -> None:
    route = one_route(f"hosts: a.test\ntls: {tls}", "issuing: local_ca")

    assert route.certificate_made
    assert route.tls is None


def test_a_route_may_ask_for_a_certificate_beside_its_policy() -> None:
    text = "hosts: a.test\ntls: {certificate: auto, min_version: '1.3'}"
    route = one_route(text, "issuing: local_ca")

    assert route.certificate_made
    assert route.tls == TlsPolicy("1.3")


def test_an_empty_policy_of_a_route_is_the_usual_one_and_asks_for_no_certificate() -> None:
    route = one_route("hosts: a.test\ntls: {}")

    assert not route.certificate_made
    assert route.tls == TlsPolicy()


def test_the_pages_of_404_and_503_serve_without_route_or_target_too() -> None:
    found = snapshot("pages: {errors: {404: lost, 503: busy}}").pages
    assert (found.no_route.content, found.no_healthy.content) == (b"lost", b"busy")


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("http://a:1/p?q", Target(host="a", port=1, path="/p", query="q")),
        ("{url: 'unix:/s', path: /p}", Target(socket="/s", path="/p")),
        ("{url: http://a, weight: 0}", Target(host="a", weight=0)),
        ("{url: http://a, state: draining}", Target(host="a", state=TargetState.DRAINING)),
        (
            "{url: https://a, tls: {ca: c, certificate: x, key: y, server_name: B.C}}",
            Target(
                Scheme.HTTPS,
                "a",
                443,
                tls=TargetTls(True, "/etc/edge/c", "/etc/edge/x", "/etc/edge/y", "b.c"),
            ),
        ),
        (
            "{url: https://a, tls: {verify: false}}",
            Target(Scheme.HTTPS, "a", 443, tls=TargetTls(False)),
        ),
    ],
)  # fmt: skip
def test_targets(text: str, target: Target) -> None:
    assert one_route(f"targets: [{text}]").targets == (target,)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("hosts: [a, B.com]", "hosts", tuple(map(parse_host_pattern, ("a", "b.com")))),
        ("paths: [/a, =/b]", "paths", tuple(map(parse_path_pattern, ("/a", "=/b")))),
        ("redirect: https", "redirect", Redirect("https://{host}{path}{query}", 308, True)),
        ("redirect: {location: /x, status: '301'}", "redirect", Redirect("/x", 301)),
        ("page: hi", "page", Page(b"hi", "text/plain; charset=utf-8", 200)),
        ("page: {file: f, status: 410}", "page", Page(b"<x>", "text/html; charset=utf-8", 410)),
        ("rewrite: {strip: /a%20b}", "rewrite", Rewrite(strip="/a b")),
        ("rewrite: {replace: {beginning: /a, by: /é}}", "rewrite",
         Rewrite(replace=("/a", "/%C3%A9"))),
        ("rewrite: {forward_path: /f}", "rewrite", Rewrite(forward_path="/f")),
        ("keep_host: false", "keep_host", False),
        ("request_fields: {remove: [X-A], set: {X-B: b}, add: {X-C: [c, d], e: 1}}",
         "request_fields",
         FieldChanges(("x-a",), (("x-b", "b"),), (("x-c", "c"), ("x-c", "d"), ("e", "1")))),
        ("response_fields: {set: {a: ''}}", "response_fields", FieldChanges(set=(("a", ""),))),
        ("timeouts: {connect: 1, response: 2, read: 3, send: 4, total: 5, tunnel: off}", "timeouts",
         RouteTimeouts(1.0, 2.0, 3.0, 4.0, 5.0, None)),
        ("body_limit: 1KiB", "body_limit", 1024),
        ("body_limit: off", "body_limit", 0),
        ("keep_host: true", "body_limit", None),
        ("balancing: client_hash", "balancing", Balancing(BalancingMethod.CLIENT_HASH)),
        ("balancing: {slow_start: 5s, sticky: {secret: 0123456789abcdef, name: N, max_age: 1h,"
         " path: /p, domain: d, secure: true, same_site: None}}", "balancing",
         Balancing(
             sticky=StickyCookie(b"0123456789abcdef", "N", 3600, "/p", "d", True, "None"),
             slow_start=5.0,
         )),
        ("retry: off", "retry", RetryPolicy(attempts=1)),
        ("retry: {attempts: 3, on: [503], methods: [GET], budget: 1, reserve: 0}", "retry",
         RetryPolicy(3, frozenset({RetryOn.HTTP_503}), frozenset({"GET"}), 1.0, 0.0)),
        ("retry: {on: 503, methods: LINK}", "retry",
         RetryPolicy(on=frozenset({RetryOn.HTTP_503}), methods=frozenset({"LINK"}))),
        ("request_fields: {remove: X-A}", "request_fields", FieldChanges(("x-a",))),
        ("health: off", "health", HealthChecks()),
        ("rate_limit: off", "rate_limit", None),
        ("health: /up", "health", HealthChecks(ActiveCheck("/up"))),
        ("health: {passive: true}", "health", HealthChecks(passive=PassiveCheck())),
        ("health: {passive: {errors: 1, window: 2, cooldown: 3}}", "health",
         HealthChecks(passive=PassiveCheck(1, 2.0, 3.0))),
        ("health: {active: {endpoint: /u, expected_code: 204, expected_body: b, host: h,"
         " expected_header: 'F: v', timeout: 1, attempts: 2, interval: 3, rise: 4, fall: 5}}",
         "health", HealthChecks(ActiveCheck("/u", 204, "b", ("f", "v"), "h", 1.0, 2, 3.0, 4, 5))),
        ("rate_limit: 5/s", "rate_limit", RateLimit(5.0, 5)),
        ("rate_limit: {rate: 6/m, burst: 2, clients: 3}", "rate_limit", RateLimit(0.1, 2, 3)),
        ("rate_limit: 6/m", "rate_limit", RateLimit(0.1, 1)),
        ("maintenance: stop", "maintenance", Maintenance(MaintenanceMode.STOP)),
        ("maintenance: off", "maintenance", Maintenance()),
        ("maintenance: {mode: pause, hold: 1, queue: 2, retry_after: 3}", "maintenance",
         Maintenance(MaintenanceMode.PAUSE, 1.0, 2, 3)),
        ("tls: {min_version: 1.3}", "tls", TlsPolicy("1.3")),
    ],
)  # fmt: skip
def test_routes(text: str, field: str, value: object) -> None:
    assert getattr(one_route(text, f=b"<x>"), field) == value


def test_a_route_in_portals_words() -> None:
    found = one_route("""
        portal:
          {subdomain: s, domain: d.com, path: /p/, targets: ["http://a/x"], fwdpath: /f, page: "",
           endpoint: up, expected_code: 201, expected_body: b, expected_header: "F:v", host: h,
           timeout: 500, attempts: 2}
        """)
    assert found == portal_route(
        subdomain="s",
        domain="d.com",
        path="/p/",
        targets=(Target(host="a", path="/x"),),
        fwdpath="/f",
        endpoint="/up",
        expected_code=201,
        expected_body="b",
        expected_header="F:v",
        host="h",
        timeout=500,
        attempts=2,
    )
    assert found.name == "s.**.d.com/p/"


def test_a_route_in_portals_words_may_have_a_name_and_a_page() -> None:
    found = one_route("{name: n, portal: {page: <b>}}")
    assert found.name == "n"
    assert found.page == Page(b"<b>", "text/html; charset=utf-8", 200)


def test_the_store_and_the_admin_api_are_what_the_file_says() -> None:
    found = snapshot(
        """
        store: /var/lib/edge/edge.db
        admin:
          listen: [unix:/run/a, {address: unix:/run/b, mode: 0660, group: edge}, 127.0.0.1:9443]
          tokens_file: tokens
          certificate: {chain: chain.pem, key: key.pem}
        """
    )

    assert found.store == "/var/lib/edge/edge.db"
    assert found.admin is not None
    first, second, third = found.admin.addresses
    assert (first, second) == (UnixAddress("/run/a"), UnixAddress("/run/b"))
    assert (first.mode, first.group) == (0o600, None)
    assert (second.mode, second.group) == (0o660, "edge")
    assert third == TcpAddress("127.0.0.1", 9443)
    assert found.admin.tokens_file == "/etc/edge/tokens"
    assert found.admin.certificate is not None
    assert snapshot("admin: unix:/run/a").admin == Admin((first,))
    assert (snapshot("").store, snapshot("").admin) == (None, None)
