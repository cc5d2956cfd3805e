# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The first message of a TLS client, read before any context is chosen. Pure and incremental.

What is here is what choosing needs: the server name, the protocols of ALPN, the versions. What a
handshake needs beyond that is left to the TLS library, which gets the same bytes afterwards.
Sections are those of RFC 8446, unless said otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_MOST_BYTES = 65_536
_MOST_FRAGMENT = 16_384
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME, _ALPN, _SUPPORTED_VERSIONS = 0, 16, 43
_host_name = re.compile(
    rb"(?=.{1,253}\Z)[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?"
    rb"(?:\.[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?)*"
).fullmatch
_ipv4_like = re.compile(rb"[0-9.]+").fullmatch


class BadClientHello(Exception):
    """Bytes that are no ClientHello. ``alert`` is the description to send (section 6)."""

    def __init__(self, reason: str, alert: int = 50) -> None:
        super().__init__(reason)
        self.reason = reason
        self.alert = alert


UNEXPECTED_MESSAGE = 10
RECORD_OVERFLOW = 22
ILLEGAL_PARAMETER = 47


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client asks for."""

    server_name: str | None
    """The name of SNI, lower case (RFC 6066 section 3); None without one."""
    alpn: tuple[bytes, ...]
    """The protocols offered, most wanted first (RFC 7301); empty without the extension."""
    versions: tuple[int, ...]
    """The versions offered, such as 0x0304 for TLS 1.3; reserved values (RFC 8701) left out."""


class ClientHelloReader:
    """Reads records until the ClientHello is whole, or ``most_bytes`` of it have arrived."""

    __slots__ = ("_message", "_most_bytes", "_pending", "_seen")

    def __init__(self, most_bytes: int = DEFAULT_MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pending = bytearray()
        self._message = bytearray()
        self._seen = 0

    def feed(self, data: bytes) -> ClientHello | None:
        """Return the ClientHello once it is whole; the reader must not be fed after that.

        Bytes after it are ignored: the caller keeps all bytes for the handshake. Raises
        `BadClientHello` as soon as the bytes cannot become one.
        """
        self._pending += data
        self._seen += len(data)
        while (fragment := self._next_record()) is not None:
            self._message += fragment
            message = self._whole_message()
            if message is not None:
                return parse_client_hello(message)
        if self._seen > self._most_bytes:
            raise BadClientHello(f"more than {self._most_bytes} bytes", RECORD_OVERFLOW)
        return None

    def _next_record(self) -> bytes | None:
        """Take one record off what is pending (section 5.1); None while it is incomplete."""
        head = bytes(self._pending[:5])
        if head and head[0] != _HANDSHAKE:
            raise BadClientHello("the first record is not of the handshake", UNEXPECTED_MESSAGE)
        if len(head) > 1 and head[1] != 3:
            raise BadClientHello("the record's version is not of TLS")
        if len(head) < 5:
            return None
        length = int.from_bytes(head[3:5], "big")
        if not 0 < length <= _MOST_FRAGMENT:
            raise BadClientHello("a record is empty or too long", RECORD_OVERFLOW)
        if len(self._pending) < 5 + length:
            return None
        fragment = bytes(self._pending[5 : 5 + length])
        del self._pending[: 5 + length]
        return fragment

    def _whole_message(self) -> bytes | None:
        """Return the body of the handshake message once it is whole (section 4)."""
        if self._message[0] != _CLIENT_HELLO:
            raise BadClientHello("the first message is not a ClientHello", UNEXPECTED_MESSAGE)
        if len(self._message) < 4:
            return None
        length = int.from_bytes(self._message[1:4], "big")
        if length > self._most_bytes:
            raise BadClientHello(f"a ClientHello of {length} bytes", RECORD_OVERFLOW)
        if len(self._message) < 4 + length:
            return None
        return bytes(self._message[4 : 4 + length])


class _Cursor:
    """Takes length-prefixed vectors (section 3.4) off bytes."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def empty(self) -> bool:
        return self._position == len(self._data)

    def take(self, size: int) -> bytes:
        end = self._position + size
        if end > len(self._data):
            raise BadClientHello("a length goes beyond the message")
        taken = self._data[self._position : end]
        self._position = end
        return taken

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._position)

    def vector(self, length_bytes: int) -> bytes:
        return self.take(int.from_bytes(self.take(length_bytes), "big"))

    def whole_vector(self, length_bytes: int) -> _Cursor:
        """Return a cursor over a vector that has to be all that is left."""
        vector = self.vector(length_bytes)
        if not self.empty:
            raise BadClientHello("bytes follow the end of a list")
        return _Cursor(vector)


def parse_client_hello(body: bytes) -> ClientHello:
    """Return what the body of a ClientHello (section 4.1.2) asks for. Raises `BadClientHello`."""
    cursor = _Cursor(body)
    legacy_version = int.from_bytes(cursor.take(2), "big")
    cursor.take(32)
    session, suites, compressions = cursor.vector(1), cursor.vector(2), cursor.vector(1)
    if len(session) > 32 or not suites or len(suites) % 2 or 0 not in compressions:
        raise BadClientHello("session, cipher suites or compression methods are malformed")
    extensions = {} if cursor.empty else _read_extensions(cursor.whole_vector(2))
    name = extensions.get(_SERVER_NAME)
    alpn = extensions.get(_ALPN)
    versions = extensions.get(_SUPPORTED_VERSIONS)
    return ClientHello(
        None if name is None else _read_server_name(name),
        () if alpn is None else _read_alpn(alpn),
        (legacy_version,) if versions is None else _read_versions(versions),
    )


def _read_extensions(cursor: _Cursor) -> dict[int, bytes]:
    extensions: dict[int, bytes] = {}
    while not cursor.empty:
        kind = int.from_bytes(cursor.take(2), "big")
        if kind in extensions:
            raise BadClientHello(f"extension {kind} twice", ILLEGAL_PARAMETER)
        extensions[kind] = cursor.vector(2)
    return extensions


def _read_server_name(extension: bytes) -> str | None:
    """Return the name. Some clients send what RFC 6066 forbids: a final dot, which is dropped, and
    an IPv4 address, which chooses nothing and counts as no name.
    """
    names = _Cursor(extension).whole_vector(2)
    if names.take(1) != b"\0":
        raise BadClientHello("a server name is not a host name")
    name = names.vector(2).lower().removesuffix(b".")
    if not names.empty:
        raise BadClientHello("more than one server name", ILLEGAL_PARAMETER)
    if _ipv4_like(name):
        return None
    if not _host_name(name):
        raise BadClientHello("the server name is not a host name", ILLEGAL_PARAMETER)
    return name.decode("ascii")


def _read_alpn(extension: bytes) -> tuple[bytes, ...]:
    cursor = _Cursor(extension).whole_vector(2)
    protocols = []
    while not cursor.empty:
        protocols.append(cursor.vector(1))
    if not protocols or b"" in protocols:
        raise BadClientHello("an empty list or name of protocols")
    return tuple(protocols)


def _read_versions(extension: bytes) -> tuple[int, ...]:
    listed = _Cursor(extension).whole_vector(1).rest()
    if not listed or len(listed) % 2:
        raise BadClientHello("the list of versions is malformed")
    versions = [int.from_bytes(listed[at : at + 2], "big") for at in range(0, len(listed), 2)]
    return tuple(version for version in versions if version & 0x0F0F != 0x0A0A)
