# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One TLS connection in memory: a real client, and what stands for the loop and for HTTP."""

from __future__ import annotations

import ssl
from contextlib import suppress

import pytest
from samples.certificates import leaf
from samples.handshakes import client_context, show
from samples.wires import Inside, TlsWire
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_side import TlsServerSide

PAIR = leaf("a.test")
VERSIONS = pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])


def in_records(record: bytes, most: int) -> bytes:
    """Return the content of one record in several ones."""
    start, content = record[:3], record[5:]
    pieces = [content[place : place + most] for place in range(0, len(content), most)]
    return b"".join(start + len(piece).to_bytes(2, "big") + piece for piece in pieces)


class Connected:
    """A connection whose handshake is done."""

    def __init__(
        self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3, hello_bytes: int = 1 << 14
    ) -> None:
        """Each record has ``hello_bytes`` of the ClientHello at most."""
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        show(server, PAIR)
        asked: list[ClientHello] = []

        def choose(hello: ClientHello, came_to: str) -> ssl.SSLContext:
            asked.append(hello)
            return server

        context = client_context()
        context.minimum_version = context.maximum_version = version
        self.wire = TlsWire()
        self.inside = Inside()
        self.failures: list[str] = []
        self.side = TlsServerSide(choose, self.inside, self.failures.append)
        self.side.connection_made(self.wire)
        self._to_client, self._from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = context.wrap_bio(self._to_client, self._from_client, server_hostname="a.test")
        with pytest.raises(ssl.SSLWantReadError):
            self.client.do_handshake()
        self.side.data_received(in_records(self._from_client.read(), hello_bytes))
        while self.inside.transport is None:
            with suppress(ssl.SSLWantReadError):
                self.client.do_handshake()
            self.deliver()
        self.client.do_handshake()
        assert [hello.server_name for hello in asked] == ["a.test"]

    def deliver(self) -> None:
        """Bring to each side what the other one sent."""
        self.side.data_received(self._from_client.read())
        self._to_client.write(self.wire.sent)
        self.wire.sent = b""

    def send(self, *pieces: bytes) -> None:
        """Let the client send pieces, each in a record; they arrive together."""
        for piece in pieces:
            self.client.write(piece)
        self.deliver()

    def end(self) -> None:
        """Let the client say that it sends no more."""
        with suppress(ssl.SSLWantReadError):
            self.client.unwrap()
        self.deliver()

    def client_reads(self) -> bytes:
        """Return what has come for the client; nothing once it was told that no more comes."""
        return self.client.read(1 << 20)


@VERSIONS
def test_a_client_hello_may_come_in_many_records(version: ssl.TLSVersion) -> None:
    connected = Connected(version, hello_bytes=20)

    connected.send(b"a")

    assert connected.inside.received == [b"a"]


@VERSIONS
def test_what_has_come_when_no_more_is_sent_is_still_handed_on(version: ssl.TLSVersion) -> None:
    connected = Connected(version)
    inside = connected.inside
    inside.on_data = inside.transport.write_eof

    connected.send(b"a", b"b", b"c")
    connected.send(b"d")

    assert inside.received == [b"a", b"b", b"c", b"d"]
    assert connected.wire.ended
    assert not connected.wire.closed
    assert connected.client_reads() == b""


@VERSIONS
def test_what_comes_in_pieces_while_no_more_is_sent_is_handed_on(version: ssl.TLSVersion) -> None:
    connected = Connected(version)
    connected.client.write(b"late")
    record = connected._from_client.read()
    connected.side.data_received(record[:7])

    connected.side.write_eof()
    connected.side.data_received(record[7:])

    assert connected.inside.received == [b"late"]
    assert not connected.wire.closed


def test_what_has_come_for_one_who_does_not_read_waits_while_no_more_is_sent() -> None:
    connected = Connected()
    connected.side.pause_reading()
    connected.send(b"a", b"b")

    connected.side.write_eof()
    assert connected.inside.received == []
    connected.side.resume_reading()

    assert connected.inside.received == [b"a", b"b"]


@VERSIONS
def test_an_end_that_has_come_when_no_more_is_sent_is_told(version: ssl.TLSVersion) -> None:
    connected = Connected(version)
    connected.inside.stays_open = False
    connected.side.pause_reading()
    connected.client.write(b"a")
    connected.end()

    connected.side.write_eof()
    connected.side.resume_reading()

    assert (connected.inside.received, connected.inside.ends) == ([b"a"], 1)
    assert connected.wire.closed
    assert not connected.wire.aborted


@VERSIONS
def test_a_client_that_ends_after_us_is_closed_without_a_reset(version: ssl.TLSVersion) -> None:
    connected = Connected(version)
    connected.inside.stays_open = False
    connected.side.write_eof()
    connected.deliver()
    assert connected.client_reads() == b""

    connected.end()

    assert connected.inside.ends == 1
    assert connected.wire.closed
    assert not connected.wire.aborted


@VERSIONS
def test_a_client_that_ends_its_side_properly_still_gets_the_rest(version: ssl.TLSVersion) -> None:
    connected = Connected(version)
    connected.end()
    stays = connected.side.eof_received()

    connected.side.write(b"rest")
    connected.deliver()

    assert (stays, connected.inside.ends) == (True, 1)
    assert connected.client_reads() == b"rest"


def test_an_end_without_notice_is_the_end() -> None:
    connected = Connected()

    assert connected.side.eof_received() is False
    assert connected.inside.ends == 1


def test_a_close_says_that_no_more_comes() -> None:
    connected = Connected()
    connected.side.write(b"last")
    connected.side.close()
    connected.deliver()

    assert connected.client_reads() == b"last"
    assert connected.client_reads() == b""
    assert connected.wire.closed


def test_broken_records_end_the_connection() -> None:
    connected = Connected()
    connected.client.write(b"a")
    record = connected._from_client.read()

    connected.side.data_received(record[:-1] + bytes((record[-1] ^ 1,)))

    assert connected.wire.aborted
    assert connected.inside.received == []


def test_nothing_is_handed_on_to_one_who_does_not_read() -> None:
    connected = Connected()
    inside = connected.inside
    inside.on_data = inside.transport.pause_reading

    connected.send(b"a", b"b")
    assert (inside.received, connected.wire.reading) == ([b"a"], False)
    connected.side.resume_reading()
    assert (inside.received, connected.wire.reading) == ([b"a", b"b"], False)


def test_a_failed_handshake_is_told_to_both_and_hands_on_nothing() -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show(server, PAIR)
    server.minimum_version = ssl.TLSVersion.TLSv1_3
    old = client_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    to_client, from_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = old.wrap_bio(to_client, from_client, server_hostname="a.test")
    wire, inside, failures = TlsWire(), Inside(), list[str]()
    side = TlsServerSide(lambda hello, came_to: server, inside, failures.append)
    side.connection_made(wire)
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()

    side.data_received(from_client.read())
    to_client.write(wire.sent)

    assert (failures, wire.closed, inside.transport) == (["UNSUPPORTED_PROTOCOL"], True, None)
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        client.do_handshake()
