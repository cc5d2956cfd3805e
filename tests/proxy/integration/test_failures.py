# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What clients see when targets fail, and what is tried again."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
import uvloop
from running.proxy import Proxy, to
from running.upstream import Conversation, Upstream

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def unused_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def says(response: bytes) -> Callable[[Conversation], None]:
    """Return a script: this response to the first request, then close."""

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(response)

    return script


def two(first: str, second: str, more: str = "") -> str:
    """Return a configuration of a route with two targets, the first of which is asked first."""
    return to(f"{first}, {second}", more)


MALFORMED = {
    "no HTTP": b"220 mail.example.com ESMTP\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunked": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "bare line feed": b"HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "endless head": b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000,
    "broken first chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "101 without being asked": (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
    ),
    "closed at once": b"",
    "closed within its head": b"HTTP/1.1 200 OK\r\nContent-Le",
}


@pytest.mark.parametrize("response", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_response_is_a_502_and_its_connection_is_closed(response: bytes) -> None:
    config_more = "retry: {attempts: 1}"
    with (
        Upstream(says(response)) as upstream,
        Proxy(to(upstream.url, config_more)) as proxy,
        proxy.client() as client,
    ):
        answer = client.get()
        assert (answer.status, answer.content) == (502, b"Bad Gateway\n")
        # The client's connection is none the worse for it.
        upstream.script = says(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert client.get().status == 204
        assert upstream.connections == 2
        assert proxy.in_flight() == 0
        assert proxy.log(2)[0]["error"].startswith("the target ")


BROKEN_OFF = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nha",
    "bad later chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhaXX",
}


@pytest.mark.parametrize("response", BROKEN_OFF.values(), ids=BROKEN_OFF.keys())
def test_a_response_that_breaks_off_is_cut_so_that_the_client_can_tell(response: bytes) -> None:
    head, mark, content = response.partition(b"\r\n\r\n")

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(head + mark)
        time.sleep(0.05)
        conversation.send(content)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        with pytest.raises((EOFError, ConnectionResetError)):
            client.get()
        (line,) = proxy.log()
        assert line["status"] == 200
        assert line["error"].startswith("the target ")
        assert proxy.in_flight() == 0


def test_what_follows_a_response_spoils_its_connection() -> None:
    extra = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" + b"HTTP/1.1 200 OK\r\n\r\nsmuggled"

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(extra)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        for _unused in range(3):
            assert client.get().content == b"ok"
        assert upstream.connections == 3


def test_bytes_on_an_idle_connection_are_no_response() -> None:
    told = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.answer()
        time.sleep(0.05)
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil")
        told.set()
        while conversation.read_request():
            conversation.answer()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        assert client.get().content == b"ok"
        told.wait(5)
        time.sleep(0.05)
        assert client.get().content == b"ok"
        assert upstream.connections == 2


def test_a_target_that_refuses_connections_is_passed_over() -> None:
    with Upstream() as upstream:
        dead = f"http://127.0.0.1:{unused_port()}"
        with Proxy(two(dead, upstream.url)) as proxy, proxy.client() as client:
            for _unused in range(4):
                assert client.get().content == b"ok"
            assert proxy.in_flight() == 0


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a host that does not answer: what connects to it waits."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, ExitStack() as waiting:
        for _unused in range(8):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_a_target_that_does_not_accept_in_time_is_passed_over(silent: str) -> None:
    with (
        Upstream() as upstream,
        Proxy(two(silent, upstream.url, "timeouts: {connect: 200ms}")) as proxy,
        proxy.client() as client,
    ):
        for _unused in range(2):
            # Nothing of it was sent, so that its method does not matter.
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
            assert client.response().content == b"ok"
        assert proxy.in_flight() == 0


def test_a_target_that_alone_does_not_accept_in_time_is_a_504(silent: str) -> None:
    with (
        Proxy(to(silent, "timeouts: {connect: 100ms}")) as proxy,
        proxy.client() as client,
    ):
        assert client.get().status == 504
        assert proxy.in_flight() == 0


def test_content_is_sent_again_to_the_next_target() -> None:
    with Upstream() as upstream:
        dead = f"http://127.0.0.1:{unused_port()}"
        with Proxy(two(dead, upstream.url)) as proxy, proxy.client() as client:
            for number in range(4):
                client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n%02d" % number)
                assert client.response().content == b"ok"
            assert [request[-2:] for request in upstream.requests] == [b"00", b"01", b"02", b"03"]


def test_a_connection_that_went_stale_while_idle_costs_no_request() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.answer()
        # Closed as soon as the next request comes: the proxy cannot know before it has sent it.
        conversation.read_head()

    with Upstream(script) as upstream:
        config = to(upstream.url, "retry: {attempts: 1}")
        with Proxy(config) as proxy, proxy.client() as client:
            for _unused in range(5):
                assert client.get().content == b"ok"
            assert upstream.connections == 5
            assert proxy.in_flight() == 0


def test_a_post_is_not_sent_twice() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()

    with (
        Upstream(script) as first,
        Upstream(script) as second,
        Proxy(two(first.url, second.url)) as proxy,
        proxy.client() as client,
    ):
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab")
        assert client.response().status == 502
        assert len(first.requests) + len(second.requests) == 1


def test_a_503_of_one_target_becomes_the_200_of_another_where_the_route_says_so() -> None:
    bad = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nbad"

    def overloaded(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(bad)

    with Upstream(overloaded) as first, Upstream() as second:
        with Proxy(two(first.url, second.url, "retry: {on: ['503']}")) as proxy:
            with proxy.client() as client:
                for _unused in range(4):
                    assert client.get().content == b"ok"
            assert first.requests
            assert proxy.in_flight() == 0
        with Proxy(to(first.url)) as proxy, proxy.client() as client:
            assert client.get().content == b"bad"


def test_a_target_that_does_not_answer_is_a_504() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.read_head()

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, "timeouts: {response: 200ms}")) as proxy,
    ):
        with proxy.client() as client:
            answer = client.get()
            assert (answer.status, answer.content) == (504, b"Gateway Timeout\n")
        assert proxy.in_flight() == 0


