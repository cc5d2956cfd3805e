# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as any program may send them, right or wrong: not made by the codec under test."""

from __future__ import annotations

import socket
import struct
from typing import Any, Dict, Optional, Tuple

from ansible_collections.sluice.edge.tests.fakes.ipvs_bytes import attribute, p32

VIP = {2: "192.0.2.10", 10: "2001:db8::10"}


def request(command: int, *parts: bytes) -> bytes:
    """Return a request of a command byte and whole attributes."""
    return bytes([command]) + b"".join(parts)


def service(command: int, **options: Any) -> bytes:
    """Return a request about service tcp 192.0.2.10:80, or about what the options say."""
    return request(command, _service(**options))


def dest(
    command: int,
    of_port: int = 80,
    mark: Optional[int] = None,
    address: str = "10.0.0.1",
    family: Optional[int] = None,
    port: int = 80,
    forward: int = 3,
    weight: int = 1,
    upper: int = 0,
    lower: int = 0,
    tunnel: Optional[Tuple[int, int, int]] = None,
    without: int = 0,
) -> bytes:
    """Return a request about server 10.0.0.1:80 of that service, or about what is given.

    An IPv4 server has no family of its own and none but a tunnel has tunnel attributes, as
    programs older than these attributes send it. ``without`` leaves one attribute out.
    """
    own = 10 if ":" in address else 2
    found: Dict[int, bytes] = {
        1: socket.inet_pton(own, address).ljust(16, b"\x00"),
        2: struct.pack(">H", port),
        3: p32(forward),
        4: p32(weight),
        5: p32(upper),
        6: p32(lower),
    }
    if own == 10 or family is not None:
        found[11] = struct.pack("=H", own if family is None else family)
    if tunnel is not None:
        kind, tunnel_port, flags = tunnel
        found[13] = bytes([kind])
        found[14] = struct.pack(">H", tunnel_port)
        found[15] = struct.pack("=H", flags)
    found.pop(without, None)
    return request(command, _service(port=of_port, mark=mark), _nested(2, found))


def _service(
    family: int = 2,
    mark: Optional[int] = None,
    protocol: int = 6,
    port: int = 80,
    scheduler: str = "rr",
    engine: str = "",
    flags: int = 0,
    mask: int = 0xFFFFFFFF,
    timeout: int = 0,
    netmask: bytes = b"\xff\xff\xff\xff",
    without: int = 0,
) -> bytes:
    number = 10 if family == 10 else 2
    found = {1: struct.pack("=H", family)}
    if mark is None:
        found[2] = struct.pack("=H", protocol)
        found[3] = socket.inet_pton(number, VIP[number]).ljust(16, b"\x00")
        found[4] = struct.pack(">H", port)
    else:
        found[5] = p32(mark)
    found[6] = scheduler.encode() + b"\x00"
    found[7] = struct.pack("=II", flags, mask)
    found[8] = p32(timeout)
    found[9] = netmask
    if engine:
        found[11] = engine.encode() + b"\x00"
    found.pop(without, None)
    return _nested(1, found)


def _nested(number: int, found: Dict[int, bytes]) -> bytes:
    return attribute(number, b"".join(attribute(*item) for item in found.items()))
