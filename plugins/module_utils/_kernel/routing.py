# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the kernel would send a packet (linux/rtnetlink.h, RTM_GETROUTE)."""

from __future__ import annotations

import socket
import struct

from .._inet.address import address_family_number, parse_address
from .netlink import REQUEST, attribute, message, messages

_NEWROUTE, _GETROUTE = 24, 26
_DESTINATION = 1
_LOCAL = 2

_ROUTE = struct.Struct("=BBBBBBBBI")
_TIMEOUT = 30.0


def is_local(address: str) -> bool:
    """Tell whether packets to an address stay on this host, because it is one of its own.

    The routing table is asked. Trying to bind to the address would tell the same only without
    ``net.ipv4.ip_nonlocal_bind``, which hosts with moving addresses set.
    """
    parsed = parse_address(address)
    packed = parsed.packed
    family = address_family_number(parsed.family)
    body = _ROUTE.pack(family, len(packed) * 8, 0, 0, 0, 0, 0, 0, 0)
    request = message(_GETROUTE, REQUEST, 1, body + attribute(_DESTINATION, packed))
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as asking:
        asking.bind((0, 0))
        asking.settimeout(_TIMEOUT)
        asking.send(request)
        answered, _flags, _sequence, route = next(messages(asking.recv(65536)))
    # What cannot be reached at all is answered by an error.
    if answered != _NEWROUTE:
        return False
    kind: int = _ROUTE.unpack_from(route)[7]
    return kind == _LOCAL
