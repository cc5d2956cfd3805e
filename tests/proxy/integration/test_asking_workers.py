# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Workers that ask: validations beside all else, and handshakes that wait for a certificate."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from running.service import PATIENCE
from samples.certificates import leaf
from samples.config import snapshot
from samples.handshakes import client_context
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.snapshot.asking import Asking, Demand
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.snapshot import Snapshot, encode
from sluice_proxy.snapshot.tls import Certificate
from sluice_proxy.supervisor.worker import InForce
from sluice_proxy.supervisor.workers import Workers
from sluice_proxy.tls.certificates import read_certificate
from sluice_proxy.worker.questions import BOUNDS, CERTIFICATE

PLANE = "sluice_proxy.supervisor.serving:data_plane"
WORKERS = 2
PLAIN, TLS = TcpAddress("127.0.0.1", 1), TcpAddress("127.0.0.1", 2)
ROUTES = snapshot(
    """
    listen: ['127.0.0.1:1']
    routes:
      - {name: moved, hosts: moved.test, redirect: 'https://{host}{path}'}
      - {name: page, hosts: ['held.test', .shop.test], page: {content: served}}
    """
)
UNKNOWN = "TLSV1_UNRECOGNIZED_NAME"


def certificate(*names: str) -> Certificate:
    def no_file(path: str) -> bytes:
        raise AssertionError(path)

    return read_certificate(leaf(*names).configured, no_file)


HELD = certificate("held.test")


