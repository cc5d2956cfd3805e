# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading a PROXY header from the first bytes of a connection, however they are cut."""

from __future__ import annotations

import re
import struct
from ipaddress import AddressValueError, IPv4Address, IPv6Address

from .crc32c import crc32c
from .header import (
    SIGNATURE,
    TLV_CRC32C,
    V1_MOST_BYTES,
    BadProxyHeader,
    Command,
    ProxyHeader,
    Tlv,
)

DEFAULT_MOST_BYTES = 4096
_MOST_TLVS = 64
_FIXED = len(SIGNATURE) + 4
_PORT = rb"(0|[1-9][0-9]{0,4})"
_v1_line = re.compile(
    rb"PROXY (TCP4|TCP6) ([0-9A-Fa-f:.]+) ([0-9A-Fa-f:.]+) " + _PORT + rb" " + _PORT
).fullmatch
_FAMILIES: dict[int, tuple[str, type[IPv4Address] | type[IPv6Address]]] = {
    1: ("!4s4sHH", IPv4Address),
    2: ("!16s16sHH", IPv6Address),
}
_Address = IPv4Address | IPv6Address | bytes
_Addresses = tuple[tuple[_Address, _Address, int, int], int]
"""Source and destination, their ports; how many bytes they took."""
_UNIX_PATH = 108


def read_header(
    buffer: bytes, most_bytes: int = DEFAULT_MOST_BYTES
) -> tuple[ProxyHeader, int] | None:
    """Return the header at the start of ``buffer`` and its length; None while it is incomplete.

    ``most_bytes`` bounds a header of version 2, its additional values included. A checksum is
    verified when there is one. Raises `BadProxyHeader` as soon as the bytes cannot be a header.
    """
    if buffer[:1] == b"P":
        return _read_v1(buffer)
    if not SIGNATURE.startswith(buffer[: len(SIGNATURE)]):
        raise BadProxyHeader("the connection does not begin with a PROXY header")
    if len(buffer) < _FIXED:
        return None
    version_command, family, length = struct.unpack_from("!BBH", buffer, len(SIGNATURE))
    if version_command >> 4 != 2:
        raise BadProxyHeader(f"version {version_command >> 4} is not 2")
    if version_command & 15 not in (Command.LOCAL, Command.PROXY):
        raise BadProxyHeader(f"command {version_command & 15} is unknown")
    total = _FIXED + length
    if total > most_bytes:
        raise BadProxyHeader(f"the header has {total} bytes, more than {most_bytes}")
    if len(buffer) < total:
        return None
    return _read_v2(buffer[:total], Command(version_command & 15), family), total


def _read_v1(buffer: bytes) -> tuple[ProxyHeader, int] | None:
    if not buffer.startswith(b"PROXY "[: len(buffer)]):
        raise BadProxyHeader("the connection does not begin with a PROXY header")
    end = buffer.find(b"\n", 0, V1_MOST_BYTES)
    if end < 0:
        if len(buffer) >= V1_MOST_BYTES:
            raise BadProxyHeader(f"a line of version 1 has more than {V1_MOST_BYTES} bytes")
        return None
    line = buffer[: end + 1]
    if not line.endswith(b"\r\n"):
        raise BadProxyHeader("a line of version 1 does not end with CRLF")
    line = line[:-2]
    if line == b"PROXY UNKNOWN" or line.startswith(b"PROXY UNKNOWN "):
        return ProxyHeader(Command.PROXY), end + 1
    match = _v1_line(line)
    if match is None:
        raise BadProxyHeader("a line of version 1 is malformed")
    kind = IPv4Address if match[1] == b"TCP4" else IPv6Address
    try:
        source, destination = kind(match[2].decode()), kind(match[3].decode())
    except AddressValueError:
        raise BadProxyHeader("a line of version 1 has an invalid address") from None
    ports = int(match[4]), int(match[5])
    if max(ports) > 65535:
        raise BadProxyHeader("a line of version 1 has a port above 65535")
    return ProxyHeader(Command.PROXY, source, destination, *ports), end + 1


def _read_v2(header: bytes, command: Command, family: int) -> ProxyHeader:
    if command is Command.LOCAL:
        # Section 2.2: the receiver must ignore family and addresses, and what follows them.
        return ProxyHeader(command)
    transport = family & 15
    if family >> 4 > 3 or transport > 2:
        raise BadProxyHeader(f"address family {family:#04x} is unknown")
    datagram = transport == 2
    body = header[_FIXED:]
    if family >> 4 == 0 or transport == 0:
        return ProxyHeader(command, datagram=datagram)
    if family >> 4 == 3:
        addresses, size = _read_unix(body)
    else:
        addresses, size = _read_inet(body, family >> 4)
    tlvs = _read_tlvs(header, _FIXED + size)
    return ProxyHeader(command, *addresses, datagram, tlvs)


def _read_inet(body: bytes, family: int) -> _Addresses:
    layout, kind = _FAMILIES[family]
    size = struct.calcsize(layout)
    if len(body) < size:
        raise BadProxyHeader("the header is too short for its addresses")
    source, destination, source_port, destination_port = struct.unpack_from(layout, body)
    return (kind(source), kind(destination), source_port, destination_port), size


def _read_unix(body: bytes) -> _Addresses:
    size = 2 * _UNIX_PATH
    if len(body) < size:
        raise BadProxyHeader("the header is too short for its addresses")
    source, destination = body[:_UNIX_PATH], body[_UNIX_PATH:size]
    return (source.rstrip(b"\0"), destination.rstrip(b"\0"), 0, 0), size


def _read_tlvs(header: bytes, position: int) -> tuple[Tlv, ...]:
    tlvs: list[Tlv] = []
    while position < len(header):
        if position + 3 > len(header):
            raise BadProxyHeader("an additional value is cut off")
        kind, length = struct.unpack_from("!BH", header, position)
        value = header[position + 3 : position + 3 + length]
        if len(value) < length:
            raise BadProxyHeader("an additional value is cut off")
        if len(tlvs) == _MOST_TLVS:
            raise BadProxyHeader(f"more than {_MOST_TLVS} additional values")
        if kind == TLV_CRC32C:
            _verify(header, position + 3, value)
        tlvs.append(Tlv(kind, value))
        position += 3 + length
    return tuple(tlvs)


def _verify(header: bytes, position: int, checksum: bytes) -> None:
    if len(checksum) != 4:
        raise BadProxyHeader("the checksum has not four bytes")
    zeroed = header[:position] + bytes(4) + header[position + 4 :]
    if crc32c(zeroed) != int.from_bytes(checksum, "big"):
        raise BadProxyHeader("the checksum is wrong")
