# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What routes do with requests in a running worker, and what a change of them leaves alone."""

from __future__ import annotations

import threading
import time

from running.client import Client, Response
from running.proxy import Proxy, to
from running.upstream import Conversation, Upstream

LISTEN = "listen: ['127.0.0.1:1']\n"


def ask(proxy: Proxy, path: str = "/", host: str = "a", fields: str = "") -> Response:
    """Ask on a connection of its own."""
    with proxy.client() as client:
        return client.get(path, host, fields)


def test_hosts_and_paths_lead_to_their_routes_and_others_nowhere() -> None:
    config = LISTEN + (
        "routes:\n"
        "  - {name: one, hosts: [a.example], page: {content: one}}\n"
        "  - {name: two, hosts: [a.example], paths: [/two], page: {content: two, status: 418}}\n"
        "pages: {no_route: nothing here}\n"
    )
    with Proxy(config) as proxy:
        assert ask(proxy, "/", "A.Example.:80").content == b"one"
        assert ask(proxy, "/two/x", "a.example").status == 418
        nowhere = ask(proxy, "/", "b.example")
        assert (nowhere.status, nowhere.content) == (404, b"nothing here")
        assert [line["route"] for line in proxy.log(3)] == ["one", "two", ""]


def test_redirects_keep_path_and_query_and_do_not_ask_the_target() -> None:
    config = LISTEN + (
        "routes:\n"
        "  - name: secure\n"
        "    redirect: {location: 'https://{host}{path}{query}', only_plain: true}\n"
    )
    with Proxy(config) as proxy:
        response = ask(proxy, "/a/b?c", "example.com:8080")
        assert (response.status, response["location"]) == (308, "https://example.com/a/b?c")


def test_paths_are_rewritten_and_fields_changed_both_ways() -> None:
    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.answer(fields=b"X-Powered-By: me\r\n")

    more = (
        "paths: [/api]\n"
        "rewrite: {strip: /api}\n"
        "keep_host: false\n"
        "request_fields: {set: {X-Edge: 'yes'}, remove: [Cookie]}\n"
        "response_fields: {remove: [X-Powered-By], add: {X-Frame-Options: DENY}}\n"
    )
    with Upstream(script) as upstream, Proxy(to(f"'{upstream.url}/v1?k=1'", more)) as proxy:
        response = ask(proxy, "/api/users?x=2", fields="Cookie: a=b\r\nX-Edge: no\r\n")
        (request,) = upstream.requests
        assert request.startswith(b"GET /v1/users?k=1&x=2 HTTP/1.1\r\n")
        assert f"\r\nHost: 127.0.0.1:{upstream.port}\r\n".encode() in request
        assert b"\r\nx-edge: yes\r\n" in request.lower()
        assert b"Cookie" not in request
        assert b"no\r\n" not in request
        assert "x-powered-by" not in response
        assert response["x-frame-options"] == "DENY"


def test_a_path_that_would_climb_above_what_it_is_forwarded_to_is_a_400() -> None:
    config = LISTEN + (
        "routes: [{name: all, portal: {path: /files*, fwdpath: /public, targets: ['%s']}}]\n"
    )
    with Upstream() as upstream, Proxy(config % upstream.url) as proxy, proxy.client() as client:
        assert client.get("/files../secret").status == 400
        assert client.get("/files/x").status == 200
        assert [request.split(b" ")[1] for request in upstream.requests] == [b"/public/x"]
        assert proxy.in_flight() == 0


def test_content_over_the_limit_is_a_413_whether_its_length_is_declared_or_not() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url, "body_limit: 100")) as proxy:
        with proxy.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n" + b"x" * 101)
            assert client.response().status == 413
        with proxy.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n" + b"x" * 100)
            assert client.response().status == 200
            head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
            client.send(head + b"32\r\n" + b"x" * 50 + b"\r\n")
            time.sleep(0.1)
            client.send(b"33\r\n" + b"x" * 51 + b"\r\n")
            assert client.response().status == 413
        assert proxy.in_flight() == 0


def test_clients_over_the_rate_limit_are_told_when_to_come_again() -> None:
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url, "rate_limit: {rate: 1/s, burst: 2}")) as proxy,
        proxy.client() as client,
    ):
        assert [client.get().status for _unused in range(2)] == [200, 200]
        refused = client.get()
        assert (refused.status, refused["retry-after"]) == (429, "1")


def test_a_redirect_to_https_believes_a_trusted_proxy_that_it_came_by_https() -> None:
    said = "X-Forwarded-Proto: https\r\n"
    with Upstream() as upstream:
        config = to(upstream.url, "redirect: https")
        with Proxy(config) as proxy, proxy.client() as client:
            assert client.get(fields=said)["location"] == "https://a/"
        with Proxy(config + "trusted: [127.0.0.1]\n") as proxy, proxy.client() as client:
            assert client.get()["location"] == "https://a/"
            assert client.get(fields=said).content == b"ok"


def test_clients_behind_a_trusted_proxy_are_counted_one_by_one() -> None:
    with Upstream() as upstream:
        config = to(upstream.url, "rate_limit: {rate: 1/m, burst: 1}") + "trusted: [127.0.0.0/8]\n"
        with Proxy(config) as proxy, proxy.client() as client:
            seen = [
                client.get(fields=f"X-Forwarded-For: 6.6.6.6, 192.0.2.{n}, 127.0.0.9\r\n").status
                for n in (1, 2, 1)
            ]
            assert seen == [200, 200, 429]
            assert proxy.log(3)[0]["client"] == "192.0.2.1"


