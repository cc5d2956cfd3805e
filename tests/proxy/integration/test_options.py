# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of the configuration that nothing else shows the effect of, in a running worker."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from running.certificates import SelfSigned, self_signed
from running.client import Client, Response
from running.proxy import Proxy, to, without_tls
from running.service import running
from running.upstream import Conversation, Upstream, answer_all_through
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.tls.upstream_contexts import upstream_context
from sluice_proxy.worker.tls_contexts import TlsContexts

LISTEN = "listen: ['127.0.0.1:1']\n"


@pytest.fixture
def certificate(tmp_path: Path) -> SelfSigned:
    return self_signed(tmp_path, "a.example")


def named(name: bytes) -> Upstream:
    """Return an upstream whose answers are its name."""

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.answer(name)

    return Upstream(script)


def dead() -> str:
    """Return the address of a target that refuses connections."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return f"http://127.0.0.1:{sock.getsockname()[1]}"


def ask(proxy: Proxy, path: str = "/", host: str = "a", fields: str = "") -> Response:
    """Ask on a connection of its own."""
    with proxy.client() as client:
        return client.get(path, host, fields)


# What clients may take


def test_as_many_connections_wait_for_a_worker_as_the_backlog_says() -> None:
    listener = Listener(TcpAddress("127.0.0.1", 0), backlog=9)
    with Proxy(LISTEN, listener=listener) as proxy:
        information = proxy._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
        # Of a listening socket, what elsewhere counts segments is its bound (tcpi_sacked).
        assert struct.unpack_from("I", information, 28) == (9,)


@pytest.mark.parametrize(
    ("limit", "good", "bad", "status"),
    [
        ("target_bytes: 20", "/" + "x" * 19, "/" + "x" * 20, 414),
        ("head_bytes: 200", "/", "/" + "x" * 200, 431),
        ("field_bytes: 100", "/", "/", 431),
        ("fields: 3", "/", "/", 431),
    ],
)
def test_heads_over_the_limits_are_refused(limit: str, good: str, bad: str, status: int) -> None:
    more = f"X-Long: {'x' * 100}\r\nA: 1\r\nB: 2\r\n" if bad == good else ""
    with Proxy(LISTEN + f"limits: {{{limit}}}\nroutes: [{{page: hi}}]") as proxy:
        assert ask(proxy, good).status == 200
        assert ask(proxy, bad, fields=more).status == status


def test_the_content_of_all_routes_has_a_limit_that_a_route_may_lift() -> None:
    config = LISTEN + (
        "limits: {body_bytes: 3}\n"
        "routes: [{hosts: a, targets: '%s'}, {hosts: b, body_limit: off, targets: '%s'}]"
    )
    with Upstream() as upstream, Proxy(config % (upstream.url, upstream.url)) as proxy:
        for host, status in (("a", 413), ("b", 200)):
            with proxy.client() as client:
                client.send(
                    f"POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 4\r\n\r\nfour".encode()
                )
                assert client.response().status == status


def test_numbers_are_read_at_the_path_that_is_set(tmp_path: Path) -> None:
    config = "listen: 127.0.0.1:PORT\nmetrics: {address: 127.0.0.1:METRICS, path: /m}\nworkers: 1"
    with running(tmp_path, config) as proxy:
        assert proxy.page("/metrics")[0] == 404
        status, numbers = proxy.page("/m")
        assert status == 200
        assert "\nsluice_workers 1\n" in numbers


# Answers of the proxy itself


def test_pages_have_their_content_type_and_status() -> None:
    config = LISTEN + (
        "pages:\n"
        "  no_healthy: {content: busy, content_type: text/x, status: 502}\n"
        "  errors: {502: <b>broken}\n"
        "routes:\n"
        "  - {name: none, hosts: none, targets: [{url: http://t, weight: 0}]}\n"
        f"  - {{name: dead, hosts: dead, targets: ['{dead()}']}}\n"
    )
    with Proxy(config) as proxy:
        busy, broken = ask(proxy, host="none"), ask(proxy, host="dead")
        assert (busy.status, busy["content-type"], busy.content) == (502, "text/x", b"busy")
        assert (broken.status, broken.content) == (502, b"<b>broken")
        assert broken["content-type"] == "text/html; charset=utf-8"


def test_a_redirect_has_its_status() -> None:
    config = LISTEN + (
        "routes: [{redirect: {location: '/new{rest}{query}', status: 302}, paths: /old}]"
    )
    with Proxy(config) as proxy:
        found = ask(proxy, "/old/x?y")
        assert (found.status, found["location"]) == (302, "/new/x?y")


def test_a_redirect_to_https_lets_through_what_came_over_tls(certificate: SelfSigned) -> None:
    context = certificate.towards_clients()
    contexts = TlsContexts(lambda _snapshot: lambda _hello, _came_to: context, upstream_context)
    listener = Listener(TcpAddress("127.0.0.1", 0), tls=True)
    with Upstream() as upstream:
        config = to(upstream.url, "redirect: https")
        with Proxy(config) as proxy:
            assert ask(proxy)["location"] == "https://a/"
        with Proxy(config, listener=listener, contexts=contexts) as proxy:
            plain = socket.create_connection(("127.0.0.1", proxy.port))
            over_tls = certificate.trusted().wrap_socket(plain, server_hostname="a.example")
            with Client(over_tls) as client:
                assert client.get().content == b"ok"


def test_the_beginning_of_a_path_is_replaced() -> None:
    more = "rewrite: {replace: {beginning: /a, by: /b}}"
    with Upstream() as upstream, Proxy(to(upstream.url, more)) as proxy:
        ask(proxy, "/a/x")
        assert upstream.requests[0].startswith(b"GET /b/x HTTP/1.1\r\n")


def test_fields_are_added_to_requests_and_set_in_responses() -> None:
    more = "request_fields: {add: {X-A: [b, c]}}\nresponse_fields: {set: {Server: edge}}"
    with Upstream() as upstream, Proxy(to(upstream.url, more)) as proxy:
        assert ask(proxy, fields="X-A: a\r\n")["server"] == "edge"
        lines = upstream.requests[0].lower().split(b"\r\n")
        assert [line for line in lines if line.startswith(b"x-a:")] == [
            b"x-a: a",
            b"x-a: b",
            b"x-a: c",
        ]


def test_a_target_on_a_unix_socket_has_a_path_of_its_own(tmp_path: Path) -> None:
    place = str(tmp_path / "s")
    config = to(f"{{url: 'unix:{place}', path: /app}}")
    with Upstream(path=place) as upstream, Proxy(config) as proxy:
        assert ask(proxy, "/x").status == 200
        assert upstream.requests[0].startswith(b"GET /app/x HTTP/1.1\r\n")


# Which target


@pytest.mark.parametrize("method", ["least_connections", "random_of_two"])
def test_new_requests_go_to_the_target_with_less_to_do(method: str) -> None:
    asked, release = threading.Event(), threading.Event()

    def stuck(conversation: Conversation) -> None:
        while b"/slow" in conversation.read_request():
            asked.set()
            release.wait(10)
        conversation.answer(b"stuck")

    with (
        Upstream(stuck) as first,
        named(b"free") as second,
        # The only target at first, so that it is the one with a request in flight.
        Proxy(to(first.url, f"balancing: {method}")) as proxy,
        proxy.client() as slow,
    ):
        slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        assert asked.wait(10)
        proxy.adopt(to(f"{first.url}, {second.url}", f"balancing: {method}"))
        assert [ask(proxy).content for _unused in range(6)] == [b"free"] * 6
        release.set()


def test_a_client_hash_sends_each_client_to_one_target() -> None:
    with named(b"1") as first, named(b"2") as second:
        config = to(f"{first.url}, {second.url}", "balancing: client_hash")
        with Proxy(config + "trusted: [127.0.0.1]\n") as proxy:
            seen = {
                number: {
                    ask(proxy, fields=f"X-Forwarded-For: 192.0.2.{number}\r\n").content
                    for _unused in range(3)
                }
                for number in range(12)
            }
            assert all(len(targets) == 1 for targets in seen.values())
            assert {target for targets in seen.values() for target in targets} == {b"1", b"2"}


def test_the_sticky_cookie_is_as_it_was_asked_for() -> None:
    more = (
        "balancing: {sticky: {secret: 0123456789abcdef, name: n, max_age: 1m, path: /p,"
        " domain: d.example, secure: true, same_site: Strict}}"
    )
    with Upstream() as upstream, Proxy(to(upstream.url, more)) as proxy:
        name, _unused, rest = ask(proxy)["set-cookie"].partition("=")
        value, _unused, attributes = rest.partition("; ")
        assert (name, len(value)) == ("n", 32)
        assert attributes == (
            "Path=/p; Domain=d.example; Max-Age=60; HttpOnly; SameSite=Strict; Secure"
        )


# Connections to targets


def test_no_connection_is_kept_where_none_may_be() -> None:
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url) + "upstream: {idle: 0}\n") as proxy,
        proxy.client() as client,
    ):
        assert [client.get().status for _unused in range(3)] == [200] * 3
        assert upstream.connections == 3


def test_connections_are_closed_that_are_idle_for_too_long() -> None:
    closed = threading.Event()

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.answer()
        closed.set()

    config = "upstream: {idle_time: 100ms}\n"
    with Upstream(script) as upstream, Proxy(to(upstream.url) + config) as proxy:
        assert ask(proxy).status == 200
        assert closed.wait(10)


def test_nobody_waits_for_a_connection_where_there_is_no_queue() -> None:
    asked, release = threading.Event(), threading.Event()

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            asked.set()
            release.wait(10)
            conversation.answer()

    with Upstream(script) as upstream:
        config = to(upstream.url) + "upstream: {connections: 1, queue: 0}\n"
        with Proxy(config) as proxy, proxy.client() as first:
            first.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert asked.wait(10)
            assert ask(proxy).status == 503
            release.set()
            assert first.response().status == 200


@pytest.mark.parametrize(("age", "lookups"), [("1ms", 3), ("1h", 1)])
def test_names_are_resolved_again_when_their_addresses_are_old(age: str, lookups: int) -> None:
    asked: list[str] = []

    class Loop(asyncio.SelectorEventLoop):
        async def getaddrinfo(self, host: Any, *arguments: Any, **more: Any) -> Any:
            asked.append(host)
            return await super().getaddrinfo(host, *arguments, **more)

    with Upstream() as upstream:
        config = to(f"http://localhost:{upstream.port}")
        config += f"upstream: {{idle: 0, resolve: {age}}}\n"
        with Proxy(config, loop=Loop) as proxy, proxy.client() as client:
            for _unused in range(3):
                assert client.get().status == 200
                time.sleep(0.002)
    assert asked.count("localhost") == lookups


def test_a_target_that_takes_nothing_is_a_504() -> None:
    over = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_head()
        over.wait(10)

    more = "timeouts: {send: 200ms, response: off}"
    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, more)) as proxy,
        proxy.client() as client,
    ):
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n")

        def send() -> None:
            try:
                for _unused in range(1000):
                    client.send(b"x" * 100_000)
            except OSError:
                # Closed when the answer was there.
                return

        sending = threading.Thread(target=send)
        sending.start()
        assert client.response().status == 504
        over.set()
        client.close()
        sending.join(10)


# Retries


def test_as_many_targets_are_tried_as_attempts_are_allowed() -> None:
    with Upstream() as upstream:
        places = f"{dead()}, {dead()}, {upstream.url}"
        for attempts, status in ((1, 502), (2, 502), (3, 200)):
            with Proxy(to(places, f"retry: {{attempts: {attempts}}}")) as proxy:
                assert ask(proxy).status == status


def test_without_a_budget_nothing_is_tried_again() -> None:
    with Upstream() as upstream:
        for budget, status in (("budget: 0, reserve: 0", 502), ("budget: 1, reserve: 0", 200)):
            with Proxy(to(f"{dead()}, {upstream.url}", f"retry: {{{budget}}}")) as proxy:
                assert ask(proxy).status == status
        # Without the budget the reserve is what may be.
        with Proxy(to(f"{dead()}, {upstream.url}", "retry: {budget: 0, reserve: 1}")) as proxy:
            assert ask(proxy).status == 200


@pytest.mark.parametrize(("methods", "status"), [("[GET]", 502), ("[GET, POST]", 200)])
def test_methods_that_are_named_are_sent_twice(methods: str, status: int) -> None:
    def closing(conversation: Conversation) -> None:
        conversation.read_request()

    with Upstream(closing) as first, Upstream() as second:
        more = f"retry: {{methods: {methods}}}"
        with Proxy(to(f"{first.url}, {second.url}", more)) as proxy, proxy.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            assert client.response().status == status


# TLS towards targets


@pytest.mark.parametrize(
    ("tls", "status"),
    [
        ("{server_name: a.example}", 502),
        ("{ca: CA, server_name: a.example}", 502),
        ("{ca: CA, server_name: b.example, certificate: CERT, key: KEY}", 502),
        ("{ca: CA, server_name: a.example, certificate: CERT, key: KEY}", 200),
        ("{verify: false, certificate: CERT, key: KEY}", 200),
    ],
    ids=["own authorities", "no certificate", "another name", "all right", "unverified"],
)
def test_a_target_and_the_proxy_prove_who_they_are(
    certificate: SelfSigned, tmp_path: Path, tls: str, status: int
) -> None:
    ours = self_signed(tmp_path, "edge.example")
    context = certificate.towards_clients()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(ours.chain)

    files = {"CA": certificate.chain, "CERT": ours.chain, "KEY": ours.key}
    for word, file in files.items():
        tls = tls.replace(word, file)
    contexts = TlsContexts(without_tls().towards_clients, upstream_context)
    with Upstream(answer_all_through(context)) as upstream:
        config = to(f"{{url: 'https://127.0.0.1:{upstream.port}', tls: {tls}}}")
        with Proxy(config, contexts=contexts) as proxy:
            assert ask(proxy).status == status
