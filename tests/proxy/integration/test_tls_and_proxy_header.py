# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes before a connection's first request, and towards targets: TLS, PROXY headers."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from ipaddress import ip_network
from pathlib import Path

import pytest
from running.certificates import SelfSigned, self_signed
from running.client import Client
from running.garbage import left_to_the_collector
from running.proxy import Proxy, to, without_tls
from running.service import until
from running.upstream import Conversation, Upstream, answer_all_through
from sluice_proxy.proxy_protocol import read_header
from sluice_proxy.proxy_protocol.header import SIGNATURE
from sluice_proxy.routes.model.target import TargetTls
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_side import HelloRefused, fatal_alert
from sluice_proxy.worker.tls_contexts import TlsContexts

ANYWHERE = TcpAddress("127.0.0.1", 0)
OVER_TLS = Listener(ANYWHERE, tls=True)
BEHIND_PROXY = (ip_network("127.0.0.0/8"),)
V1 = b"PROXY TCP4 203.0.113.7 192.0.2.1 5555 443\r\n"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> SelfSigned:
    """A certificate for a.example."""
    return self_signed(tmp_path_factory.mktemp("tls"), "a.example")


def showing(certificate: SelfSigned) -> TlsContexts:
    """Return contexts that show it to whoever asks for a.example, or for no name."""
    context = certificate.towards_clients()

    def choose(hello: ClientHello, came_to: str) -> ssl.SSLContext:
        if hello.server_name == "unknown.example":
            raise HelloRefused("no certificate", fatal_alert(112))
        return context

    def towards_target(settings: TargetTls) -> ssl.SSLContext:
        return ssl.create_default_context()

    return TlsContexts(lambda snapshot: choose, towards_target)


def over_tls(
    proxy: Proxy, certificate: SelfSigned, name: str = "a.example", first: bytes = b""
) -> Client:
    """Return a connection in TLS; ``first`` is sent before it."""
    plain = socket.create_connection(("127.0.0.1", proxy.port))
    plain.sendall(first)
    context = certificate.trusted()
    context.check_hostname = name == "a.example"
    return Client(context.wrap_socket(plain, server_hostname=name))


def test_requests_and_large_content_go_through_tls(certificate: SelfSigned) -> None:
    def echo(conversation: Conversation) -> None:
        while request := conversation.read_request():
            conversation.answer(request.partition(b"\r\n\r\n")[2])

    body = b"x" * 300_000
    with Upstream(echo) as upstream:
        with (
            Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
            over_tls(proxy, certificate) as client,
        ):
            for _unused in range(3):
                client.send(
                    b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 300000\r\n\r\n" + body
                )
                assert client.response().content == body
        assert b"\r\nX-Forwarded-Proto: https\r\n" in upstream.requests[0]
        assert upstream.connections == 1


def test_content_that_is_there_before_the_target_is_connected_stays_behind_its_head(
    certificate: SelfSigned,
) -> None:
    body = b"x" * 200_000
    request = b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 200000\r\n\r\n" + body
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
    ):
        for _unused in range(20):
            with over_tls(proxy, certificate) as client:
                client.send(request)
                assert client.response().content == b"ok"
            upstream.drop_connections()
        assert all(one.endswith(body) for one in upstream.requests)


def test_a_refusal_through_tls_is_not_destroyed_by_what_still_comes(
    certificate: SelfSigned,
) -> None:
    config = to("http://127.0.0.1:9") + "limits: {body_bytes: 1KiB}\n"
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    head = b"PUT / HTTP/1.1\r\nHost: a.example\r\nTransfer-Encoding: chunked\r\n\r\n"
    with Proxy(config, listener=OVER_TLS, contexts=showing(certificate)) as proxy:
        for _unused in range(5):
            with over_tls(proxy, certificate) as client:
                client.send(head + chunk * 3)
                assert client.response().status == 413
                client.send(chunk)
                client.send(chunk)
                assert client.is_closed()


