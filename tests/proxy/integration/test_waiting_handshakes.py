# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Handshakes that wait for the supervisor, on the wire: their time, their end, what they leave."""

from __future__ import annotations

import asyncio
import socket
import ssl
import subprocess
import threading
from contextlib import suppress

import pytest
from running.answers import Answers
from running.client import Client
from running.command import command
from running.garbage import left_to_the_collector
from running.proxy import Proxy
from running.service import PATIENCE, until
from samples.certificates import leaf
from samples.handshakes import client_context
from sluice_proxy.snapshot.asking import Asking, Demand
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.tls.certificates import read_certificate
from sluice_proxy.tls.choosing import PROTOCOLS, Choice, ContextChooser
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_contexts import ServerContexts
from sluice_proxy.tls.server_side import Choose
from sluice_proxy.tls.upstream_contexts import upstream_context
from sluice_proxy.worker.late_contexts import LateContexts
from sluice_proxy.worker.questions import CERTIFICATE, TLS_ALPN_01, Reply
from sluice_proxy.worker.tls_contexts import TlsContexts

OVER_TLS = Listener(TcpAddress("127.0.0.1", 0), tls=True)
CONFIG = """
listen: ['127.0.0.1:1']
routes: [{name: page, page: {content: served}}]
timeouts: {handshake: 1s}
"""
FOUND = Reply(found=True)


def no_file(path: str) -> bytes:
    raise AssertionError(path)


class WaitingProxy(Proxy):
    """Asks for every name; the certificates of ``got`` are in force once they were asked for."""

    def __init__(self, *got: str) -> None:
        self.answers = Answers(otherwise=None)
        self._got = tuple(read_certificate(leaf(name).configured, no_file) for name in got)
        self._held = (read_certificate(leaf("held.test").configured, no_file),)
        self._late = LateContexts(self.answers.questions, self._choose_now)
        self._server_contexts = ServerContexts(PROTOCOLS)
        super().__init__(
            CONFIG,
            listener=OVER_TLS,
            contexts=TlsContexts(self._choose, upstream_context),
            questions=self.answers.questions,
            asking=Asking(validations=True, demand=Demand(any_name=True, wait=PATIENCE)),
        )

    def _choose(self, snapshot: Snapshot) -> Choose:
        return ContextChooser(
            Snapshot(certificates=self._held),
            self._server_contexts,
            challenge=self._late.challenge(snapshot.asking),
            on_demand=self._late.on_demand(snapshot.asking.demand),
        ).context_for

    def _choose_now(self, hello: ClientHello, came_to: str) -> Choice:
        contexts = self._server_contexts
        return ContextChooser(Snapshot(certificates=self._got), contexts).context_for(
            hello, came_to
        )

    def answer(self, reply: Reply) -> None:
        """Answer what was asked."""
        until(lambda: self.answers.open, "the question")

        async def answer() -> None:
            self.answers.answer(reply)

        self.run(answer())

    def begin(self, name: str, alpn: tuple[str, ...] = ()) -> ssl.SSLSocket:
        """Return a connection whose handshake has not begun."""
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        return client_context(alpn=alpn).wrap_socket(
            plain, server_hostname=name, do_handshake_on_connect=False
        )

    def shake(self, connection: ssl.SSLSocket, reply: Reply) -> None:
        """Shake hands, and have the question that this takes answered."""
        answering = threading.Thread(target=self.answer, args=(reply,))
        answering.start()
        try:
            connection.do_handshake()
        finally:
            answering.join()


def test_what_a_client_waits_for_us_is_not_of_its_own_time() -> None:
    with WaitingProxy("a.test") as proxy, proxy.begin("a.test") as connection:
        hello = threading.Thread(target=connection.do_handshake)
        hello.start()
        until(lambda: proxy.answers.open)

        async def longer_than_a_handshake_may_take() -> None:
            watched = proxy.worker.deadlines.watched
            assert all(one.deadline - asyncio.get_running_loop().time() > 2 for one in watched)
            await asyncio.sleep(1.5)

        proxy.run(longer_than_a_handshake_may_take())
        proxy.answer(FOUND)
        hello.join()
        with Client(connection) as client:
            assert client.get(host="a.test").content == b"served"


def test_a_client_that_is_silent_after_it_was_answered_has_no_more_than_its_own_time() -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = client_context().wrap_bio(incoming, outgoing, server_hostname="a.test")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    with (
        WaitingProxy("a.test") as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=PATIENCE) as silent,
    ):
        silent.sendall(outgoing.read())
        proxy.answer(FOUND)
        assert silent.recv(65536)
        with suppress(ConnectionResetError):
            while silent.recv(65536):
                pass
        until(lambda: proxy.worker.connections == 0)
        assert proxy.metrics.counters["sluice_tls_handshakes_failed_total", ()] == 1


def test_openssl_is_shown_a_challenge_that_is_closed_and_a_browser_its_certificate() -> None:
    pair = leaf("held.test", "challenge.test").configured
    shown = Reply(found=True, payloads=(pair.chain.text or b"", pair.key.text or b""))
    with WaitingProxy() as proxy:
        proxy.answers.known[TLS_ALPN_01, "held.test"] = shown

        def said(*alpn: str) -> str:
            done = subprocess.run(
                [command("openssl"), "s_client", "-connect", f"127.0.0.1:{proxy.port}",
                 "-servername", "held.test", "-alpn", ",".join(alpn), "-ign_eof"],
                input=b"GET / HTTP/1.1\r\nHost: held.test\r\nConnection: close\r\n\r\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
                check=False,
            )  # fmt: skip
            return done.stdout.decode("latin-1")

        validator, browser = said("acme-tls/1"), said("h2", "http/1.1")
        assert "ALPN protocol: acme-tls/1" in validator
        assert "served" not in validator
        assert "ALPN protocol: http/1.1" in browser
        assert "served" in browser
        assert proxy.answers.asked == [(TLS_ALPN_01, "held.test")]
        until(lambda: proxy.worker.connections == 0)


def test_handshakes_that_waited_leave_nothing_to_the_garbage_collector() -> None:
    pair = leaf("a.test").configured
    challenge = Reply(found=True, payloads=(pair.chain.text or b"", pair.key.text or b""))
    with WaitingProxy("a.test") as proxy:

        def come_and_go() -> None:
            with proxy.begin("a.test") as waited:
                proxy.shake(waited, FOUND)
            with proxy.begin("b.test") as refused, pytest.raises(ssl.SSLError):
                proxy.shake(refused, Reply(found=False))
            with proxy.begin("c.test") as gone:
                gone.setblocking(False)
                with pytest.raises(ssl.SSLWantReadError):
                    gone.do_handshake()
                until(lambda: proxy.answers.open)
            until(lambda: proxy.worker.connections == 0)
            proxy.answer(Reply(found=False))
            with proxy.begin("a.test", ("acme-tls/1",)) as authority:
                proxy.shake(authority, challenge)
            until(lambda: proxy.worker.connections == 0)

        come_and_go()
        asked = list(proxy.answers.asked)
        with left_to_the_collector(proxy) as left:
            come_and_go()
        assert left == []
        assert asked[:3] == [(CERTIFICATE, name) for name in ("a.test", "b.test", "c.test")]
        assert proxy.answers.asked == asked * 2
