# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests through a running worker: HTTP/1.1 as clients and upstreams really speak it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

import pytest
import uvloop
from running.client import Client
from running.proxy import Proxy, to
from running.upstream import Conversation, Upstream

LOOPS = pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])


def says(response: bytes) -> Callable[[Conversation], None]:
    """Return a script: this response to every request, then close."""

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(response)

    return script


@LOOPS
def test_connections_are_kept_on_both_sides(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    with Upstream() as upstream, Proxy(to(upstream.url), loop=loop) as proxy:
        with proxy.client() as client:
            for _unused in range(5):
                response = client.get()
                assert (response.status, response.content) == (200, b"ok")
        assert upstream.connections == 1
        assert len(upstream.requests) == 5
        assert proxy.in_flight() == 0


def test_the_upstream_is_told_of_the_client() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy:
        with proxy.client() as client:
            client.get("/x?y", "Example.com:80", "X-Forwarded-For: 9.9.9.9\r\nAccept: */*\r\n")
        (request,) = upstream.requests
        assert request.startswith(b"GET /x?y HTTP/1.1\r\nHost: Example.com:80\r\n")
        assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in request
        assert b"\r\nX-Forwarded-Proto: http\r\n" in request
        assert b"9.9.9.9" not in request
        (line,) = proxy.log()
        assert f"\r\nX-Request-Id: {line['id']}\r\n".encode() in request


def test_pipelined_requests_are_answered_in_order() -> None:
    def script(conversation: Conversation) -> None:
        while request := conversation.read_request():
            path = request.split(b" ")[1]
            time.sleep(0.05 if path == b"/0" else 0)
            conversation.answer(path)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(20)))
        for number in range(20):
            assert client.response().content == b"/%d" % number


def test_pipelined_requests_that_the_proxy_answers_itself_need_no_stack() -> None:
    config = "listen: ['127.0.0.1:1']\nroutes:\n  - name: p\n    page: {content: hi}\n"
    with Proxy(config) as proxy, proxy.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 3000)
        for _unused in range(3000):
            assert client.response().content == b"hi"


@LOOPS
@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 3_000_000])
def test_content_of_known_length_goes_through_unchanged_both_ways(
    size: int, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]

    def echo(conversation: Conversation) -> None:
        while request := conversation.read_request():
            conversation.answer(request.partition(b"\r\n\r\n")[2])

    with Upstream(echo) as upstream, Proxy(to(upstream.url), loop=loop) as proxy:
        with proxy.client() as client:
            for _unused in range(2):
                head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % size
                sender = threading.Thread(target=client.send, args=(head + body,))
                sender.start()
                assert client.response().content == body
                sender.join()
        assert upstream.connections == 1


def test_chunked_content_and_trailers_go_through_both_ways() -> None:
    chunked = b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nX-Sum: 7\r\n\r\n"

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n" + chunked
            )

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        head = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n"
        for _unused in range(2):
            client.send(head + b"Connection: TE\r\n\r\n")
            for place in range(len(chunked)):
                client.send(chunked[place : place + 1])
            response = client.response()
            assert response.content == b"abcdefg"
            assert response.trailers == b"X-Sum: 7\r\n"
        assert upstream.requests[0].endswith(chunked)
        assert upstream.connections == 1


def test_a_response_that_ends_with_its_connection_is_chunked_for_1_1_and_closed_for_1_0() -> None:
    response = b"HTTP/1.1 200 OK\r\n\r\nall of it"
    with Upstream(says(response)) as upstream, Proxy(to(upstream.url)) as proxy:
        with proxy.client() as client:
            for _unused in range(2):
                assert client.get().content == b"all of it"
        with proxy.client() as client:
            client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            answer = client.response()
            assert answer.content == b"all of it"
            assert answer["connection"] == "close"


def test_the_chunked_coding_is_taken_off_for_1_0() -> None:
    response = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    with (
        Upstream(says(response)) as upstream,
        Proxy(to(upstream.url)) as proxy,
        proxy.client() as client,
    ):
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.response().content == b"abcde"


