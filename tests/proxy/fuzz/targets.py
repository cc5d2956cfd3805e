# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fuzzed: inputs to start from, and the verdict on each input."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

from corpus.framing import BAD_BODIES, GOOD_BODIES
from corpus.smuggling import CASES
from oracles.judge import judge
from oracles.response_judge import judge_response
from sluice_proxy.http.chunked import BadChunk, ChunkedScanner
from sluice_proxy.proxy_protocol import (
    BadProxyHeader,
    Command,
    ProxyHeader,
    Tlv,
    compose_v1,
    compose_v2,
    read_header,
)
from sluice_proxy.tls.client_hello import BadClientHello, ClientHelloReader

WORDS = (
    *(bytes((code,)) for code in b"\r\n \t\0\x0b\x7f\x85\xa0\xff:,;=\"'#?%/\\.*-+_0159afx"),
    b"\r\n\r\n",
    b"\n\n",
    b"\r\r\n",
    b" HTTP/1.1\r\n",
    b" HTTP/1.0\r\n",
    b"GET ",
    b"HEAD ",
    b"POST / ",
    b"Host: a\r\n",
    b"Host:",
    b"Content-Length: 5\r\n",
    b"Content-Length: 0\r\n",
    b"content-length:",
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding:",
    b"chunked",
    b"identity",
    b"gzip, ",
    b"Connection: close\r\n",
    b"Connection: keep-alive\r\n",
    b"Connection: upgrade\r\n",
    b"Connection: ",
    b"Upgrade: websocket\r\n",
    b"Expect: 100-continue\r\n",
    b"X-Forwarded-For: 1.2.3.4\r\n",
    b"0\r\n\r\n",
    b"5\r\nhello\r\n",
    b"hello",
    b";a=b",
    b"%2e",
    b"%2f",
    b"..",
    b"http://a",
    b"ffffffff",
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 204 \r\n",
    b"HTTP/1.1 304 \r\n",
    b"HTTP/1.1 100 \r\n\r\n",
)

RESPONSES = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nServer: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\n\r\n"
    b"5\r\nhello\r\n0\r\nX: 1\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: "a"\r\n\r\n',
    b"HTTP/1.1 302 Found\r\nLocation: /a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na",
    b"HTTP/1.1 502 Bad Gateway\r\nConnection: x, close\r\nX: 1\r\nContent-Length: 1\r\n\r\na",
    b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
)


@dataclass(frozen=True)
class FuzzTarget:
    """A parser under test. ``verdict`` says what is wrong; None when nothing is."""

    seeds: Sequence[bytes]
    words: Sequence[bytes]
    verdict: Callable[[bytes], str | None]


def _outcome_of_chunks(data: bytes, step: int) -> tuple[object, ...]:
    scanner = ChunkedScanner()
    content: list[memoryview] = []
    taken = 0
    try:
        for start in range(0, len(data), step):
            taken += scanner.feed(data[start : start + step], content)
            if scanner.done:
                break
    except BadChunk:
        return ("refused",)
    return taken, scanner.done, b"".join(content), scanner.trailers


def judge_chunks(data: bytes) -> str | None:
    """Compare a chunked body in one piece with the same in pieces."""
    whole = _outcome_of_chunks(data, max(1, len(data)))
    for step in (1, 2, 7):
        pieces = _outcome_of_chunks(data, step)
        if pieces != whole:
            return f"in steps of {step}: {pieces}, whole: {whole}"
    return None


def _outcome_of_hello(data: bytes, step: int) -> object:
    reader = ClientHelloReader()
    try:
        for start in range(0, len(data), step):
            hello = reader.feed(data[start : start + step])
            if hello is not None:
                return hello
    except BadClientHello:
        return "refused"
    return None


def judge_client_hello(data: bytes) -> str | None:
    """Compare a ClientHello in one piece with the same in pieces."""
    whole = _outcome_of_hello(data, max(1, len(data)))
    pieces = _outcome_of_hello(data, 5)
    return None if pieces == whole else f"in pieces: {pieces}, whole: {whole}"


def _outcome_of_proxy_header(data: bytes) -> object:
    try:
        return read_header(data)
    except BadProxyHeader:
        return "refused"


def judge_proxy_header(data: bytes) -> str | None:
    """Check that a longer beginning never takes back what a shorter one said."""
    decided: object = None
    for end in range(min(len(data), 300) + 1):
        outcome = _outcome_of_proxy_header(data[:end])
        if decided is not None and outcome != decided:
            return f"{decided} became {outcome} with {end} bytes"
        decided = outcome
    if isinstance(decided, tuple) and decided[1] > len(data):
        return "longer than its input"
    return None


def client_hellos() -> list[bytes]:
    """Return what OpenSSL sends, with and without names and protocols."""
    hellos = []
    asked: tuple[tuple[str | None, list[str]], ...] = (
        ("a.example", ["h2", "http/1.1"]),
        ("b" * 60 + ".example", []),
        (None, ["x"]),
    )
    for name, protocols in asked:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if protocols:
            context.set_alpn_protocols(protocols)
        outgoing = ssl.MemoryBIO()
        tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
        try:
            tls.do_handshake()
        except ssl.SSLWantReadError:
            hellos.append(outgoing.read())
    return hellos


def proxy_headers() -> list[bytes]:
    """Return headers of both versions and of every family."""
    v4 = ProxyHeader(Command.PROXY, IPv4Address("192.0.2.1"), IPv4Address("192.0.2.2"), 1, 443)
    v6 = ProxyHeader(
        Command.PROXY,
        IPv6Address("2001:db8::1"),
        IPv6Address("::1"),
        65535,
        80,
        tlvs=(Tlv(1, b"h2"), Tlv(2, b"a.example")),
    )
    unix = ProxyHeader(Command.PROXY, b"/a", b"/b")
    both = [compose(header) for header in (v4, v6) for compose in (compose_v1, compose_v2)]
    local = compose_v2(ProxyHeader(Command.LOCAL))
    return [*both, compose_v2(unix), local, compose_v2(v6, checksum=True), b"PROXY UNKNOWN\r\n"]


TARGETS = {
    "request": FuzzTarget([case.raw for case in CASES if len(case.raw) < 2_000], WORDS, judge),
    "response": FuzzTarget(RESPONSES, WORDS, judge_response),
    "chunks": FuzzTarget(
        [body for body in (*GOOD_BODIES, *BAD_BODIES.values()) if len(body) < 500],
        WORDS,
        judge_chunks,
    ),
    "client-hello": FuzzTarget(
        client_hellos(), [bytes((code,)) for code in range(256)], judge_client_hello
    ),
    "proxy-header": FuzzTarget(proxy_headers(), WORDS, judge_proxy_header),
}
