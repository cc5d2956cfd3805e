# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests byte by byte, computed by hand from include/uapi/linux/ip_vs.h.

Numbers in the host's order are written as a little-endian host sends them; addresses, ports and
the IPv4 netmask are in network order on every host.
"""

from __future__ import annotations

import sys
from typing import Any, Dict

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    Server,
    ServerId,
    Service,
    ServiceId,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire import attributes as a
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.wire.codec import (
    ServerEncoder,
    encode_service,
    encode_service_reference,
)

WEB = ServiceId("ipv4", "tcp", parse_address("192.0.2.10"), 80, 0)
DNS = ServiceId("ipv4", "udp", parse_address("192.0.2.10"), 53, 0)
MARK = ServiceId("ipv6", "", None, 0, 7)

AF_INET = "0600 0100 0200 0000"
AF_INET6 = "0600 0100 0a00 0000"
VIP = "1400 0300 c000020a 00000000 00000000 00000000"
REAL = "1400 0100 20010db8 00010000 00000000 00000001"

REQUESTS: Dict[str, Any] = {
    "a persistent service": (
        encode_service(a.CMD_NEW_SERVICE, Service(WEB, "wlc", (), 300, "24")),
        "01 5400 0100",
        AF_INET,
        "0600 0200 0600 0000",  # tcp
        VIP,
        "0600 0400 0050 0000",  # port 80, network order
        "0800 0600 776c6300",  # wlc
        "0c00 0700 01000000 ffffffff",  # persistent, mask ~0
        "0800 0800 2c010000",  # 300 s
        "0800 0900 ffffff00",  # /24 as a mask, network order
    ),
    "an IPv6 service by mark": (
        encode_service(a.CMD_SET_SERVICE, Service(MARK, "sh", ("sh-port",), 60, "64", "sip")),
        "02 4000 0100",
        AF_INET6,
        "0800 0500 07000000",
        "0700 0600 73680000",  # sh, padded
        "0c00 0700 11000000 ffffffff",
        "0800 0800 3c000000",
        "0800 0900 40000000",  # the prefix length 64, host order
        "0800 0b00 73697000",
    ),
    "a service without persistence": (
        encode_service(a.CMD_NEW_SERVICE, Service(MARK, "none", ("ops", "flag-3"))),
        "01 3c00 0100",
        AF_INET6,
        "0800 0500 07000000",
        "0900 0600 6e6f6e6500 000000",
        "0c00 0700 24000000 ffffffff",
        "0800 0800 00000000",
        "0800 0900 80000000",  # the netmask is needed all the same: 128
    ),
    "a service to remove": (
        encode_service_reference(a.CMD_DEL_SERVICE, DNS),
        "03 3000 0100",
        AF_INET,
        "0600 0200 1100 0000",
        VIP,
        "0600 0400 0035 0000",
    ),
    "a gue tunnel to an IPv6 server": (
        ServerEncoder(DNS).encode(
            a.CMD_NEW_DEST,
            Server(
                ServerId(DNS, parse_address("2001:db8:1::1"), 53),
                *("tunnel", 5, 100, 10, "gue", 6080, "remcsum"),
            ),
        ),
        "05 3000 0100",
        AF_INET,
        "0600 0200 1100 0000",
        VIP,
        "0600 0400 0035 0000",
        "6000 0200",
        REAL,
        "0600 0200 0035 0000",
        "0600 0b00 0a00 0000",
        "0800 0300 02000000",
        "0800 0400 05000000",
        "0800 0500 64000000",
        "0800 0600 0a000000",
        "0500 0d00 01 000000",
        "0600 0e00 17c0 0000",  # tunnel port 6080, network order
        "0600 0f00 0200 0000",
    ),
    "an IPv4 server of a mark": (
        ServerEncoder(MARK).encode(
            a.CMD_SET_DEST,
            Server(ServerId(MARK, parse_address("10.0.0.1"), 8080), "tunnel", 0, 0, 0, "ipip"),
        ),
        "06 1400 0100",
        AF_INET6,
        "0800 0500 07000000",
        "6000 0200",
        "1400 0100 0a000001 00000000 00000000 00000000",
        "0600 0200 1f90 0000",
        "0600 0b00 0200 0000",
        "0800 0300 02000000",
        "0800 0400 00000000",
        "0800 0500 00000000",
        "0800 0600 00000000",
        "0500 0d00 00 000000",
        "0600 0e00 0000 0000",
        "0600 0f00 0000 0000",
    ),
    "a server to remove": (
        ServerEncoder(MARK).encode_removal(
            Server(ServerId(MARK, parse_address("2001:db8:1::1"), 8080), "masquerade", 1)
        ),
        "07 1400 0100",
        AF_INET6,
        "0800 0500 07000000",
        "2800 0200",
        REAL,
        "0600 0200 1f90 0000",
        "0600 0b00 0a00 0000",
    ),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_is_these_bytes(name: str) -> None:
    assert sys.byteorder == "little", "these tests are written for little-endian hosts"
    request, *expected = REQUESTS[name]
    assert request.hex() == "".join(expected).replace(" ", "")
