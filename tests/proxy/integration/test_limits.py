# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Slow clients, many clients, and what one connection may cost."""

from __future__ import annotations

import threading
import time

import pytest
from running.proxy import Proxy, to
from running.upstream import Conversation, Upstream

PAGE = "routes: [{name: p, page: {content: hi}}]\n"
LISTEN = "listen: ['127.0.0.1:1']\n"


def test_a_head_that_comes_too_slowly_is_a_408() -> None:
    with Proxy(LISTEN + PAGE + "timeouts: {head: 400ms}\n") as proxy, proxy.client() as client:
        client.send(b"GET / HT")
        time.sleep(0.2)
        client.send(b"TP/1.1\r\n")
        response = client.response()
        assert (response.status, response["connection"]) == (408, "close")
        assert client.is_closed()


def test_a_client_that_sends_nothing_is_closed() -> None:
    with Proxy(LISTEN + PAGE + "timeouts: {head: 200ms}\n") as proxy, proxy.client() as client:
        assert client.is_closed()


def test_an_idle_connection_is_closed() -> None:
    with Proxy(LISTEN + PAGE + "timeouts: {idle: 200ms}\n") as proxy, proxy.client() as client:
        assert client.get().status == 200
        assert client.is_closed()


def test_content_that_does_not_come_is_a_408_and_frees_the_target() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url) + "timeouts: {body: 300ms}\n") as proxy:
        with proxy.client() as client:
            client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
            assert client.response().status == 408
            assert client.is_closed()
        assert proxy.in_flight() == 0


def test_content_that_comes_byte_by_byte_is_a_408_too() -> None:
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url) + "timeouts: {body: 500ms}\n") as proxy,
        proxy.client() as client,
    ):
        client.send(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.05):
                try:
                    client.send(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        assert client.response().status == 408
        stop.set()
        thread.join()


def test_a_client_that_does_not_read_is_closed_and_others_see_nothing_of_it() -> None:
    def big(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.answer(b"x" * 20_000_000)

    with (
        Upstream(big) as upstream,
        Proxy(to(upstream.url) + "timeouts: {send: 500ms}\n") as proxy,
    ):
        with proxy.client() as lazy, proxy.client() as eager:
            lazy.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert len(eager.get().content) == 20_000_000
            time.sleep(1)
            # What the system holds for the client is dropped, too: it does not get it for hours.
            with pytest.raises(ConnectionResetError):
                lazy.response()
        assert proxy.in_flight() == 0
        assert proxy.log(2)[1]["error"] == "the client did not take what was sent in time"


def test_connections_over_the_limits_are_closed_at_once() -> None:
    config = LISTEN + PAGE + "limits: {connections: 3, connections_per_client: 2}\n"
    with Proxy(config) as proxy:
        first, second = proxy.client(), proxy.client()
        assert [first.get().status, second.get().status] == [200, 200]
        with proxy.client() as third:
            assert third.is_closed()
        first.close()
        time.sleep(0.1)
        with proxy.client() as fourth:
            assert fourth.get().status == 200
        second.close()


def test_requests_that_come_ahead_are_bounded() -> None:
    request = b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 900 + b"\r\n\r\n"
    with (
        Upstream(lambda conversation: conversation.read_exactly(10**6)) as upstream,
        Proxy(to(upstream.url)) as proxy,
        proxy.client(timeout=1) as client,
    ):
        with pytest.raises(TimeoutError):
            client.send(request * 10_000)
        (ahead,) = [len(one._buffer) for one in proxy.worker.clients]
        # One more read than the limit.
        assert ahead <= 64 * 1024 + 256 * 1024
