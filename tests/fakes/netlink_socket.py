# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A generic netlink socket whose other end is a fake IPVS (net/netlink/af_netlink.c).

Every acknowledgement is a datagram of its own; a request that failed is answered always, one that
succeeded only when it asks. A dump comes as several messages in a datagram, then DONE.
"""

from __future__ import annotations

import struct
from typing import List, Optional, Tuple, Union

from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.ipvs_bytes import attribute

FAMILY = 0x1C
ACK, DUMP_INTERRUPTED, DUMP = 0x4, 0x10, 0x300
ERROR, DONE, CONTROL = 2, 3, 0x10
ENTRIES_IN_A_DATAGRAM = 3


class FakeNetlinkSocket:
    """Takes the place of socket.socket for GenericNetlink."""

    def __init__(self, ipvs: FakeIpvs, family: Optional[str] = "IPVS") -> None:
        """``family`` is the one the kernel has; None for none."""
        self.ipvs = ipvs
        self.sent: List[List[Tuple[int, int, bytes]]] = []
        self.answers: List[Union[bytes, Exception]] = []
        self.interrupted_dumps = 0
        self.dumps = 0
        self.done_error = 0
        self.closed = False
        self._family = family

    # What GenericNetlink calls.

    def bind(self, _address: object) -> None: ...

    def settimeout(self, _seconds: float) -> None: ...

    def setsockopt(self, *_option: object) -> None: ...

    def close(self) -> None:
        self.closed = True

    def send(self, datagram: bytes) -> int:
        messages = []
        offset = 0
        while offset < len(datagram):
            length, kind, flags, sequence, _port = struct.unpack_from("=IHHII", datagram, offset)
            request = datagram[offset + 16 : offset + length]
            messages.append((sequence, flags, request))
            self._answer(kind, flags, sequence, request)
            offset += (length + 3) // 4 * 4
        self.sent.append(messages)
        return len(datagram)

    def recv(self, _size: int) -> bytes:
        if not self.answers:
            raise AssertionError("waits for an answer that never comes")
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    # The kernel's side.

    def _answer(self, kind: int, flags: int, sequence: int, request: bytes) -> None:
        body = request[:1] + request[4:]
        if kind == CONTROL:
            self._name_family(sequence, body)
        elif flags & DUMP == DUMP:
            self._dump(sequence, body)
        elif body[0] in (4, 13, 15):
            self._get(sequence, body)
        else:
            error = self.ipvs.batch([body])[0]
            if error or flags & ACK:
                self.answers.append(acknowledgement(sequence, error))

    def _name_family(self, sequence: int, body: bytes) -> None:
        wanted = body[5:].split(b"\x00")[0].decode()
        if wanted != self._family:
            self.answers.append(acknowledgement(sequence, 2))
            return
        found = attribute(2, body[5:]) + attribute(1, struct.pack("=H", FAMILY))
        self.answers.append(message(CONTROL, 0, sequence, found))

    def _get(self, sequence: int, body: bytes) -> None:
        try:
            self.answers.append(message(FAMILY, 0, sequence, self.ipvs.get(body)))
        except OSError as error:
            self.answers.append(acknowledgement(sequence, error.errno or 0))

    def _dump(self, sequence: int, body: bytes) -> None:
        self.dumps += 1
        try:
            entries = self.ipvs.dump(body)
        except OSError as error:
            self.answers.append(acknowledgement(sequence, error.errno or 0))
            return
        flags = 2 | (DUMP_INTERRUPTED if self.dumps <= self.interrupted_dumps else 0)
        for start in range(0, len(entries), ENTRIES_IN_A_DATAGRAM):
            part = entries[start : start + ENTRIES_IN_A_DATAGRAM]
            self.answers.append(b"".join(message(FAMILY, flags, sequence, one) for one in part))
        done = struct.pack("=IHHIIi", 20, DONE, flags, sequence, 0, -self.done_error)
        self.answers.append(done)


def message(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """Return one generic netlink message."""
    length = 20 + len(body)
    header = struct.pack("=IHHIIBBH", length, kind, flags, sequence, 0, 1, 1, 0)
    return header + body + b"\x00" * (-length % 4)


def acknowledgement(sequence: int, error: int) -> bytes:
    """Return the kernel's yes or no to a request, without the request (NETLINK_CAP_ACK)."""
    request = struct.pack("=IHHII", 20, FAMILY, 5, sequence, 0)
    return struct.pack("=IHHIIi", 36, ERROR, 0x100, sequence, 0, -error) + request
