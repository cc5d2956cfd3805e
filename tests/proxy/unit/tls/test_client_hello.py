# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a ClientHello asks for. Sections are those of RFC 8446."""

from __future__ import annotations

import ssl

import pytest
from sluice_proxy.tls.client_hello import (
    BadClientHello,
    ClientHello,
    ClientHelloReader,
)


def sent_by_openssl(name: str | None, protocols: list[str], newest: ssl.TLSVersion) -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1_2, newest
    if protocols:
        context.set_alpn_protocols(protocols)
    outgoing = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def vector(data: bytes, length_bytes: int) -> bytes:
    return len(data).to_bytes(length_bytes, "big") + data


def extension(kind: int, data: bytes) -> bytes:
    return kind.to_bytes(2, "big") + vector(data, 2)


def server_name(name: bytes, kind: int = 0) -> bytes:
    return extension(0, vector(bytes((kind,)) + vector(name, 2), 2))


def message(*extensions: bytes, suites: bytes = b"\x13\x01", session: bytes = b"") -> bytes:
    body = b"\x03\x03" + bytes(32) + vector(session, 1) + vector(suites, 2) + b"\x01\0"
    body += vector(b"".join(extensions), 2)
    return b"\x01" + vector(body, 3)


def records(handshake: bytes, size: int = 16_384) -> bytes:
    pieces = [handshake[start : start + size] for start in range(0, len(handshake), size)]
    return b"".join(b"\x16\x03\x01" + vector(piece, 2) for piece in pieces)


def read(raw: bytes) -> ClientHello | None:
    return ClientHelloReader().feed(raw)


def test_what_openssl_sends() -> None:
    raw = sent_by_openssl("A.Example.org", ["h2", "http/1.1"], ssl.TLSVersion.TLSv1_3)

    assert read(raw) == ClientHello("a.example.org", (b"h2", b"http/1.1"), (0x0304, 0x0303))


def test_what_openssl_sends_without_names_and_of_tls_1_2() -> None:
    raw = sent_by_openssl(None, [], ssl.TLSVersion.TLSv1_2)

    assert read(raw) == ClientHello(None, (), (0x0303,))


@pytest.mark.parametrize("size", [1, 3, 50, 16_384])
def test_records_and_segments_of_any_size_give_the_same(size: int) -> None:
    raw = records(message(server_name(b"a.example")), size)
    reader = ClientHelloReader()

    results = [reader.feed(raw[at : at + 1]) for at in range(len(raw))]

    assert results[:-1] == [None] * (len(raw) - 1)
    assert results[-1] == ClientHello("a.example", (), (0x0303,))


def test_what_follows_the_hello_is_ignored() -> None:
    assert read(records(message()) + b"GET / HTTP/1.1\r\n") == ClientHello(None, (), (0x0303,))


def test_a_hello_without_extensions_is_read() -> None:
    body = b"\x03\x03" + bytes(32) + b"\0" + vector(b"\0\x2f", 2) + b"\x01\0"

    assert read(records(b"\x01" + vector(body, 3))) == ClientHello(None, (), (0x0303,))


def test_reserved_versions_are_left_out() -> None:
    versions = extension(43, vector(b"\x1a\x1a\x03\x04\xfa\xfa", 1))

    assert read(records(message(versions))) == ClientHello(None, (), (0x0304,))


def test_the_protocol_of_acme_is_seen() -> None:
    alpn = extension(16, vector(vector(b"acme-tls/1", 1), 2))
    name = server_name(b"1.2.0.192.in-addr.arpa")

    assert read(records(message(name, alpn))) == ClientHello(
        "1.2.0.192.in-addr.arpa", (b"acme-tls/1",), (0x0303,)
    )


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"A.EXAMPLE", "a.example"),
        (b"a.example.", "a.example"),
        (b"a_b.example", "a_b.example"),
        (b"localhost", "localhost"),
        (b"192.0.2.1", None),
        (b"a" * 63 + b".example", "a" * 63 + ".example"),
    ],
)
def test_names_that_clients_send(sent: bytes, name: str | None) -> None:
    found = read(records(message(server_name(sent))))

    assert found is not None
    assert found.server_name == name


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b".",
        b"a..b",
        b".a",
        b"-a",
        b"a-",
        b"a b",
        b"a\0b",
        b"a/b",
        b"../a",
        b"*.a",
        b"\xc3\xa9",
        b"[::1]",
        b"::1",
        b"a:443",
        b"a" * 64,
        b"a." * 130,
    ],
)
def test_names_that_are_no_host_names_are_refused(name: bytes) -> None:
    with pytest.raises(BadClientHello):
        read(records(message(server_name(name))))


@pytest.mark.parametrize(
    ("raw", "alert"),
    [
        (b"GET / HTTP/1.1\r\n", 10),
        (b"\x15\x03\x01\0\x02\x01\0", 10),
        (b"\x16\x02", 50),
        (b"\x16\x03\x01\0\0", 22),
        (b"\x16\x03\x01\x40\x01", 22),
        (records(b"\x02\0\0\0"), 10),
        (records(b"\x01\xff\xff\xff"), 22),
        (records(message(server_name(b"a"), server_name(b"a"))), 47),
        (records(message(extension(5, b""), extension(5, b""))), 47),
        (records(message(server_name(b"a", kind=1))), 50),
        (records(message(extension(0, b""))), 50),
        (records(message(extension(0, vector(2 * (b"\0" + vector(b"a", 2)), 2)))), 47),
        (records(message(extension(16, b"\0\0"))), 50),
        (records(message(extension(16, b"\0\x01\0"))), 50),
        (records(message(extension(16, b"\0\x05\x02h2"))), 50),
        (records(message(extension(43, b"\0"))), 50),
        (records(message(extension(43, b"\x01\x03"))), 50),
        (records(message(extension(43, b"\x02\x03\x04\0"))), 50),
        (records(message(suites=b"")), 50),
        (records(message(suites=b"\x13")), 50),
        (records(message(session=bytes(33))), 50),
        (records(b"\x01" + vector(b"\x03\x03" + bytes(31), 3)), 50),
        (records(b"\x01" + vector(message()[4:] + b"\0", 3)), 50),
    ],
)
def test_what_is_no_client_hello_is_refused_with_an_alert(raw: bytes, alert: int) -> None:
    with pytest.raises(BadClientHello) as refusal:
        read(raw)

    assert refusal.value.alert == alert


def test_the_bound_on_bytes_holds() -> None:
    raw = records(message(extension(21, bytes(3_000))), 500)

    assert ClientHelloReader(most_bytes=4_000).feed(raw) is not None
    with pytest.raises(BadClientHello):
        ClientHelloReader(most_bytes=2_000).feed(raw)


def test_a_hello_that_never_ends_is_refused_at_the_bound() -> None:
    reader = ClientHelloReader(most_bytes=200)
    assert reader.feed(records(b"\x01\0\0\xc8")) is None

    with pytest.raises(BadClientHello, match="more than 200 bytes"):
        reader.feed(records(bytes(50), 1))
