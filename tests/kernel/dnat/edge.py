# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three namespaces in a row: client - host - servers. The host in the middle has the profiles."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._dnat.listing import list_profiles
from ansible_collections.sluice.edge.plugins.module_utils._dnat.profiles import converge_profiles
from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Conntrack
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.kernel.dnat.rulesets import RULESETS
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

VIP = {4: "203.0.113.10", 6: "2001:db8:f::10"}
"""Addresses of nobody."""
OWN = {4: "203.0.113.20", 6: "2001:db8:f::20"}
"""Addresses of the host itself."""
SERVERS = {
    4: ["10.9.2.11", "10.9.2.12", "10.9.2.13"],
    6: ["2001:db8:2::11", "2001:db8:2::12", "2001:db8:2::13"],
}
CLIENT = {4: "10.9.1.2", 6: "2001:db8:1::2"}
CROWD = {4: "10.77.%d.%d", 6: "2001:db8:77::%x:%x"}
"""Addresses of the client, to be filled in with two numbers of 1 to 250."""
MANY = {4: "10.66.%d.%d", 6: "2001:db8:66::%x:%x"}
"""Addresses of the servers, in the same way."""
PORT = 8080

_UNSET = (
    "net/ipv4/ip_forward",
    "net/ipv6/conf/all/forwarding",
    "net/ipv4/conf/all/route_localnet",
)


class Edge:
    """The host in the middle, with how it is converged and looked at."""

    def __init__(
        self, backend: str, client: Namespace, host: Namespace, servers: Namespace
    ) -> None:
        self.backend = backend
        self.client = client
        self.host = host
        self.servers = servers
        self.ruleset = RULESETS[backend](host.name)

    def params(self, given: dict[str, Any]) -> dict[str, Any]:
        """Return parameters of the module, for this host and backend."""
        return {"backend": self.backend, **given, "netns": self.host.name}

    def run(self, given: dict[str, Any], check: bool = False) -> dict[str, Any]:
        return converge_profiles(self.params(given), check, True)

    def info(self) -> dict[str, Any]:
        return list_profiles(self.params({}))

    def connect(self) -> None:
        """Lay the wires and give out addresses."""
        for one in (self.client, self.host, self.servers):
            # Nobody waits here until link-local addresses are found to be unique.
            for place in ("default", "all"):
                one.set("net/ipv6/conf/%s/accept_dad" % place, "0")
                # Whoever asks for itself is to come back by the host again and again.
                one.set("net/ipv4/conf/%s/send_redirects" % place, "0")
                one.set("net/ipv6/conf/%s/accept_redirects" % place, "0")
            one.set("net/ipv6/ip_nonlocal_bind", "1")
            # Masqueraded clients share an address, so the host's port soon comes again; a server
            # that still waits for stray packets of the last connection would answer a second late.
            one.set("net/ipv4/tcp_max_tw_buckets", "0")
        for end, net in ((self.client, 1), (self.servers, 2)):
            wire = "eth%d" % net
            end.ip("link", "add", "eth0", "type", "veth", "peer", wire, "netns", self.host.name)
            end.ip("addr", "add", "10.9.%d.2/24" % net, "dev", "eth0")
            end.ip("addr", "add", "2001:db8:%d::2/64" % net, "dev", "eth0", "nodad")
            end.ip("link", "set", "eth0", "up")
            self.host.ip("addr", "add", "10.9.%d.1/24" % net, "dev", wire)
            self.host.ip("addr", "add", "2001:db8:%d::1/64" % net, "dev", wire, "nodad")
            self.host.ip("link", "set", wire, "up")
            end.ip("route", "add", "default", "via", "10.9.%d.1" % net)
            end.ip("-6", "route", "add", "default", "via", "2001:db8:%d::1" % net)
        for address in SERVERS[4]:
            self.servers.ip("addr", "add", address + "/24", "dev", "eth0")
        for address in SERVERS[6]:
            self.servers.ip("addr", "add", address + "/64", "dev", "eth0", "nodad")
        for end, nets, gateways in (
            (self.client, ("10.77.0.0/16", "2001:db8:77::/64"), ("10.9.1.2", "2001:db8:1::2")),
            (self.servers, ("10.66.0.0/16", "2001:db8:66::/64"), ("10.9.2.2", "2001:db8:2::2")),
        ):
            for net, gateway in zip(nets, gateways):
                end.ip("route", "add", "local", net, "dev", "lo")
                self.host.ip("route", "add", net, "via", gateway)
        self.host.ip("addr", "add", OWN[4] + "/32", "dev", "lo")
        self.host.ip("addr", "add", OWN[6] + "/128", "dev", "lo", "nodad")
        # What the host sends to addresses of nobody has to go somewhere to be captured.
        self.host.ip("route", "add", "default", "via", "10.9.2.2")
        self.host.ip("-6", "route", "add", "default", "via", "2001:db8:2::2")
        for one, wires in ((self.client, 1), (self.servers, 1), (self.host, 2)):
            _wait_for_wires(one, wires)

    def clear(self) -> None:
        """Forget rules, parameters and connections of the test before."""
        self.ruleset.clear()
        for parameter in _UNSET:
            self.host.set(parameter, "0")
        self.forget_connections()

    def forget_connections(self) -> None:
        with network_namespace(self.host.name), Conntrack() as connections:
            for family in ("ipv4", "ipv6"):
                for flow in connections.flows(family):
                    connections.delete(flow)

    def flows(self, family: int) -> set[bytes]:
        """Return by their identities the connections that the host tracks."""
        with network_namespace(self.host.name), Conntrack() as connections:
            return {flow.identity for flow in connections.flows("ipv%d" % family)}

    @contextlib.contextmanager
    def without_way_back(self) -> Iterator[None]:
        """Let the servers reach their own network only, and so the host but no client."""
        ways = (("-4", "10.9.2.1"), ("-6", "2001:db8:2::1"))
        for family, _gateway in ways:
            self.servers.ip(family, "route", "del", "default")
        try:
            yield
        finally:
            for family, gateway in ways:
                self.servers.ip(family, "route", "add", "default", "via", gateway)


def label(address: str, port: int = PORT) -> str:
    """Return what a server at this address answers."""
    return "%s %d" % (address, port)


def profile(family: int = 4, weights: tuple[int, ...] = (3, 2, 1), **more: Any) -> dict[str, Any]:
    """Return a declaration: VIP port 80 to as many servers as there are weights."""
    given = {
        "name": "www",
        "address": VIP[family],
        "port": 80,
        "side": "proxy",
        "destinations": [
            {"address": address, "port": PORT, "weight": weight}
            for address, weight in zip(SERVERS[family], weights)
        ],
    }
    return {**given, **more}


def crowd(family: int, size: int) -> list[str]:
    """Return that many addresses of the client."""
    return [CROWD[family] % (1 + number // 250, 1 + number % 250) for number in range(size)]


def _wait_for_wires(place: Namespace, wires: int) -> None:
    """Wait until IPv6 works on the wires: each has got its link-local address."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        ready = {
            entry["interface"]
            for entry in place.addresses()
            if entry["scope"] == "link" and not entry.get("tentative")
        }
        if len(ready) == wires:
            return
        time.sleep(0.05)
    raise AssertionError("the wires of %s do not come up" % place.name)
