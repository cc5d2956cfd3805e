# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that are upgraded: websockets, and tunnels of any bytes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from running.client import Client
from running.proxy import Proxy, to
from running.service import until
from running.upstream import Conversation, Upstream
from websockets.sync.client import connect
from websockets.sync.server import Server, ServerConnection, serve

UPGRADE = (
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
SWITCHED = (
    b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)


@contextmanager
def echo_server() -> Iterator[str]:
    """Run a server that sends every message back; yield its URL."""

    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    server: Server = serve(echo, "127.0.0.1", 0, max_size=None, compression=None)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.socket.getsockname()[1]}"
    finally:
        server.shutdown()
        thread.join()


def upgraded(proxy: Proxy) -> Client:
    """Return a connection through the tunnel."""
    client = proxy.client()
    client.send(UPGRADE.encode())
    response = client.response()
    assert (response.status, response["upgrade"]) == (101, "websocket")
    return client


def test_websockets_work_with_a_real_client_and_server() -> None:
    with echo_server() as url, Proxy(to(url)) as proxy:
        with connect(f"ws://127.0.0.1:{proxy.port}/", max_size=None) as socket:
            for message in ("hello", b"\0\1", "x" * 2_000_000):
                socket.send(message)
                assert socket.recv() == message
        assert proxy.in_flight() == 0
        (line,) = proxy.log()
        assert (line["status"], "error" in line) == (101, False)
        assert line["bytes_out"] > 2_000_000


def test_websockets_survive_a_change_of_routes() -> None:
    with (
        echo_server() as url,
        Proxy(to(url)) as proxy,
        connect(f"ws://127.0.0.1:{proxy.port}/") as socket,
    ):
        for number in range(20):
            proxy.adopt(to("http://127.0.0.1:9", f"timeouts: {{read: {number + 1}s}}"))
            socket.send(str(number))
            assert socket.recv() == str(number)


def test_a_tunnel_is_under_way_as_long_as_it_is_open_whatever_becomes_of_its_target() -> None:
    with echo_server() as url, Proxy(to(url)) as proxy:
        with connect(f"ws://127.0.0.1:{proxy.port}/"):
            assert proxy.under_way() == {("all", url): 1}
            # The target goes, and is another one when it comes back.
            proxy.adopt(to("http://127.0.0.1:9"))
            proxy.adopt(to(url))
            assert proxy.under_way() == {("all", url): 1}
        until(lambda: not proxy.under_way(), "the end of the tunnel")


def test_bytes_that_come_with_the_heads_are_the_first_of_the_tunnel() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED + b"first")
        conversation.send(conversation.read_exactly(5))

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(UPGRADE.encode() + b"early")
        assert client.response().status == 101
        assert client.exactly(10) == b"firstearly"


def test_a_client_that_ends_its_side_still_gets_the_rest() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED)
        received = conversation.read_exactly(10**6)
        conversation.send(b"you said %d bytes" % len(received))

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy:
        with upgraded(proxy) as client:
            client.send(b"x" * 1000)
            client.end_sending()
            assert client.rest() == b"you said 1000 bytes"
        assert proxy.in_flight() == 0


def test_a_target_that_ends_its_side_still_gets_the_rest() -> None:
    got: list[bytes] = []
    done = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED + b"bye")
        conversation.socket.shutdown(1)
        got.append(conversation.read_exactly(10**6))
        done.set()

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy:
        with upgraded(proxy) as client:
            assert client.rest() == b"bye"
            client.send(b"last words")
            client.end_sending()
            assert done.wait(5)
        assert got == [b"last words"]
        assert proxy.in_flight() == 0


def test_a_refused_upgrade_is_a_response_like_any_other() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.send(UPGRADE.encode())
        assert client.response().content == b"ok"
        assert client.get().content == b"ok"


def test_other_protocols_are_not_asked_for() -> None:
    with Upstream() as upstream, Proxy(to(upstream.url)) as proxy, proxy.client() as client:
        client.get(fields="Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")
        assert b"pgrade" not in upstream.requests[0]
        assert b"h2c" not in upstream.requests[0]


def test_a_silent_tunnel_is_closed() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED)
        conversation.read_exactly(1)

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, "timeouts: {tunnel: 200ms}")) as proxy,
        upgraded(proxy) as client,
    ):
        assert client.is_closed()
        assert "silent" in proxy.log()[0]["error"]
        assert proxy.in_flight() == 0


def test_a_tunnel_holds_back_who_sends_too_much() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED)
        for _unused in range(64):
            conversation.send(b"x" * 1_000_000)

    with Upstream(script) as upstream, Proxy(to(upstream.url)) as proxy, upgraded(proxy) as client:
        time.sleep(0.3)
        (line_out,) = {exchange.bytes_out for exchange in watched_exchanges(proxy)}
        assert line_out < 32_000_000
        assert len(client.rest()) == 64_000_000


def watched_exchanges(proxy: Proxy) -> list[object]:
    """Return the exchanges that run."""
    return [one for one in proxy.worker.deadlines.watched if hasattr(one, "bytes_out")]


def test_the_total_limit_is_one_of_exchanges_and_ends_tunnels_too() -> None:
    def script(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(SWITCHED)
        conversation.read_exactly(1)

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url, "timeouts: {total: 300ms}")) as proxy,
        upgraded(proxy) as client,
        pytest.raises(EOFError),
    ):
        client.exactly(1)