def test_a_response_that_stops_is_cut() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        conversation.read_head()

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, "timeouts: {read: 200ms}")) as proxy,
        proxy.client() as client,
    ):
        with pytest.raises((EOFError, ConnectionResetError)):
            client.get()
        assert proxy.in_flight() == 0


def test_a_whole_exchange_has_a_limit() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_request()
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _unused in range(50):
            conversation.send(b"x")
            time.sleep(0.1)

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, "timeouts: {total: 300ms}")) as proxy,
        proxy.client() as client,
    ):
        with pytest.raises((EOFError, ConnectionResetError)):
            client.get()
        assert "whole exchange" in proxy.log()[0]["error"]


def test_clients_that_go_away_free_their_target() -> None:
    asked = threading.Event()
    closed = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        asked.set()
        conversation.send(b"HTTP/1.1 200 OK\r\n\r\nsome")
        if conversation.read_head() == b"":
            closed.set()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy:
        client = proxy.client()
        client.send(GET)
        client.until(b"some")
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
        assert closed.wait(5)
        assert proxy.in_flight() == 0
        assert proxy.log()[0]["error"] == "the client closed the connection"


def test_requests_wait_for_a_connection_and_not_forever() -> None:
    release = threading.Event()

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            release.wait(5)
            conversation.answer()

    with Upstream(script) as upstream:
        config = to(upstream.url) + "upstream: {connections: 1, queue: 1, wait: 300ms}\n"
        with Proxy(config) as proxy:
            first, second, third = (proxy.client() for _unused in range(3))
            first.send(GET)
            time.sleep(0.1)
            second.send(GET)
            time.sleep(0.1)
            third.send(GET)
            assert third.response().status == 503
            assert second.response().status == 503
            release.set()
            assert first.response().content == b"ok"
            assert second.get().content == b"ok"
            assert upstream.connections == 1
            assert proxy.in_flight() == 0
            for client in (first, second, third):
                client.close()


