# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong parameters of ipvs_server."""

from __future__ import annotations

from typing import Tuple

from ansible_collections.sluice.edge.tests.contract.bad_input.case import (
    SERVER,
    Case,
    mark,
    server,
    web,
)

SERVERS: Tuple[Case, ...] = (
    Case(
        "servers",
        {"address": "10.0.0.1"},
        "service is missing: name the virtual service by address and port",
    ),
    Case(
        "servers",
        server(service="192.0.2.10:80"),
        "service must be a dictionary, not '192.0.2.10:80': name the virtual service "
        "by address and port",
    ),
    Case(
        "servers",
        server(service={"address": "192.0.2.10"}),
        "service: port is missing: give port, or fwmark instead of address and port",
    ),
    Case("servers", server(service=web(port=99999)), "service: port must be 0 to 65535, not 99999"),
    Case("servers", server(service=web(scheduler="rr")), "service: unknown option 'scheduler'"),
    Case("servers", {"service": web()}, "address is missing: give the real server's address"),
    Case(
        "servers",
        server(address="10.0.0.256"),
        "address: '10.0.0.256' is not an IPv4 or IPv6 address",
    ),
    Case(
        "servers",
        server(address="10.0.0.1:8080"),
        "address: '10.0.0.1:8080' is not an IPv4 or IPv6 address",
    ),
    Case(
        "servers",
        server(address="0.0.0.0"),
        "address 0.0.0.0 is not an address that a host can have",
    ),
    Case(
        "servers",
        server(address="239.1.1.1"),
        "address 239.1.1.1 is not an address that a host can have",
    ),
    Case(
        "servers",
        server(address="2001:db8::1"),
        "real server [2001:db8::1]:80 of tcp 192.0.2.10:80: address 2001:db8::1 and "
        "its service are of different families: only forward_method tunnel can mix them",
    ),
    Case(
        "servers",
        server(address="2001:db8::1", forward_method="masquerade"),
        "real server [2001:db8::1]:80 of tcp 192.0.2.10:80: address 2001:db8::1 and "
        "its service are of different families: only forward_method tunnel can mix them",
    ),
    Case(
        "servers",
        server(port=8080),
        "real server 10.0.0.1:8080 of tcp 192.0.2.10:80: port 8080: forward_method "
        "direct keeps the service's port 80, only masquerade can change it",
    ),
    Case(
        "servers",
        server(port=8080, forward_method="tunnel"),
        "real server 10.0.0.1:8080 of tcp 192.0.2.10:80: port 8080: forward_method "
        "tunnel keeps the service's port 80, only masquerade can change it",
    ),
    Case(
        "servers",
        server(port=0, forward_method="masquerade"),
        "real server 10.0.0.1:0 of tcp 192.0.2.10:80: port 0 does not go with a service of port 80",
    ),
    Case(
        "servers",
        server(port=65536, forward_method="masquerade"),
        "port must be 0 to 65535, not 65536",
    ),
    Case(
        "servers",
        server(forward_method="nat"),
        SERVER
        + "forward_method must be one of masquerade, direct, tunnel, local, bypass, not 'nat'",
    ),
    Case(
        "servers",
        server(forward_method="M"),
        SERVER + "forward_method must be one of masquerade, direct, tunnel, local, bypass, not 'M'",
    ),
    Case("servers", server(weight=-1), SERVER + "weight must be 0 to 65535, not -1"),
    Case("servers", server(weight=65536), SERVER + "weight must be 0 to 65535, not 65536"),
    Case("servers", server(weight="heavy"), SERVER + "weight must be a whole number, not 'heavy'"),
    Case("servers", server(weight=1.5), SERVER + "weight must be a whole number, not 1.5"),
    Case(
        "servers",
        server(upper_threshold=-1),
        SERVER + "upper_threshold must be 0 to 2147483647, not -1",
    ),
    Case(
        "servers",
        server(upper_threshold=10, lower_threshold=11),
        SERVER + "lower_threshold 11 is above upper_threshold 10",
    ),
    Case("servers", server(lower_threshold=5), SERVER + "lower_threshold needs an upper_threshold"),
    Case(
        "servers",
        server(upper_threshold=2**31),
        SERVER + "upper_threshold must be 0 to 2147483647, not 2147483648",
    ),
    Case(
        "servers",
        server(tunnel_type="gue"),
        SERVER + "tunnel_type does not go with forward_method direct",
    ),
    Case(
        "servers",
        server(tunnel_port=6080),
        SERVER + "tunnel_port does not go with forward_method direct",
    ),
    Case(
        "servers",
        server(forward_method="masquerade", tunnel_checksum="csum"),
        SERVER + "tunnel_checksum does not go with forward_method masquerade",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_type="vxlan"),
        SERVER + "tunnel_type must be one of ipip, gue, gre, not 'vxlan'",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_type="gue"),
        SERVER + "tunnel_port is missing: tunnel_type gue needs one",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_type="gue", tunnel_port=0),
        SERVER + "tunnel_port must be 1 to 65535, not 0",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_type="gre", tunnel_port=6080),
        SERVER + "tunnel_port does not go with tunnel_type gre",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_checksum="csum"),
        SERVER + "tunnel_checksum does not go with tunnel_type ipip",
    ),
    Case(
        "servers",
        server(forward_method="tunnel", tunnel_type="gre", tunnel_checksum="remcsum"),
        SERVER + "tunnel_checksum remcsum needs tunnel_type gue, else use csum",
    ),
    Case(
        "servers",
        server(state="drained", weight=5),
        SERVER + "weight does not go with state drained, which is weight 0",
    ),
    Case(
        "servers",
        server(state="drain"),
        "state must be one of present, drained, absent, not 'drain'",
    ),
    Case(
        "servers",
        server(state="drained", drain_timeout=-1),
        "drain_timeout must be 0 to 86400, not -1",
    ),
    Case(
        "servers",
        server(state="drained", drain_timeout="forever"),
        "drain_timeout must be a number, not 'forever'",
    ),
    Case(
        "servers",
        server(state="drained", drain_timeout=float("nan")),
        "drain_timeout must be 0 to 86400, not nan",
    ),
    Case(
        "servers",
        server(state="drained", on_timeout="panic"),
        "on_timeout must be one of fail, force, keep, not 'panic'",
    ),
    Case(
        "servers",
        server(state="drained", drain_connections=-1),
        "drain_connections must be 0 to 2147483647, not -1",
    ),
    Case(
        "servers",
        server(state="absent", drain="perhaps"),
        "drain must be true or false, not 'perhaps'",
    ),
    Case(
        "servers",
        {"service": web(), "config": [{"address": "10.0.0.1"}, {"address": "10.0.0.1"}]},
        "config[1] (real server 10.0.0.1:80 of tcp 192.0.2.10:80): config[0] declares "
        "the same real server",
    ),
    Case(
        "servers",
        {
            "service": web(),
            "config": [{"address": "10.0.0.1"}, {"address": "10.0.0.1", "state": "absent"}],
        },
        "config[1] (real server 10.0.0.1:80 of tcp 192.0.2.10:80): config[0] declares "
        "the same real server",
    ),
    Case(
        "servers",
        {"config": [{"address": "10.0.0.1"}]},
        "config[0]: service is missing: name the virtual service by address and port",
    ),
    Case(
        "servers",
        {"service": web(), "config": [{"address": "10.0.0.1"}, {"adress": "10.0.0.2"}]},
        "config[1]: unknown option 'adress'; did you mean address?",
    ),
    Case(
        "servers",
        {"service": web(), "address": "10.0.0.1", "config": []},
        "address and config exclude each other: move it into the entries",
    ),
    Case(
        "servers",
        {
            "service": mark(),
            "config": [
                {"address": "10.0.0.1"},
                {"address": "10.0.0.1", "port": 81, "state": "absent"},
            ],
        },
        "config[1] (real server 10.0.0.1:81 of fwmark 7 ipv4): config[0] declares a "
        "server of this address too: give both a port",
    ),
    Case(
        "servers", server(purge=True), "purge needs config: the list of everything that shall stay"
    ),
    Case(
        "servers",
        server(service={"address": "192.0.2.99", "port": 80}),
        "real server 10.0.0.1:80 of tcp 192.0.2.99:80: its virtual service does not "
        "exist: declare it with ipvs_service first",
        foreseen=False,
    ),
    Case(
        "servers",
        {"service": {"address": "192.0.2.99", "port": 80}, "config": [{"address": "10.0.0.1"}]},
        "real server 10.0.0.1:80 of tcp 192.0.2.99:80: its virtual service does not "
        "exist: declare it with ipvs_service first",
        foreseen=False,
    ),
)