def test_a_client_hello_in_single_bytes_is_understood(certificate: SelfSigned) -> None:
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
    ):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = certificate.trusted().wrap_bio(incoming, outgoing, server_hostname="a.example")
        with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    for byte in outgoing.read():
                        sock.sendall(bytes((byte,)))
                    incoming.write(sock.recv(65536))
            sock.sendall(outgoing.read())
            tls.write(b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
            sock.sendall(outgoing.read())
            while data := sock.recv(65536):
                incoming.write(data)
            assert tls.read(65536).startswith(b"HTTP/1.1 200")


def test_a_name_without_a_certificate_gets_an_alert(certificate: SelfSigned) -> None:
    with Proxy(to("http://127.0.0.1:9"), listener=OVER_TLS, contexts=showing(certificate)) as proxy:
        with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized_name|unrecognized name"):
            over_tls(proxy, certificate, "unknown.example")
        assert proxy.metrics.counters[("sluice_tls_handshakes_failed_total", ())] == 1
        time.sleep(0.1)
        assert proxy.worker.connections == 0


def test_a_handshake_that_does_not_end_is_closed(certificate: SelfSigned) -> None:
    config = to("http://127.0.0.1:9") + "timeouts: {handshake: 200ms}\n"
    with Proxy(config, listener=OVER_TLS, contexts=showing(certificate)) as proxy:
        with proxy.client() as client:
            client.send(b"\x16\x03\x01")
            assert client.is_closed()
        time.sleep(0.1)
        assert proxy.worker.connections == 0


def test_plain_http_on_a_tls_port_gets_an_alert(certificate: SelfSigned) -> None:
    with (
        Proxy(to("http://127.0.0.1:9"), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
        proxy.client() as client,
    ):
        client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert client.rest()[:1] == b"\x15"


def test_a_host_with_another_policy_than_its_connection_is_a_421(certificate: SelfSigned) -> None:
    config = (
        "listen: ['127.0.0.1:1']\n"
        "routes: [{name: p, page: {content: hi}}]\n"
        "tls:\n  hosts:\n    - {hosts: secret.example, min_version: '1.3'}\n"
    )
    with (
        Proxy(config, listener=OVER_TLS, contexts=showing(certificate)) as proxy,
        over_tls(proxy, certificate) as client,
    ):
        assert client.get(host="a.example").status == 200
        assert client.get(host="secret.example").status == 421
        assert client.get(host="other.example").status == 200


def test_a_handshake_counts_under_the_policy_that_it_began_with(certificate: SelfSigned) -> None:
    before = "listen: ['127.0.0.1:1']\nroutes: [{name: p, page: {content: hi}}]\n"
    after = before + "tls:\n  hosts:\n    - {hosts: a.example, min_version: '1.3'}\n"
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = certificate.trusted().wrap_bio(incoming, outgoing, server_hostname="a.example")
    with (
        Proxy(before, listener=OVER_TLS, contexts=showing(certificate)) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)) as sock,
    ):
        with pytest.raises(ssl.SSLWantReadError):
            tls.do_handshake()
        sock.sendall(outgoing.read())
        incoming.write(sock.recv(65536))
        tls.do_handshake()
        proxy.adopt(after)
        tls.write(b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
        sock.sendall(outgoing.read())
        while data := sock.recv(65536):
            incoming.write(data)
        assert tls.read(65536).startswith(b"HTTP/1.1 421 ")


def test_a_proxy_header_before_plain_http_says_who_the_client_is() -> None:
    listener = Listener(ANYWHERE, proxy_protocol_from=BEHIND_PROXY)
    with Upstream() as upstream, Proxy(to(upstream.url), listener=listener) as proxy:
        with proxy.client() as client:
            client.send(V1 + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.response().status == 200
        assert b"\r\nX-Forwarded-For: 203.0.113.7\r\n" in upstream.requests[0]
        assert b"\r\nX-Forwarded-Port: 443\r\n" in upstream.requests[0]
        assert proxy.log()[0]["client"] == "203.0.113.7"


def test_a_proxy_header_in_one_segment_with_a_client_hello(certificate: SelfSigned) -> None:
    listener = Listener(ANYWHERE, tls=True, proxy_protocol_from=BEHIND_PROXY)
    header = SIGNATURE + b"\x21\x11\x00\x0c" + bytes((203, 0, 113, 9, 192, 0, 2, 1, 1, 1, 1, 187))
    with Upstream() as upstream:
        contexts = showing(certificate)
        with Proxy(to(upstream.url), listener=listener, contexts=contexts) as proxy:
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            tls = certificate.trusted().wrap_bio(incoming, outgoing, server_hostname="a.example")
            with pytest.raises(ssl.SSLWantReadError):
                tls.do_handshake()
            with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
                sock.sendall(header + outgoing.read())
                incoming.write(sock.recv(65536))
                tls.do_handshake()
                tls.write(b"GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n")
                sock.sendall(outgoing.read())
                while sock.recv(65536):
                    pass
            assert proxy.log()[0]["client"] == "203.0.113.9"


def test_who_may_send_a_proxy_header_has_to() -> None:
    listener = Listener(ANYWHERE, proxy_protocol_from=BEHIND_PROXY)
    with Upstream() as upstream:
        config = to(upstream.url) + "timeouts: {handshake: 200ms}\n"
        with Proxy(config, listener=listener) as proxy:
            with proxy.client() as client:
                client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                assert client.is_closed()
            with proxy.client() as client:
                client.send(V1[:10])
                assert client.is_closed()
        assert not upstream.requests


def test_who_may_not_send_a_proxy_header_is_refused() -> None:
    listener = Listener(ANYWHERE, proxy_protocol_from=(ip_network("192.0.2.0/24"),))
    with Upstream() as upstream, Proxy(to(upstream.url), listener=listener) as proxy:
        with proxy.client() as client:
            client.send(V1 + b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert client.response().status == 400
        assert not upstream.requests


def test_https_targets_are_verified(certificate: SelfSigned, tmp_path: Path) -> None:
    other = self_signed(tmp_path, "b.example")
    with Upstream(answer_all_through(certificate.towards_clients())) as upstream:
        url = f"https://127.0.0.1:{upstream.port}"
        named = to(f"{{url: '{url}', tls: {{server_name: a.example}}}}")
        with Proxy(named, contexts=without_tls(certificate.trusted())) as proxy:
            with proxy.client() as client:
                assert [client.get().status for _unused in range(2)] == [200, 200]
            assert upstream.connections == 1
        with Proxy(named, contexts=without_tls(other.trusted())) as proxy, proxy.client() as client:
            assert client.get().status == 502
            assert "certificate that is not accepted" in proxy.log()[0]["error"]
        with (
            Proxy(to(url), contexts=without_tls(certificate.trusted())) as proxy,
            proxy.client() as client,
        ):
            assert client.get().status == 502


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_targets_are_told_of_the_client_by_a_proxy_header(version: str) -> None:
    prefaces: list[bytes] = []

    def script(conversation: Conversation) -> None:
        if version == "v1":
            prefaces.append(conversation.read_until(b"\r\n"))
        else:
            prefaces.append(conversation.read_exactly(28))
        conversation.read_request()
        conversation.answer()

    with Upstream(script) as upstream:
        config = to(f"{{url: '{upstream.url}', proxy_protocol: {version}}}")
        with Proxy(config) as proxy, proxy.client() as client:
            assert [client.get().status for _unused in range(2)] == [200, 200]
            port = client.socket.getsockname()[1]
            for preface in prefaces:
                found = read_header(preface)
                assert found is not None
                header, size = found
                assert size == len(preface)
                assert (str(header.source), header.source_port) == ("127.0.0.1", port)
                assert header.destination_port == proxy.port
    assert len(prefaces) == 2


def test_a_proxy_header_goes_before_tls_towards_a_target(certificate: SelfSigned) -> None:
    context = certificate.towards_clients()
    prefaces: list[bytes] = []

    def script(conversation: Conversation) -> None:
        # Byte by byte: what follows it belongs to TLS.
        line = b""
        while not line.endswith(b"\r\n"):
            line += conversation.socket.recv(1)
        prefaces.append(line)
        conversation.socket = context.wrap_socket(conversation.socket, server_side=True)
        with conversation.socket:
            conversation.read_request()
            conversation.answer()

    with Upstream(script) as upstream:
        url = f"https://127.0.0.1:{upstream.port}"
        config = to(f"{{url: '{url}', proxy_protocol: v1, tls: {{server_name: a.example}}}}")
        with (
            Proxy(config, contexts=without_tls(certificate.trusted())) as proxy,
            proxy.client() as client,
        ):
            assert client.get().content == b"ok"
    assert prefaces[0].startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 ")


def test_an_early_response_reaches_a_client_over_tls_whose_content_is_held_back(
    certificate: SelfSigned,
) -> None:
    enough = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_head()
        enough.wait(10)
        conversation.send(b"HTTP/1.1 413 Big\r\nContent-Length: 9000\r\n\r\n" + b"b" * 9000)
        conversation.read_exactly(10**9)

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
        over_tls(proxy, certificate) as client,
    ):
        client.send(b"PUT / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 1000000000\r\n\r\n")
        client.socket.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.send(b"x" * 100_000_000)
        enough.set()
        client.socket.settimeout(10)
        response = client.response()
        assert (response.status, response.content) == (413, b"b" * 9000)


def test_a_client_over_tls_that_ends_its_side_gets_its_response(certificate: SelfSigned) -> None:
    go_on = threading.Event()

    def script(conversation: Conversation) -> None:
        conversation.read_request()
        go_on.wait(10)
        conversation.answer(b"after all")

    with (
        Upstream(script) as upstream,
        Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
    ):
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = certificate.trusted().wrap_bio(incoming, outgoing, server_hostname="a.example")
        with socket.create_connection(("127.0.0.1", proxy.port)) as sock:
            sock.settimeout(10)
            while True:
                try:
                    tls.do_handshake()
                    break
                except ssl.SSLWantReadError:
                    sock.sendall(outgoing.read())
                    incoming.write(sock.recv(65536))
            tls.write(b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")
            with pytest.raises(ssl.SSLWantReadError):
                tls.unwrap()
            sock.sendall(outgoing.read())
            sock.shutdown(socket.SHUT_WR)
            time.sleep(0.2)
            go_on.set()
            received = b""
            while data := sock.recv(65536):
                incoming.write(data)
            received = tls.read(65536)
            assert received.endswith(b"after all")


def test_connections_that_are_over_leave_nothing_to_the_garbage_collector(
    certificate: SelfSigned,
) -> None:
    # Those that are open while routes change are hidden from it for good.
    with (
        Upstream() as upstream,
        Proxy(to(upstream.url), listener=OVER_TLS, contexts=showing(certificate)) as proxy,
    ):

        def come_and_go() -> None:
            with over_tls(proxy, certificate) as client:
                assert client.get().content == b"ok"
            with socket.create_connection(("127.0.0.1", proxy.port)) as half:
                half.sendall(b"\x16\x03")
            with socket.create_connection(("127.0.0.1", proxy.port)) as stranger:
                stranger.sendall(b"GET / HTTP/1.1\r\n\r\n")
                stranger.recv(100)
            until(lambda: proxy.worker.connections == 0)

        come_and_go()
        with left_to_the_collector(proxy) as left:
            come_and_go()
        assert left == []