def test_failures_take_a_target_out_and_time_brings_it_back() -> None:
    broken = threading.Event()
    broken.set()

    def script(conversation: Conversation) -> None:
        while conversation.read_request():
            if broken.is_set():
                return
            conversation.answer(b"first")

    more = "health: {passive: {errors: 2, window: 10s, cooldown: 500ms}}\nretry: {budget: 1}"
    with (
        Upstream(script) as first,
        Upstream() as second,
        Proxy(two(first.url, second.url, more)) as proxy,
        proxy.client() as client,
    ):
        for _unused in range(10):
            assert client.get().content == b"ok"
        assert len(first.requests) == 2
        assert any("is taken out" in line for line in proxy.errors)
        broken.clear()
        time.sleep(1)
        assert {client.get().content for _unused in range(4)} == {b"first", b"ok"}


def answers_nothing(conversation: Conversation) -> None:
    conversation.read_request()
    conversation.read_head()


@pytest.mark.parametrize(
    "script",
    [
        says(b""),
        answers_nothing,
        says(b"nonsense\r\n\r\n"),
        *(
            says(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
            for status in (502, 503, 504)
        ),
    ],
    ids=["no answer", "none in time", "malformed", "502", "503", "504"],
)
def test_every_kind_of_failure_counts_against_a_target(
    script: Callable[[Conversation], None],
) -> None:
    more = "health: {passive: {errors: 1, cooldown: 1h}}\ntimeouts: {response: 200ms}"
    with Upstream(script) as bad, Upstream() as good:
        with Proxy(two(bad.url, good.url, more)) as proxy, proxy.client() as client:
            for _unused in range(3):
                client.get()
            assert [client.get().status for _unused in range(2)] == [200, 200]
            assert [line for line in proxy.errors if "is taken out" in line]
        assert bad.connections == 1


def test_an_error_of_the_application_counts_against_no_target() -> None:
    more = "health: {passive: {errors: 1, cooldown: 1h}}"
    no = says(b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n")
    with (
        Upstream(no) as first,
        Upstream(no) as second,
        Proxy(two(first.url, second.url, more)) as proxy,
        proxy.client() as client,
    ):
        assert [client.get().status for _unused in range(2)] == [500, 500]
        assert proxy.errors == []


def test_targets_that_checks_find_unhealthy_are_not_asked() -> None:
    with (
        Upstream() as first,
        Upstream() as second,
        Proxy(two(first.url, second.url)) as proxy,
        proxy.client() as client,
    ):

        async def set_health(target: str, healthy: bool) -> None:
            proxy.worker.set_health("all", target, healthy)

        proxy.run(set_health(first.url, False))
        assert all(client.get().status == 200 for _unused in range(4))
        assert not first.requests
        proxy.run(set_health(second.url, False))
        answer = client.get()
        assert (answer.status, answer.content) == (503, b"Service Unavailable\n")
        proxy.run(set_health(first.url, True))
        assert client.get().status == 200
        assert first.requests


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_an_early_answer_is_kept_though_the_target_resets_the_connection(
    loop: Callable[[], asyncio.AbstractEventLoop],
) -> None:
    asked, go_on, reset = threading.Event(), threading.Event(), threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.socket.recv(100)
        asked.set()
        go_on.wait(10)
        conversation.send(b"HTTP/1.1 413 Big\r\nContent-Length: 9000\r\n\r\n" + b"b" * 9000)
        # Closing with content unread makes a reset of it.
        conversation.socket.close()
        reset.set()

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url), loop=loop) as proxy,
        proxy.client() as client,
    ):

        async def send_into_the_reset() -> None:
            while not asked.is_set():
                await asyncio.sleep(0.01)
            # The loop stands still, so it sees nothing of the answer before it sends more.
            go_on.set()
            reset.wait(10)
            (inside,) = proxy.worker.clients
            for _unused in range(3):
                inside.data_received(b"x" * 100_000)

        client.send(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000)
        proxy.run(send_into_the_reset())
        response = client.response()
        assert (response.status, response.content) == (413, b"b" * 9000)
        assert proxy.in_flight() == 0
