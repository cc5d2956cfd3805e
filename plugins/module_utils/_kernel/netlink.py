# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages and attributes, the framing of every netlink family (linux/netlink.h). Pure.

Messages and attributes start with their length, header included, and are padded to four bytes.
The headers are in the host's byte order.
"""

from __future__ import annotations

from struct import Struct
from typing import Dict, Iterator, Tuple

HEADER = Struct("=IHHII")
"""Of a message: length, kind, flags, sequence number, port."""
ATTRIBUTE = Struct("=HH")
"""Of an attribute: length, kind."""

# NLM_F_*: of requests, of those that create, of answers, of acknowledgements
REQUEST, ACK, DUMP = 0x1, 0x4, 0x300
REPLACE, EXCLUSIVE, CREATE = 0x100, 0x200, 0x400
DUMP_INTERRUPTED = 0x10
CAPPED, ACK_ATTRIBUTES = 0x100, 0x200
# NLMSG_*: kinds of messages that every family has
ERROR, DONE = 2, 3
# setsockopt: acknowledge without the request, and in words
SOL_NETLINK, CAP_ACK, EXT_ACK = 270, 10, 11

_TYPE_MASK = 0x3FFF  # NLA_F_NESTED and NLA_F_NET_BYTEORDER lie above it
_ERROR_NUMBER = Struct("=i")
_ERROR_TEXT = 1  # NLMSGERR_ATTR_MSG


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Return one message; ``body`` is padded already, as one that ends in attributes is."""
    return HEADER.pack(HEADER.size + len(body), kind, flags, sequence, 0) + body


def messages(data: bytes) -> Iterator[Tuple[int, int, int, bytes]]:
    """Yield kind, flags, sequence number and body of each message in a datagram."""
    offset = 0
    while offset + HEADER.size <= len(data):
        length, kind, flags, sequence, _port = HEADER.unpack_from(data, offset)
        if length < HEADER.size:
            return
        yield kind, flags, sequence, data[offset + HEADER.size : offset + length]
        offset += (length + 3) & ~3


def attribute(kind: int, payload: bytes) -> bytes:
    """Return one attribute, padded to four bytes."""
    size = len(payload)
    return ATTRIBUTE.pack(4 + size, kind) + payload + b"\0" * (-size & 3)


def each_attribute(data: bytes, offset: int = 0) -> Iterator[Tuple[int, bytes]]:
    """Yield kind, without its flags, and payload of each attribute from an offset on."""
    last = len(data) - ATTRIBUTE.size
    unpack = ATTRIBUTE.unpack_from
    while offset <= last:
        length, kind = unpack(data, offset)
        if length < 4:
            return
        yield kind & _TYPE_MASK, data[offset + 4 : offset + length]
        offset += (length + 3) & ~3


def attributes(data: bytes, offset: int = 0) -> Dict[int, bytes]:
    """Return the payloads of the attributes from an offset on, by kind without its flags."""
    return dict(each_attribute(data, offset))


def complaint(kind: int, flags: int, body: bytes) -> Tuple[int, str]:
    """Return the errno, 0 for none, and the kernel's own words in an error or a listing's end.

    Kind and flags are those of the message. The words are empty where the kernel says none.
    """
    if len(body) < _ERROR_NUMBER.size:
        return 0, ""
    number = -_ERROR_NUMBER.unpack_from(body)[0]
    if not flags & ACK_ATTRIBUTES:
        return number, ""
    offset = _ERROR_NUMBER.size + (_request_size(flags, body) if kind == ERROR else 0)
    words = attributes(body, offset).get(_ERROR_TEXT, b"")
    return number, words.rstrip(b"\0").decode("utf-8", "replace")


def _request_size(flags: int, body: bytes) -> int:
    """Return how long the request in an error is: its header alone where the error is capped."""
    if flags & CAPPED or len(body) < _ERROR_NUMBER.size + HEADER.size:
        return HEADER.size
    size: int = HEADER.unpack_from(body, _ERROR_NUMBER.size)[0]
    return (size + 3) & ~3
