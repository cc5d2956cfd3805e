# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large content past slow peers, and what memory a worker takes for it.

What is full is full with small bodies, too; ``SLUICE_BODY_MIB=64`` in the environment makes them
larger, and the test longer.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
from running.client import Client
from running.service import PATIENCE
from running.site import NAME, Site, site
from running.transfer import send, take_slowly
from running.upstream import Conversation, Upstream
from samples.handshakes import client_context

CLIENTS = 64
MIB = 1024 * 1024
SIZE = int(os.environ.get("SLUICE_BODY_MIB", "8")) * MIB
PACE = 4 * MIB
"""Bytes a second that a slow peer takes: less than what would come."""
STALL = 1.0
"""Seconds in which it takes nothing, so that all that can be filled is."""


def take_and_give(conversation: Conversation) -> None:
    """Take content slowly, and answer with as much."""
    head = conversation.read_head()
    if not head:
        return
    sock = conversation.socket
    take_slowly(sock, SIZE - len(conversation.rest_of_reading()), PACE, STALL)
    conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
    send(sock, SIZE)


@pytest.fixture
def proxy(tmp_path: Path) -> Iterator[Site]:
    with Upstream(take_and_give) as upstream, site(tmp_path, upstream.url) as one:
        yield one


def resident(pid: int, field: str = "VmRSS") -> int:
    """Return the bytes of memory that a process has, or with ``VmHWM`` the most that it had."""
    found = re.search(rf"{field}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def connect(port: int, tls: ssl.SSLContext | None) -> Client:
    sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    if tls is not None:
        sock = tls.wrap_socket(sock, server_hostname=NAME)
    return Client(sock, timeout=PATIENCE)


def upload(client: Client, size: int) -> None:
    client.send(b"PUT / HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % size)
    send(client.socket, size)


def exchange(port: int, tls: ssl.SSLContext | None) -> int:
    """Upload, then download slowly; return the status."""
    with connect(port, tls) as client:
        upload(client, SIZE)
        status, _fields = client.head()
        take_slowly(client.socket, SIZE - len(client.rest_of_reading()), PACE, STALL)
    return status


@pytest.mark.parametrize("over", ["plain", "tls"])
def test_content_past_slow_peers_stays_below_100_mib_a_worker(proxy: Site, over: str) -> None:
    (worker,) = proxy.proxy.workers()
    tls = client_context() if over == "tls" else None
    with ThreadPoolExecutor(CLIENTS) as pool:
        statuses = list(pool.map(lambda _number: exchange(proxy.port(over), tls), range(CLIENTS)))
    assert statuses == [200] * CLIENTS
    assert proxy.proxy.workers() == [worker]
    most = resident(worker, "VmHWM")
    print(f"{CLIENTS} clients, {SIZE // MIB} MiB each way: {most / MIB:.1f} MiB resident")
    assert most < 100 * MIB


@pytest.mark.parametrize("over", ["plain", "tls"])
def test_an_idle_connection_keeps_little_of_what_it_carried(tmp_path: Path, over: str) -> None:
    def echo(conversation: Conversation) -> None:
        while request := conversation.read_request():
            conversation.answer(request.partition(b"\r\n\r\n")[2] or b"hello")

    tls = client_context() if over == "tls" else None
    with Upstream(echo) as upstream, site(tmp_path, upstream.url) as proxy, ExitStack() as stack:
        (worker,) = proxy.proxy.workers()
        clients = [
            stack.enter_context(connect(proxy.port(over), tls)) for _unused in range(2 * CLIENTS)
        ]
        for client in clients:
            assert client.get(host=NAME).content == b"hello"
        before = resident(worker)
        for client in clients:
            upload(client, MIB)
            assert len(client.response().content) == MIB
        grown = (resident(worker) - before) / len(clients)
    print(f"{grown / 1024:.1f} KiB more for each connection that carried 1 MiB")
    assert grown < 160 * 1024
