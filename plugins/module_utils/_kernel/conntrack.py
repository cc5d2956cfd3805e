# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Connections that the kernel tracks (linux/netfilter/nfnetlink_conntrack.h): list and delete."""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from .._converge.errors import Unavailable
from .._inet.address import IPV4, IPV6, Address, address_family_number

NETLINK_NETFILTER = 12
SUBSYSTEM = 1  # NFNL_SUBSYS_CTNETLINK
_GET = SUBSYSTEM << 8 | 1
_DELETE = SUBSYSTEM << 8 | 2
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_ERROR, _DONE = 2, 3
_TUPLE_ORIG, _TUPLE_REPLY, _ID, _ZONE = 1, 2, 12, 18
_TUPLE_IP, _TUPLE_PROTO = 1, 2
_IP_SOURCES = {1: IPV4, 3: IPV6}
_IP_DESTINATIONS = {2: IPV4, 4: IPV6}
_PROTO_NUM, _PROTO_SRC_PORT, _PROTO_DST_PORT = 1, 2, 3
_NESTED = 0x8000
_TYPE_MASK = 0x3FFF

_HEADER = struct.Struct("=IHHII")
_GENERIC = struct.Struct("=BBH")
_ATTRIBUTE = struct.Struct("=HH")
_ERROR_NUMBER = struct.Struct("=i")
_PORT = struct.Struct(">H")
_RECEIVE = 256 * 1024
_TIMEOUT = 30.0


class Flow(NamedTuple):
    """One tracked connection: whom the client called, and who answers it.

    ``protocol`` is the number of the protocol (IANA); ports are 0 for protocols without any.
    ``identity`` are the attributes by which the kernel finds it again.
    """

    protocol: int
    called: Tuple[Address, int]
    answers: Tuple[Address, int]
    identity: bytes = b""


class Conntrack:
    """A socket on the connection tracking of the namespace where it was opened."""

    def __init__(self) -> None:
        """Open the socket; raises Unavailable when the kernel has no netfilter netlink."""
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        except OSError as error:
            raise Unavailable(
                "connections cannot be listed: %s (module nfnetlink)" % error.strerror
            ) from None
        self._socket.bind((0, 0))
        self._socket.settimeout(_TIMEOUT)
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Conntrack:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def flows(self, family: str) -> List[Flow]:
        """Return the tracked connections of one address family; raises Unavailable."""
        self._send(_GET, _REQUEST | _DUMP, family, b"")
        found = []
        for kind, payload in self._messages():
            if kind == _ERROR:
                number = -_ERROR_NUMBER.unpack_from(payload)[0]
                raise Unavailable(
                    "connections cannot be listed: %s (module nf_conntrack_netlink)"
                    % os.strerror(number)
                )
            flow = decode(payload[_GENERIC.size :])
            if flow is not None:
                found.append(flow)
        return found

    def delete(self, flow: Flow) -> bool:
        """Delete a connection; return False when it was gone already. Raises Unavailable."""
        family = flow.called[0].family
        self._send(_DELETE, _REQUEST | _ACK, family, flow.identity)
        for kind, payload in self._messages():
            number = -_ERROR_NUMBER.unpack_from(payload)[0] if kind == _ERROR else 0
            if number not in (0, errno.ENOENT):
                raise Unavailable("a connection cannot be deleted: %s" % os.strerror(number))
            return number == 0
        return False

    def _send(self, kind: int, flags: int, family: str, attributes: bytes) -> None:
        self._sequence += 1
        body = _GENERIC.pack(address_family_number(family), 0, 0) + attributes
        length = _HEADER.size + len(body)
        self._socket.send(_HEADER.pack(length, kind, flags, self._sequence, 0) + body)

    def _messages(self) -> Iterator[Tuple[int, bytes]]:
        """Yield the answers to the last request, up to its end or the error that ends it."""
        while True:
            data = self._socket.recv(_RECEIVE)
            offset = 0
            while offset + _HEADER.size <= len(data):
                length, kind, _flags, sequence, _port = _HEADER.unpack_from(data, offset)
                payload = data[offset + _HEADER.size : offset + length]
                offset += (length + 3) & ~3
                if sequence != self._sequence:
                    continue
                if kind == _DONE:
                    return
                yield kind, payload
                if kind == _ERROR:
                    return


def decode(attributes: bytes) -> Optional[Flow]:
    """Return the connection that a message's attributes describe, None for another protocol."""
    parts = _parts(attributes)
    try:
        original, reply = _parts(parts[_TUPLE_ORIG]), _parts(parts[_TUPLE_REPLY])
        protocol = _parts(original[_TUPLE_PROTO])
        called = (
            _address(_parts(original[_TUPLE_IP]), _IP_DESTINATIONS),
            _PORT.unpack(protocol[_PROTO_DST_PORT])[0],
        )
        answers = (
            _address(_parts(reply[_TUPLE_IP]), _IP_SOURCES),
            _PORT.unpack(_parts(reply[_TUPLE_PROTO])[_PROTO_SRC_PORT])[0],
        )
    except (KeyError, struct.error):
        return None
    identity = b"".join(
        _attribute(kind | flag, parts[kind])
        for kind, flag in ((_TUPLE_ORIG, _NESTED), (_ID, 0), (_ZONE, 0))
        if kind in parts
    )
    return Flow(protocol[_PROTO_NUM][0], called, answers, identity)


def _address(parts: Dict[int, bytes], kinds: Dict[int, str]) -> Address:
    for kind, family in kinds.items():
        if kind in parts:
            return Address(family, parts[kind])
    raise KeyError("no address")


def _parts(data: bytes) -> Dict[int, bytes]:
    found = {}
    offset = 0
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size:
            break
        found[kind & _TYPE_MASK] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += (length + 3) & ~3
    return found


def _attribute(kind: int, payload: bytes) -> bytes:
    padding = -len(payload) % 4
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(payload), kind) + payload + b"\0" * padding
