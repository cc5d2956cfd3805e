# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A generic netlink family: batches of requests and dumps (linux/netlink.h, genetlink.h).

A batch puts many requests into one datagram. The kernel works through a datagram in order before
``send`` returns, and answers a request that failed always, one that succeeded only when it asks
for it. So only the last request of a datagram asks: when its answer arrives, every request before
it was carried out, and those that failed have said so. That is one system call for hundreds of
requests and still an error number for each.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import sys
from typing import List, Sequence, Tuple

from .._converge.errors import Unavailable
from .netlink import (
    ACK,
    CAP_ACK,
    DONE,
    DUMP,
    DUMP_INTERRUPTED,
    ERROR,
    HEADER,
    REQUEST,
    SOL_NETLINK,
    attribute,
    attributes,
)

NETLINK_GENERIC = 16
SO_RCVBUFFORCE = 33

GENL_ID_CTRL = 16
CTRL_CMD_GETFAMILY = 3
CTRL_ATTR_FAMILY_ID = 1
CTRL_ATTR_FAMILY_NAME = 2

_GENERIC_HEADER = struct.Struct("=BBH")
_ERROR_NUMBER = struct.Struct("=i")
PAYLOAD_OFFSET = HEADER.size + _GENERIC_HEADER.size

_DATAGRAM = 60 * 1024
_MESSAGES = 512
_RECEIVE = 256 * 1024
_RECEIVE_BUFFER = 4 * 1024 * 1024
_TIMEOUT = 30.0
_DUMP_ATTEMPTS = 10


class GenericNetlink:
    """A socket on one generic netlink family, in the network namespace where it was opened."""

    def __init__(self, family: str, version: int = 1) -> None:
        """Open the socket; raises FileNotFoundError when the kernel has no such family."""
        self._version = version
        self._sequence = 0
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        try:
            self._socket.bind((0, 0))
            self._socket.settimeout(_TIMEOUT)
            self._socket.setsockopt(SOL_NETLINK, CAP_ACK, 1)
            self._enlarge_receive_buffer()
            self._family = self._resolve(family)
        except BaseException:
            self._socket.close()
            raise

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> GenericNetlink:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def batch(self, requests: Sequence[bytes]) -> List[int]:
        """Send requests in order; return for each the kernel's error number, 0 for success.

        A request is its command byte followed by its attributes. Raises OSError when the kernel
        cannot be talked to; then it is unknown which requests were carried out.
        """
        answers = [0] * len(requests)
        start = 0
        while start < len(requests):
            start = self._send_some(requests, start, answers)
        return answers

    def dump(self, request: bytes) -> List[bytes]:
        """Return the attributes of every entry that a dump request lists.

        A dump during which the table changed is made again. Raises OSError with the kernel's
        error number when it refuses the dump.
        """
        entries: List[bytes] = []
        for _attempt in range(_DUMP_ATTEMPTS):
            entries, interrupted = self._dump_once(request)
            if not interrupted:
                break
        return entries

    def get(self, request: bytes) -> bytes:
        """Return the attributes of the one message that answers ``request``.

        Raises OSError with the kernel's error number when it refuses.
        """
        sequence = self._next_sequence()
        self._socket.send(self._message(self._family, 0, sequence, request))
        while True:
            data = self._receive()
            length, kind, _flags, answered, _port = HEADER.unpack_from(data, 0)
            if answered != sequence:
                continue
            if kind == ERROR:
                raise _refusal(data, 0)
            return bytes(data[PAYLOAD_OFFSET:length])

    def _send_some(self, requests: Sequence[bytes], start: int, answers: List[int]) -> int:
        parts: List[bytes] = []
        size = 0
        end = start
        first = self._sequence + 1
        while end < len(requests) and len(parts) < _MESSAGES and size < _DATAGRAM:
            message = self._message(self._family, 0, self._next_sequence(), requests[end])
            parts.append(message)
            size += len(message)
            end += 1
        last = bytearray(parts[-1])
        struct.pack_into("=H", last, 6, REQUEST | ACK)
        parts[-1] = bytes(last)
        self._socket.send(b"".join(parts))
        awaited = first + len(parts) - 1
        while True:
            data = self._receive()
            _length, kind, _flags, answered, _port = HEADER.unpack_from(data, 0)
            if kind != ERROR or not first <= answered <= awaited:
                continue
            answers[start + answered - first] = _number(data, 0)
            if answered == awaited:
                return end

    def _dump_once(self, request: bytes) -> Tuple[List[bytes], bool]:
        sequence = self._next_sequence()
        self._socket.send(self._message(self._family, DUMP, sequence, request))
        entries: List[bytes] = []
        interrupted = False
        while True:
            data = self._receive()
            end = len(data)
            offset = 0
            while offset < end:
                length, kind, flags, answered, _port = HEADER.unpack_from(data, offset)
                if answered == sequence:
                    interrupted = interrupted or bool(flags & DUMP_INTERRUPTED)
                    if kind == ERROR or (kind == DONE and _number(data, offset)):
                        raise _refusal(data, offset)
                    if kind == DONE:
                        return entries, interrupted
                    entries.append(data[offset + PAYLOAD_OFFSET : offset + length])
                offset += (length + 3) & ~3

    def _message(self, family: int, flags: int, sequence: int, request: bytes) -> bytes:
        length = PAYLOAD_OFFSET + len(request) - 1
        return b"".join(
            (
                HEADER.pack(length, family, REQUEST | flags, sequence, 0),
                _GENERIC_HEADER.pack(request[0], self._version, 0),
                request[1:],
            )
        )

    def _next_sequence(self) -> int:
        self._sequence += 1
        return self._sequence

    def _receive(self) -> bytes:
        try:
            return self._socket.recv(_RECEIVE)
        except socket.timeout:
            raise OSError(
                errno.ETIMEDOUT, "the kernel gave no answer over netlink within %d s" % _TIMEOUT
            ) from None

    def _enlarge_receive_buffer(self) -> None:
        # A datagram whose requests all fail brings an answer for each; the default buffer holds
        # fewer. Without the privilege the default stays, and an overflow is reported as ENOBUFS.
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, _RECEIVE_BUFFER)
        except OSError:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)

    def _resolve(self, family: str) -> int:
        name = attribute(CTRL_ATTR_FAMILY_NAME, family.encode("ascii") + b"\x00")
        self._family = GENL_ID_CTRL
        answer = attributes(self.get(bytes([CTRL_CMD_GETFAMILY]) + name))
        if CTRL_ATTR_FAMILY_ID not in answer:
            raise Unavailable("the kernel names no number for generic netlink family %s" % family)
        return int.from_bytes(answer[CTRL_ATTR_FAMILY_ID], sys.byteorder)


def _number(data: bytes, offset: int) -> int:
    """Return the error number in an ERROR or DONE message, 0 for success."""
    return -int(_ERROR_NUMBER.unpack_from(data, offset + HEADER.size)[0])


def _refusal(data: bytes, offset: int) -> OSError:
    number = _number(data, offset)
    return OSError(number, os.strerror(number))