def test_responses_without_content_leave_the_connection_in_step() -> None:
    def script(conversation: Conversation) -> None:
        while request := conversation.read_request():
            if request.startswith(b"HEAD"):
                conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            elif b"/204" in request:
                conversation.send(b"HTTP/1.1 204 No Content\r\n\r\n")
            elif b"/304" in request:
                conversation.send(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n")
            else:
                conversation.answer()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.response("HEAD")["content-length"] == "1000"
        assert client.get("/204").status == 204
        assert client.get("/304").status == 304
        assert client.get("/").content == b"ok"
        assert upstream.connections == 1


def test_100_continue_is_asked_for_and_relayed() -> None:
    def script(conversation: Conversation) -> None:
        head = conversation.read_head()
        assert b"\r\nExpect: 100-continue\r\n" in head
        conversation.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        conversation.answer(conversation.read_exactly(5))

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.response().status == 100
        client.send(b"hello")
        assert client.response().content == b"hello"


def test_a_refusal_instead_of_100_closes_the_connection() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno")
        conversation.read_exactly(1)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy:
        with proxy.client() as client:
            client.send(
                b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
            )
            response = client.response()
            assert (response.status, response["connection"]) == (401, "close")
            assert client.is_closed()
        assert proxy.in_flight() == 0


def test_103_early_hints_are_relayed() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n")
        conversation.answer()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        hints = client.get()
        assert (hints.status, hints["link"]) == (103, "</s.css>; rel=preload")
        assert client.response().content == b"ok"


def test_an_early_response_reaches_a_client_that_is_still_sending() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig")
        conversation.read_exactly(10**9)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n" + b"x" * 5000)
        response = client.response()
        assert (response.status, response.content) == (413, b"big")
        assert response["connection"] == "close"
        # What the client sends meanwhile must not become a reset that destroys the response.
        client.send(b"x" * 100_000)
        assert client.is_closed()


def test_events_come_one_by_one() -> None:
    go_on = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        for number in range(3):
            conversation.send(b"data: %d\n\n" % number)
            go_on.wait(10)
            go_on.clear()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.head()
        for number in range(3):
            assert client.until(b"\n\n\r\n").endswith(b"data: %d\n\n\r\n" % number)
            go_on.set()
        assert client.until(b"0\r\n\r\n") == b"0\r\n\r\n"


def test_options_is_answered_where_max_forwards_ends() -> None:
    ask = b"OPTIONS * HTTP/1.1\r\nHost: a\r\nMax-Forwards: %d\r\n\r\n"
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(ask % 0)
        assert client.response("OPTIONS").status == 204
        assert not upstream.requests
        client.send(ask % 3)
        assert client.response("OPTIONS").status == 200
        assert b"\r\nMax-Forwards: 2\r\n" in upstream.requests[0]


def test_connect_is_refused_and_the_client_sees_why() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nmore that nobody reads")
        response = client.response()
        assert (response.status, response["connection"]) == (501, "close")
        assert client.is_closed()
        (line,) = proxy.log()
        assert line["status"] == 501
        assert "CONNECT" in line["error"]


def test_half_closed_clients_get_their_response() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        time.sleep(0.1)
        conversation.answer()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        client.end_sending()
        assert client.response().content == b"ok"
        assert client.is_closed()


def test_a_connection_ends_after_as_many_requests_as_are_allowed() -> None:
    with Upstream() as upstream:
        config = to(upstream.url) + "limits: {requests_per_connection: 3}\n"
        with Proxy(config) as proxy, proxy.client() as client:
            assert "connection" not in client.get()
            assert "connection" not in client.get()
            assert client.get()["connection"] == "close"
            assert client.is_closed()


def test_http_1_0_is_kept_alive_only_when_asked_to() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        for _unused in range(2):
            client.send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert client.response()["connection"] == "keep-alive"
        client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert client.response().status == 200
        assert client.is_closed()


def test_clients_on_a_unix_socket_are_served(tmp_path: object) -> None:
    path = f"{tmp_path}/proxy.sock"
    with Upstream() as upstream, Proxy(to(upstream.url), unix=path), Client(path) as client:
        assert client.get().content == b"ok"
        assert b"X-Forwarded-For" not in upstream.requests[0]


def test_targets_on_a_unix_socket_are_asked(tmp_path: object) -> None:
    path = f"{tmp_path}/target.sock"
    with Upstream(path=path), Proxy(to(f"'unix:{path}'")) as proxy, proxy.client() as client:
        assert client.get().content == b"ok"


def test_targets_are_found_by_name() -> None:
    with Upstream() as upstream:
        url = f"http://localhost:{upstream.port}"
        with Proxy(to(url)) as proxy, proxy.client() as client:
            assert client.get().content == b"ok"


def test_a_name_that_is_unknown_is_a_502_that_says_so() -> None:
    with Proxy(to("http://nowhere.invalid")) as proxy, proxy.client() as client:
        assert client.get().status == 502
        (line,) = proxy.log()
        assert "nowhere.invalid cannot be resolved" in line["error"]
