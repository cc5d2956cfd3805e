# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writing PROXY headers for upstreams."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address

from .crc32c import crc32c
from .header import SIGNATURE, TLV_CRC32C, Command, ProxyHeader, Tlv

_UNIX_PATH = 108
_MOST_BODY = 65535


def compose_v1(header: ProxyHeader) -> bytes:
    """Return a line of version 1; UNKNOWN for what this version cannot say."""
    source, destination = header.source, header.destination
    if (
        header.command is Command.LOCAL
        or header.datagram
        or not isinstance(source, (IPv4Address, IPv6Address))
        or type(source) is not type(destination)
    ):
        return b"PROXY UNKNOWN\r\n"
    family = "TCP4" if isinstance(source, IPv4Address) else "TCP6"
    ports = f"{header.source_port} {header.destination_port}"
    return f"PROXY {family} {_bare(source)} {_bare(destination)} {ports}\r\n".encode("ascii")


def _bare(address: IPv4Address | IPv6Address) -> str:
    # A zone identifier has a meaning on this host only.
    return str(address).partition("%")[0]


def compose_v2(header: ProxyHeader, *, checksum: bool = False) -> bytes:
    """Return a header of version 2 with its additional values, and a CRC-32C when asked to.

    Raises ValueError for addresses of two families, and for what does not fit.
    """
    family, addresses = _addresses(header)
    tlvs = [tlv for tlv in header.tlvs if not (checksum and tlv.type == TLV_CRC32C)]
    body = addresses + _tlvs(tlvs)
    if checksum:
        body += struct.pack("!BH", TLV_CRC32C, 4) + bytes(4)
    if len(body) > _MOST_BODY:
        raise ValueError(f"a PROXY header of {len(body)} bytes: use at most {_MOST_BODY}")
    start = struct.pack("!BBH", 0x20 | header.command, family, len(body))
    whole = SIGNATURE + start + body
    return whole[:-4] + crc32c(whole).to_bytes(4, "big") if checksum else whole


def _addresses(header: ProxyHeader) -> tuple[int, bytes]:
    """Return the byte of family and transport, and the block of addresses."""
    source, destination = header.source, header.destination
    if header.command is Command.LOCAL or source is None or destination is None:
        return 0, b""
    transport = 2 if header.datagram else 1
    ports = struct.pack("!HH", header.source_port, header.destination_port)
    if isinstance(source, IPv4Address) and isinstance(destination, IPv4Address):
        return 0x10 | transport, source.packed + destination.packed + ports
    if isinstance(source, IPv6Address) and isinstance(destination, IPv6Address):
        return 0x20 | transport, source.packed + destination.packed + ports
    if isinstance(source, bytes) and isinstance(destination, bytes):
        if max(len(source), len(destination)) > _UNIX_PATH:
            raise ValueError(f"a unix path has more than {_UNIX_PATH} bytes")
        paths = (source.ljust(_UNIX_PATH, b"\0"), destination.ljust(_UNIX_PATH, b"\0"))
        return 0x30 | transport, b"".join(paths)
    raise ValueError("source and destination are of two address families")


def _tlvs(tlvs: Iterable[Tlv]) -> bytes:
    for tlv in tlvs:
        if not 0 <= tlv.type < 256 or len(tlv.value) > _MOST_BODY:
            raise ValueError(f"additional value {tlv.type:#04x} does not fit")
    return b"".join(struct.pack("!BH", tlv.type, len(tlv.value)) + tlv.value for tlv in tlvs)
