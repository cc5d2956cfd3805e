# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole proxy under load, while all that can change about it changes: nobody notices."""

from __future__ import annotations

import signal
import socket
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from running.client import Client
from running.killing import kill
from running.load import load
from running.service import PATIENCE, Running, free_port, running, until
from running.upstream import Conversation, Upstream
from samples.certificates import Pair, leaf
from samples.handshakes import client_context

ROUTE_CHANGES = 100
CERTIFICATE_CHANGES = 20
UPGRADES = 5
KILLS = 10


def serve(conversation: Conversation) -> None:
    """Answer requests; after an upgrade, send back what comes."""
    while True:
        head = conversation.read_request()
        if not head:
            return
        if b"websocket" in head:
            conversation.send(
                b"HTTP/1.1 101 Switching Protocols\r\n"
                b"Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            )
            while echoed := conversation.read_exactly(4):
                conversation.send(echoed)
            return
        conversation.answer(b"here")


class Site:
    """A proxy with TLS before an upstream, and the files of its configuration."""

    def __init__(self, folder: Path, upstream: Upstream) -> None:
        self._folder = folder
        self._upstream = upstream
        self.tls_port = free_port()
        self.change_certificate()

    def config(self, number: int = 0) -> str:
        """Return a configuration whose routes have not been there before, nor as they are."""
        return f"""
listen: [127.0.0.1:PORT, {{address: 127.0.0.1:{self.tls_port}, tls: true}}]
workers: 2
metrics: 127.0.0.1:METRICS
log: {{access: {{path: {self._folder}/access.log}}}}
certificates: [{{chain: chain.pem, key: key.pem}}]
routes:
  - name: load
    hosts: load.test
    targets: "{self._upstream.url}"
    response_fields: {{set: {{X-Number: "{number}"}}}}
  - {{name: other, hosts: other{number}.test, page: other}}
"""

    def change_certificate(self) -> Pair:
        """Have the files hold another certificate, and return it."""
        pair = leaf("load.test")
        (self._folder / "chain.pem").write_bytes(pair.chain)
        (self._folder / "key.pem").write_bytes(pair.key_pem())
        return pair

    def number(self, port: int) -> int:
        """Return which of the configurations answers a new client at ``port``."""
        with Client(("127.0.0.1", port)) as client:
            return int(client.get(host="load.test")["x-number"])

    def shown(self) -> bytes:
        """Return the certificate that a new client sees."""
        with (
            socket.create_connection(("127.0.0.1", self.tls_port), timeout=PATIENCE) as plain,
            client_context().wrap_socket(plain, server_hostname="load.test") as secured,
        ):
            return secured.getpeercert(binary_form=True) or b""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(serve) as one:
        yield one


@pytest.fixture
def site(tmp_path: Path, upstream: Upstream) -> Site:
    return Site(tmp_path, upstream)


@pytest.fixture
def proxy(tmp_path: Path, site: Site) -> Iterator[Running]:
    with running(tmp_path, site.config(), data_plane=None) as one:
        yield one


class Tunnel:
    """A websocket's connection, by what passes through it."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._socket.sendall(
            b"GET / HTTP/1.1\r\nHost: load.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += self._socket.recv(1)
        assert head.startswith(b"HTTP/1.1 101"), head

    def works(self) -> bool:
        self._socket.sendall(b"ping")
        return self._socket.recv(4) == b"ping"

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def tunnels(proxy: Running) -> Iterator[list[Tunnel]]:
    opened = [Tunnel(proxy.port) for _unused in range(6)]
    yield opened
    for one in opened:
        one.close()


def test_changes_of_routes_cost_no_request_and_no_websocket(
    proxy: Running, site: Site, tunnels: list[Tunnel]
) -> None:
    with load(proxy.port) as found:
        for number in range(1, ROUTE_CHANGES + 1):
            proxy.reload(site.config(number))
            assert {site.number(proxy.port) for _unused in range(6)} == {number}
            assert all(tunnel.works() for tunnel in tunnels)

    assert found.failures == []
    assert proxy.number("sluice_snapshot_version") == ROUTE_CHANGES + 1
    assert proxy.number("sluice_worker_deaths_total") == 0


def test_changes_of_certificates_cost_no_request_and_reach_the_next_client(
    proxy: Running, site: Site, tunnels: list[Tunnel]
) -> None:
    with load(site.tls_port, tls=client_context()) as found:
        for _unused in range(CERTIFICATE_CHANGES):
            pair = site.change_certificate()
            proxy.reload()
            expected = ssl.PEM_cert_to_DER_cert(pair.pem.decode())
            assert {site.shown() for _unused in range(6)} == {expected}
            assert all(tunnel.works() for tunnel in tunnels)

    assert found.failures == []


def test_a_key_that_is_not_the_certificates_changes_nothing(proxy: Running, site: Site) -> None:
    before = site.shown()
    (proxy.config.parent / "key.pem").write_bytes(leaf("x.test").key_pem())
    proxy.reload()

    assert "certificates[0].key: this key is not that of the first certificate" in proxy.said
    assert site.shown() == before


def test_upgrades_cost_no_request(proxy: Running, site: Site) -> None:
    with load(proxy.port) as plain, load(site.tls_port, tls=client_context()) as secured:
        for _unused in range(UPGRADES):
            proxy.upgrade()
            time.sleep(0.5)

    assert plain.failures == []
    assert secured.failures == []


def test_a_worker_killed_each_second_costs_only_what_it_had(proxy: Running) -> None:
    had: set[int] = set()
    with load(proxy.port) as found:
        for _unused in range(KILLS):
            enough = found.answered + 10
            had |= kill(proxy.workers()[0], proxy.port)
            time.sleep(1)
            until(lambda enough=enough: found.answered > enough, "requests between two kills")

    assert had
    assert [failure for failure in found.failures if failure.port not in had] == []
    until(lambda: proxy.number("sluice_workers") == 2, "the replacement")
    assert proxy.number("sluice_worker_deaths_total") == KILLS


def test_sigterm_under_load_answers_what_was_accepted(proxy: Running) -> None:
    with load(proxy.port, keep_alive=4, fresh=0) as found:
        until(lambda: found.answered > 100, "the load")
        proxy.signal(signal.SIGTERM)
        assert proxy.process.wait(PATIENCE) == 0

    # Who comes too late is not let in, but no connection that served is cut off.
    assert found.failures
    assert all(failure.connection_was_new for failure in found.failures)


def test_the_access_log_is_put_aside_without_losing_a_line(
    tmp_path: Path, site: Site, upstream: Upstream
) -> None:
    config = site.config().replace("access.log}", "access.log, max_bytes: 20000, keep: 1000}")
    with running(tmp_path, config, data_plane=None) as proxy:
        with load(proxy.port) as found:
            until((tmp_path / "access.log.2").exists, "the rotation")
        assert proxy.stop() == 0

    lines = [
        line for file in tmp_path.glob("access.log*") for line in file.read_bytes().splitlines()
    ]
    assert len(lines) == found.answered
    assert found.failures == []
