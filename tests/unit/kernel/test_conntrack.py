# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a tracked connection is read from the attributes of a message."""

from __future__ import annotations

import socket
import struct

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Flow, decode

NESTED = 0x8000


def attribute(kind: int, payload: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def half(kind: int, source: str, destination: str, ports: tuple[int, int]) -> bytes:
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    first = 3 if ":" in source else 1
    ends = [socket.inet_pton(family, text) for text in (source, destination)]
    address = attribute(first, ends[0]) + attribute(first + 1, ends[1])
    protocol = attribute(1, b"\x11")
    for number, port in enumerate(ports, 2):
        protocol += attribute(number, struct.pack(">H", port))
    return attribute(
        kind | NESTED, attribute(1 | NESTED, address) + attribute(2 | NESTED, protocol)
    )


@pytest.mark.parametrize(
    ("client", "vip", "server"),
    [
        ("192.0.2.1", "203.0.113.1", "198.51.100.1"),
        ("2001:db8::1", "2001:db8:f::1", "2001:db8:2::1"),
    ],
)
def test_a_translated_connection_tells_who_was_called_and_who_answers(
    client: str, vip: str, server: str
) -> None:
    original = half(1, client, vip, (4711, 53))
    identity = original + attribute(12, b"\0\0\0\7")
    message = original + half(2, server, client, (5353, 4711)) + attribute(12, b"\0\0\0\7")
    assert decode(message) == Flow(
        17, (parse_address(vip), 53), (parse_address(server), 5353), identity
    )


@pytest.mark.parametrize("cut", [0, 3, 20, 60])
def test_what_lacks_addresses_or_ports_is_no_flow(cut: int) -> None:
    whole = half(1, "192.0.2.1", "203.0.113.1", (1, 2)) + half(
        2, "198.51.100.1", "192.0.2.1", (3, 4)
    )
    assert decode(whole) is not None
    assert decode(whole[:cut]) is None
