# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smuggling corpus through a running worker: what a recording upstream gets."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from corpus.case import Case
from corpus.smuggling import CASES
from running.client import Client
from running.proxy import Proxy, to
from running.upstream import Upstream

_ADDED = re.compile(rb"\r\n(?:X-Forwarded-[A-Za-z]+|Via|X-Request-Id): [^\r]*")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    """An upstream that answers and notes every request it gets."""
    with Upstream() as running:
        yield running


@pytest.fixture(scope="module")
def proxy(upstream: Upstream) -> Iterator[Proxy]:
    """A proxy before it."""
    with Proxy(to(upstream.url)) as running:
        yield running


@pytest.mark.parametrize("segment", [1 << 20, 7], ids=["at once", "in pieces"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_upstream_gets_no_other_requests_than_the_client_sent(
    proxy: Proxy, upstream: Upstream, case: Case, segment: int
) -> None:
    upstream.requests.clear()
    with proxy.client() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A refusal may come, and the connection go, before all is sent.
        with suppress(BrokenPipeError, ConnectionResetError):
            for place in range(0, min(len(case.raw), 700 * segment), segment):
                client.send(case.raw[place : place + segment])
            client.send(case.raw[700 * segment :])
            client.end_sending()
        statuses = read_all(client)
    # A request that names no host gets the target's.
    own = b"\r\nHost: 127.0.0.1:%d\r\n" % upstream.port
    got = [
        _ADDED.sub(b"", request).replace(own, b"\r\nHost: upstream\r\n")
        for request in upstream.requests
    ]
    wanted = [_ADDED.sub(b"", request) for request in case.sent]
    assert [first_lines(request) for request in got] == [first_lines(one) for one in wanted]
    assert got == wanted
    refused = [] if case.refused is None else [case.refused]
    assert statuses == [200] * len(case.sent) + refused


def first_lines(request: bytes) -> bytes:
    """Return the request line, for a message that can be read."""
    return request.split(b"\r\n")[0]


def read_all(client: Client) -> list[int]:
    """Return the statuses of all responses up to the end of the connection."""
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+) ", client.rest())]
