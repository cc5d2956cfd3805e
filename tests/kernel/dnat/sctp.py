# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SCTP by hand, for kernels that have no SCTP of their own but track and translate it.

The first packet of an association (INIT, RFC 9260, section 3.3.2) is sent from a raw socket; who
receives it in the end tells where it was translated to.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable, Iterator

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

_PROTOCOL = 132
_SOURCE_PORT = 40000
_POLYNOMIAL = 0x82F63B78


def knock(place: Namespace, source: str, address: str, port: int) -> None:
    """Send an INIT from an address of the place to an address and port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    chunk = struct.pack(">BBHIIHHI", 1, 0, 20, 0x1234, 65535, 1, 1, 1)
    header = struct.pack(">HHI", _SOURCE_PORT, port, 0)
    checksum = struct.pack("<I", _crc32c(header + b"\0\0\0\0" + chunk))
    with network_namespace(place.name):
        one = socket.socket(family, socket.SOCK_RAW, _PROTOCOL)
    with one:
        one.bind((source, 0))
        one.sendto(header + checksum + chunk, (address, 0))


@contextlib.contextmanager
def listening(place: Namespace, family: int) -> Iterator[Callable[[str], int]]:
    """Listen; the function waits for a packet to an address, and returns the port it came to."""
    with network_namespace(place.name):
        kind = socket.AF_INET6 if family == 6 else socket.AF_INET
        one = socket.socket(kind, socket.SOCK_RAW, _PROTOCOL)
    if family == 6:
        one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    one.settimeout(3)

    def heard(address: str) -> int:
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            data, extra, _flags, _sender = one.recvmsg(2048, 256)
            if family == 6:
                called = socket.inet_ntop(socket.AF_INET6, extra[0][2][:16])
                segment = data
            else:
                called = socket.inet_ntoa(data[16:20])
                segment = data[(data[0] & 15) * 4 :]
            source, port = struct.unpack_from(">HH", segment)
            if called == address and source == _SOURCE_PORT:
                return int(port)
        raise AssertionError("nothing came to %s" % address)

    with one:
        yield heard


def _crc32c(data: bytes) -> int:
    """Return the checksum of SCTP (RFC 9260, appendix A)."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte
        for _bit in range(8):
            rest = rest >> 1 ^ (_POLYNOMIAL if rest & 1 else 0)
    return rest ^ 0xFFFFFFFF
