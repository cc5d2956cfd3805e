# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Routes in Portal's words, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from running.proxy import Proxy
from running.upstream import Conversation, Upstream
from samples.portal import BASE, REQUESTS, ROUTES


def portal(*routes: dict[str, Any], **more: Any) -> str:
    """Return a configuration of routes in Portal's words; their names stand beside them."""
    entries = []
    for fields in routes:
        inner = {key: value for key, value in fields.items() if key != "name"}
        entries.append({"name": fields["name"], "portal": inner})
    return yaml.safe_dump({"listen": "127.0.0.1:1", "routes": entries, **more})


def test_every_request_of_the_matrix_gets_its_route() -> None:
    answering = [{**fields, "page": fields["name"]} for fields in ROUTES]
    config = portal(*answering, pages={"no_route": "no-routes"})
    with Proxy(config) as proxy, proxy.client() as client:
        seen = {(host, path): client.get(path, host).content for host, path, _name in REQUESTS}
    expected = {(host, path): (name or "no-routes").encode() for host, path, name in REQUESTS}
    assert seen == expected


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS", "PATCH"])
def test_a_page_answers_any_method_and_beats_targets(method: str) -> None:
    with Upstream() as upstream:
        config = portal({"name": "page", "page": "<h1>hi", "targets": [upstream.url]})
        with Proxy(config) as proxy, proxy.client() as client:
            client.send(f"{method} / HTTP/1.1\r\nHost: {BASE}\r\n\r\n".encode())
            answer = client.response()
        assert (answer.status, answer.content) == (200, b"<h1>hi")
        assert answer["content-type"] == "text/html; charset=utf-8"
        assert upstream.requests == []


def test_a_route_without_targets_is_none() -> None:
    config = portal({"name": "empty"}, pages={"no_route": "no-routes"})
    with Proxy(config) as proxy, proxy.client() as client:
        answer = client.get()
    assert (answer.status, answer.content) == (404, b"no-routes")


def test_targets_take_turns_and_are_told_of_the_client() -> None:
    def named(name: bytes) -> Upstream:
        def script(conversation: Conversation) -> None:
            while conversation.read_request():
                conversation.answer(name)

        return Upstream(script)

    with named(b"1") as first, named(b"2") as second:
        fields = {
            "name": "app",
            "path": "/app/",
            "fwdpath": "/v1",
            "targets": [f"{first.url}/base?k=v", f"{second.url}/base?k=v"],
        }
        with Proxy(portal(fields)) as proxy, proxy.client() as client:
            seen = [client.get("/app/x?y", f"{BASE}:8080").content for _unused in range(4)]
        assert seen == [b"1", b"2", b"1", b"2"]
        request = first.requests[0]
        assert request.startswith(b"GET /base/v1/x?k=v&y HTTP/1.1\r\n")
        for line in (b"Host: portal.test:8080", b"X-Forwarded-Proto: http"):
            assert b"\r\n" + line + b"\r\n" in request
        assert b"\r\nX-Forwarded-For: 127.0.0.1\r\n" in request


def test_a_websocket_goes_to_a_target_of_its_scheme() -> None:
    def echo(conversation: Conversation) -> None:
        conversation.read_head()
        conversation.send(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
        )
        conversation.send(conversation.read_exactly(4))

    with Upstream(echo) as upstream:
        target = upstream.url.replace("http://", "ws://")
        with Proxy(portal({"name": "ws", "targets": [target]})) as proxy, proxy.client() as client:
            client.send(
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
                b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
            )
            assert client.response().status == 101
            client.send(b"ping")
            assert client.exactly(4) == b"ping"