class Edge:
    """The supervisor's side, without the supervisor: it knows what a test says."""

    def __init__(self, workers: Workers, asking: Asking) -> None:
        self.workers = workers
        self.plain = [socket.create_server(("127.0.0.1", 0))]
        self.tls = [socket.create_server(("127.0.0.1", 0), backlog=1024)]
        self.snapshot = replace(
            ROUTES,
            listeners=(Listener(PLAIN), Listener(TLS, tls=True)),
            certificates=(HELD,),
            asking=asking,
            workers=WORKERS,
        )
        self.asked: list[str] = []
        self.tokens: dict[str, bytes] = {}
        self.validations: dict[str, tuple[bytes, bytes]] = {}
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.issues = True
        self._turn = asyncio.Lock()
        workers.asking.answers = self

    async def put_in_force(self, snapshot: Snapshot) -> None:
        self.snapshot = replace(snapshot, version=self.snapshot.version + 1)
        sockets = [self.plain, self.tls]
        await self.workers.put_in_force(
            InForce(self.snapshot.version, encode(self.snapshot), sockets), WORKERS
        )

    # What workers ask

    async def http_01(self, token: str) -> bytes | None:
        self.asked.append(token)
        return self.tokens.get(token)

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        self.asked.append(server_name)
        return self.validations.get(server_name)

    async def certificate(self, name: str) -> bool:
        self.asked.append(name)
        await self.go_on.wait()
        async with self._turn:
            held = self.snapshot.certificates
            if self.issues and not any(name in one.hosts for one in held):
                await self.put_in_force(
                    replace(self.snapshot, certificates=(*held, certificate(name)))
                )
        return self.issues

    # Clients

    async def get(self, host: str, path: str = "/", *, tls: bool = False) -> tuple[int, bytes]:
        """Return status and content."""
        reader, writer = await (self.handshake(host) if tls else self.connect(self.plain))
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        head, _mark, content = answer.partition(b"\r\n\r\n")
        return int(head[9:12]), content

    async def connect(
        self, sockets: list[socket.socket]
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(*sockets[0].getsockname())

    async def handshake(
        self, name: str, alpn: tuple[str, ...] = ()
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection(
            *self.tls[0].getsockname(), ssl=client_context(alpn=alpn), server_hostname=name
        )

    async def shown(self, name: str, alpn: tuple[str, ...] = ()) -> set[str]:
        """Return the names of the certificate that a client is shown, who then goes."""
        _reader, writer = await self.handshake(name, alpn)
        found = names(writer)
        writer.transport.abort()
        return found

    async def connections(self) -> int:
        """Return how many clients the workers count."""
        counted = await self.workers.collect(PATIENCE)
        return int(counted.gauges["sluice_connections", ()])


def names(writer: asyncio.StreamWriter) -> set[str]:
    shown = writer.get_extra_info("peercert").get("subjectAltName", ())
    return {str(name) for _kind, name in shown}


@asynccontextmanager
async def serving(asking: Asking) -> AsyncIterator[Edge]:
    workers = Workers(PLANE)
    edge = Edge(workers, asking)
    try:
        async with asyncio.timeout(4 * PATIENCE):
            await edge.put_in_force(edge.snapshot)
            yield edge
    finally:
        edge.go_on.set()
        await workers.asking.close()
        await workers.stop(0)
        for one in (*edge.plain, *edge.tls):
            one.close()


def demand(*patterns: str, any_name: bool = False, wait: float = PATIENCE) -> Asking:
    return Asking(demand=Demand(tuple(map(parse_host_pattern, patterns)), any_name, wait))


VALIDATIONS = Asking(validations=True)


def test_a_token_is_answered_beside_the_redirect() -> None:
    async def ask() -> None:
        async with serving(VALIDATIONS) as edge:
            edge.tokens["token"] = b"token.thumbprint"
            path = "/.well-known/acme-challenge/"
            for host in ("moved.test", "no-route.test"):
                assert await edge.get(host, f"{path}token") == (200, b"token.thumbprint")
            assert await edge.get("held.test", f"{path}token", tls=True) == (
                200,
                b"token.thumbprint",
            )
            assert (await edge.get("moved.test", f"{path}other"))[0] == 308
            assert (await edge.get("moved.test"))[0] == 308
            assert edge.asked == ["token", "token", "token", "other"]

    asyncio.run(ask())


def test_an_authority_is_shown_its_challenge_while_others_get_the_usual_certificate() -> None:
    challenge = certificate("held.test", "challenge.test")
    assert challenge.chain.text is not None
    assert challenge.key.text is not None
    pair = challenge.chain.text, challenge.key.text

    async def ask() -> None:
        async with serving(VALIDATIONS) as edge:
            edge.validations["held.test"] = pair
            edge.validations["1.0.0.127.in-addr.arpa"] = pair
            browsers = [edge.shown("held.test", ("h2", "http/1.1")) for _unused in range(10)]
            authorities = [edge.shown("held.test", ("acme-tls/1",)) for _unused in range(10)]
            address = edge.shown("1.0.0.127.in-addr.arpa", ("acme-tls/1",))
            shown = await asyncio.gather(*browsers, *authorities, address)
            assert shown == [{"held.test"}] * 10 + [{"held.test", "challenge.test"}] * 11

            reader, writer = await edge.handshake("held.test", ("acme-tls/1",))
            spoken = writer.get_extra_info("ssl_object").selected_alpn_protocol()
            assert spoken == "acme-tls/1"
            assert await reader.read() == b""
            writer.close()
            with pytest.raises(ssl.SSLError, match=r"(?i)no.application.protocol"):
                await edge.handshake("unknown.test", ("acme-tls/1",))
            assert await edge.get("held.test", tls=True) == (200, b"served")

    asyncio.run(ask())


def test_many_clients_of_a_new_name_wait_for_its_certificate() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test")) as edge:
            edge.go_on.clear()
            clients = [
                asyncio.ensure_future(edge.get("a.shop.test", tls=True)) for _unused in range(50)
            ]
            await until(lambda: len(edge.asked) > 0)
            # Meanwhile others are served.
            assert await edge.get("held.test", tls=True) == (200, b"served")
            edge.go_on.set()
            assert await asyncio.gather(*clients) == [(200, b"served")] * 50
            assert len(edge.asked) <= WORKERS
            asked = len(edge.asked)
            assert await edge.shown("a.shop.test") == {"a.shop.test"}
            assert len(edge.asked) == asked

    asyncio.run(ask())


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def refused(edge: Edge, name: str) -> str:
    """Return by which alert a client is refused."""
    with pytest.raises(ssl.SSLError) as error:
        await edge.handshake(name)
    return str(error.value.reason)


def test_what_is_not_got_is_refused_by_the_usual_alert() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test")) as edge:
            edge.issues = False
            assert await refused(edge, "a.shop.test") == UNKNOWN

    asyncio.run(ask())


def test_nobody_waits_longer_than_the_configuration_says() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test", wait=0.2)) as edge:
            edge.go_on.clear()
            assert await refused(edge, "a.shop.test") == UNKNOWN

    asyncio.run(ask())


def test_a_client_that_goes_while_it_waits_is_forgotten() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test")) as edge:
            edge.go_on.clear()
            waiting = asyncio.ensure_future(edge.handshake("a.shop.test"))
            await until(lambda: len(edge.asked) > 0)
            assert await edge.connections() == 1
            waiting.cancel()
            while await edge.connections():
                await asyncio.sleep(0.01)
            edge.go_on.set()
            assert await edge.shown("a.shop.test") == {"a.shop.test"}

    asyncio.run(ask())


def test_names_without_end_are_asked_about_within_bounds_and_hinder_nobody() -> None:
    async def ask() -> None:
        async with serving(demand(any_name=True)) as edge:
            edge.issues = False
            flood = [refused(edge, f"{number}.name.test") for number in range(1000)]
            flooding = asyncio.ensure_future(asyncio.gather(*flood))
            served = 0
            while not flooding.done():
                assert await edge.get("held.test", tls=True) == (200, b"served")
                served += 1
            assert set(await flooding) == {UNKNOWN}
            # The bursts of the workers, and less than all that they may ask in that time.
            assert len(edge.asked) < 1000
            assert served > 0
            asked = len(edge.asked)
            counted = (await edge.workers.collect(PATIENCE)).counters
            about = ("about", CERTIFICATE)
            refusals = counted["sluice_questions_total", (about, ("result", "refused"))]
            assert asked + refusals == 1000
            assert asked >= BOUNDS[CERTIFICATE].burst

    asyncio.run(ask())


def test_names_that_are_not_permitted_are_never_asked_about() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test")) as edge:
            flood = [edge.shown(f"{number}.name.test") for number in range(200)]
            assert await asyncio.gather(*flood) == [{"held.test"}] * 200
            assert edge.asked == []

    asyncio.run(ask())


def test_who_waits_for_a_supervisor_that_is_gone_is_told_at_once() -> None:
    async def ask() -> None:
        async with serving(demand(".shop.test")) as edge:
            edge.go_on.clear()
            waiting = asyncio.ensure_future(refused(edge, "a.shop.test"))
            await until(lambda: len(edge.asked) > 0)
            for worker in edge.workers.serving:
                worker.drains = True
                worker.channel.close()
            assert await waiting == UNKNOWN

    asyncio.run(ask())