def test_request_ids_of_trusted_clients_are_kept() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url) + "trusted: [127.0.0.1]\n") as proxy:
        ask(proxy, fields="X-Request-Id: from-the-edge\r\n")
        assert b"\r\nX-Request-Id: from-the-edge\r\n" in upstream.requests[0]
        assert proxy.log()[0]["id"] == "from-the-edge"


def test_a_cookie_keeps_a_client_at_its_target() -> None:
    def named(name: bytes) -> Upstream:
        def script(conversation: Conversation) -> None:
            while conversation.read_request():
                conversation.answer(name)

        return Upstream(script)

    more = "balancing: {sticky: {secret: 0123456789abcdef0123456789abcdef}}"
    with (
        named(b"1") as first,
        named(b"2") as second,
        Proxy(to(f"{first.url}, {second.url}", more)) as proxy,
        proxy.client() as client,
    ):
        begun = client.get()
        cookie = begun["set-cookie"].split(";")[0]
        for _unused in range(4):
            response = client.get(fields=f"Cookie: x=y; {cookie}\r\n")
            assert response.content == begun.content
            assert "set-cookie" not in response


def test_maintenance_answers_503_until_it_is_over() -> None:
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url, "maintenance: {mode: stop, retry_after: 30}")) as proxy,
    ):
        response = ask(proxy)
        assert (response.status, response["retry-after"]) == (503, "30")
        proxy.adopt(to(upstream.url))
        assert ask(proxy).status == 200


def test_a_pause_holds_requests_until_it_is_over_and_not_forever() -> None:
    with Upstream() as upstream:
        paused = to(upstream.url, "maintenance: {mode: pause, hold: 30s}")
        with Proxy(paused) as proxy, proxy.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nheld")
            time.sleep(0.2)
            assert not upstream.requests
            proxy.adopt(to(upstream.url))
            assert client.response().status == 200
            assert upstream.requests[0].endswith(b"held")
            proxy.adopt(to(upstream.url, "maintenance: {mode: pause, hold: 200ms, queue: 1}"))
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.05)
            # One is held already, which is all that may be.
            assert ask(proxy).status == 503
            assert client.response().status == 503
            assert proxy.in_flight() == 0


def test_a_change_of_routes_reaches_open_connections_and_drops_nothing() -> None:
    go_on = threading.Event()

    def slow(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nold ")
            go_on.wait(5)
            conversation.send(b"body")

    with (
        Upstream(slow) as first,
        Upstream() as second,
        Proxy(to(first.url)) as proxy,
        proxy.client() as running,
        proxy.client() as idle,
    ):
        running.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        running.head()
        proxy.adopt(to(second.url))
        assert idle.get().content == b"ok"
        go_on.set()
        assert running.exactly(8) == b"old body"
        assert running.get().content == b"ok"
        assert proxy.in_flight() == 0


def test_targets_keep_their_counts_and_connections_when_routes_change() -> None:
    release = threading.Event()

    def script(conversation: Conversation) -> None:
        while request := conversation.read_request():
            if b"/slow" in request:
                release.wait(5)
            conversation.answer()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy:
        with proxy.client() as slow, proxy.client() as quick:
            assert quick.get().status == 200
            slow.send(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.1)
            for number in range(3):
                proxy.adopt(to(upstream.url, f"timeouts: {{read: {number + 1}s}}"))
                assert proxy.in_flight() == 1
            release.set()
            assert slow.response().status == 200
            assert proxy.in_flight() == 0
            assert quick.get().status == 200
        assert upstream.connections == 1


def test_draining_ends_connections_with_their_requests() -> None:
    release = threading.Event()

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            release.wait(5)
            conversation.answer()

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url)) as proxy,
        proxy.client() as busy,
        proxy.client() as idle,
    ):
        busy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.1)
        ended: list[bool] = []
        drain = threading.Thread(target=lambda: ended.append(proxy.run(proxy.worker.drain(10))))
        drain.start()
        time.sleep(0.1)
        # A request that was on its way when it began is answered still.
        release.set()
        assert idle.get()["connection"] == "close"
        assert busy.response()["connection"] == "close"
        assert busy.is_closed()
        drain.join()
        assert ended == [True]
        assert connection_is_refused(proxy)


def connection_is_refused(proxy: Proxy) -> bool:
    """Return whether no one listens any more."""
    try:
        Client(("127.0.0.1", proxy.port)).close()
    except ConnectionRefusedError:
        return True
    return False


def test_every_exchange_is_counted_once() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        for _unused in range(3):
            client.get()
        client.send(b"nonsense\r\n\r\n")
        assert client.response().status == 400
        seen = proxy.metrics.of("all", upstream.url)
        assert seen.statuses == {200: 3}
        assert sum(seen.durations.counts) == 3
        lines = proxy.log(4)
        assert seen.bytes_in == sum(line["bytes_in"] for line in lines[:3])
        assert seen.bytes_out == sum(line["bytes_out"] for line in lines[:3])
        assert proxy.metrics.of("", "").statuses == {400: 1}
