# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which address a client came to: that of this proxy, or of the one before it."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from sluice_proxy.proxy_protocol import Command, ProxyHeader
from sluice_proxy.worker.entrance import _came_to


class Transport:
    """A connection between two addresses, as the loop tells them."""

    def __init__(self, peername: object, sockname: object) -> None:
        self._known = {"peername": peername, "sockname": sockname}

    def get_extra_info(self, name: str) -> object:
        return self._known[name]


HERE = Transport(("192.0.2.9", 1000), ("192.0.2.1", 443))


@pytest.mark.parametrize(
    ("announced", "transport", "address"),
    [
        (None, HERE, "192.0.2.1"),
        (
            None,
            Transport(("::ffff:192.0.2.9", 1, 0, 0), ("::ffff:192.0.2.1", 2, 0, 0)),
            "192.0.2.1",
        ),
        (None, Transport(("fe80::9%e0", 1, 0, 3), ("fe80::1%e0", 2, 0, 3)), "fe80::1"),
        (None, Transport("", "/run/edge.sock"), ""),
        (ProxyHeader(Command.LOCAL), HERE, "192.0.2.1"),
        (ProxyHeader(Command.PROXY, b"/a", b"/b"), HERE, "192.0.2.1"),
        (
            ProxyHeader(Command.PROXY, ip_address("203.0.113.7"), ip_address("203.0.113.1"), 1, 2),
            HERE,
            "203.0.113.1",
        ),
    ],
)
def test_the_address_that_a_client_came_to(
    announced: ProxyHeader | None, transport: Transport, address: str
) -> None:
    assert _came_to(announced, transport) == address
