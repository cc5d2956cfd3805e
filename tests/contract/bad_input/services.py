# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong parameters of ipvs_service."""

from __future__ import annotations

from typing import Tuple

from ansible_collections.sluice.edge.tests.contract.bad_input.case import (
    FLAGS,
    SCHEDULERS,
    UNDONE,
    WEB,
    Case,
    mark,
    web,
    web6,
    with_server,
)

SERVICES: Tuple[Case, ...] = (
    # What identifies a service.
    Case("services", {}, "address is missing: give address, interface or fwmark"),
    Case(
        "services",
        {"address": "192.0.2.10"},
        "port is missing: give port, or fwmark instead of address and port",
    ),
    Case("services", {"port": 80}, "address is missing: give address, interface or fwmark"),
    Case("services", web(port=65536), "port must be 0 to 65535, not 65536"),
    Case("services", web(port=-1), "port must be 0 to 65535, not -1"),
    Case("services", web(port="http"), "port must be a whole number, not 'http'"),
    Case("services", web(port=80.5), "port must be a whole number, not 80.5"),
    Case("services", web(port=True), "port must be a whole number, not True"),
    Case("services", web(port=[80]), "port must be a whole number, not [80]"),
    Case("services", web(port=""), "port must be a whole number, not ''"),
    Case("services", web(port=0), "tcp 192.0.2.10:0: port 0 (every port) needs persistence"),
    Case(
        "services",
        web(address="192.0.2.300"),
        "address: '192.0.2.300' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="192.0.2.010"),
        "address: '192.0.2.010' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="www.example.org"),
        "address: 'www.example.org' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="192.0.2.10:80"),
        "address: '192.0.2.10:80' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="192.0.2.10/24"),
        "address: '192.0.2.10/24' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="fe80::1%eth0"),
        "address: 'fe80::1%eth0' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="[2001:db8::10]"),
        "address: '[2001:db8::10]' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        web(address="0.0.0.0"),
        "address 0.0.0.0 is not an address that a host can have",
    ),
    Case("services", web(address="::"), "address :: is not an address that a host can have"),
    Case(
        "services",
        web(address="255.255.255.255"),
        "address 255.255.255.255 is not an address that a host can have",
    ),
    Case(
        "services",
        web(address="224.0.0.1"),
        "address 224.0.0.1 is not an address that a host can have",
    ),
    Case(
        "services",
        web(address="ff02::1"),
        "address ff02::1 is not an address that a host can have",
    ),
    Case("services", web(address=""), "address is empty"),
    Case("services", web(address=["192.0.2.10"]), "address must be text, not a list"),
    Case(
        "services", web(address=3221225994), "address: '3221225994' is not an IPv4 or IPv6 address"
    ),
    Case("services", web(protocol="icmp"), "protocol must be one of tcp, udp, sctp, not 'icmp'"),
    Case("services", web(protocol="TCP"), "protocol must be one of tcp, udp, sctp, not 'TCP'"),
    Case("services", web(protocol=6), "protocol must be one of tcp, udp, sctp, not 6"),
    Case("services", web(family="ipv6"), "family ipv6 does not go with address 192.0.2.10"),
    Case("services", web(family="inet"), "family must be one of ipv4, ipv6, not 'inet'"),
    Case(
        "services",
        web(type="tcp", protocol="udp"),
        "protocol is also called type: give one of its names only",
    ),
    Case(
        "services",
        web(host="192.0.2.11"),
        "address is also called host: give one of its names only",
    ),
    Case("services", web(interface="lo"), "address does not go with interface"),
    Case(
        "services",
        {"interface": "no-such-interface", "port": 80},
        "interface no-such-interface does not exist here: correct its name, or give address",
    ),
    Case(
        "services",
        {"interface": "no-such:0", "port": 80},
        "interface no-such:0 does not exist here: correct its name, or give address",
    ),
    Case(
        "services",
        {"interface": "no-such-interface", "family": "ipv6", "port": 80},
        "interface no-such-interface does not exist here: correct its name, or give address",
    ),
    Case("services", mark(address="192.0.2.10"), "address does not go with fwmark"),
    Case("services", mark(port=80), "port does not go with fwmark"),
    Case("services", mark(protocol="udp"), "protocol does not go with fwmark"),
    Case("services", {"fwmark": 0}, "fwmark must be 1 to 4294967295, not 0"),
    Case("services", {"fwmark": 4294967296}, "fwmark must be 1 to 4294967295, not 4294967296"),
    Case("services", {"fwmark": "0x7"}, "fwmark must be a whole number, not '0x7'"),
    # Settings of a service.
    Case(
        "services",
        web(scheduler="fastest"),
        WEB + "scheduler must be one of " + SCHEDULERS + ", not 'fastest'",
    ),
    Case(
        "services", web(scheduler=""), WEB + "scheduler must be one of " + SCHEDULERS + ", not ''"
    ),
    Case(
        "services", web(flags="ops"), WEB + "flags: ops (one packet) needs protocol udp or a fwmark"
    ),
    Case("services", web(flags=["sh-port"]), WEB + "flags: sh-port needs scheduler sh"),
    Case(
        "services",
        web(flags=["mh-fallback"], scheduler="sh"),
        WEB + "flags: mh-fallback needs scheduler mh",
    ),
    Case("services", web(flags=["quick"]), WEB + "flags: 'quick' is none of " + FLAGS),
    Case("services", web(flags={"ops": True}), WEB + "flags must be a list, not a dictionary"),
    Case("services", web(flags=[True]), WEB + "flags has an entry that is a boolean, not text"),
    Case("services", web(persistence=-1), WEB + "persistence must be 0 to 2678400, not -1"),
    Case(
        "services", web(persistence=2678401), WEB + "persistence must be 0 to 2678400, not 2678401"
    ),
    Case("services", web(persistence="5m"), WEB + "persistence must be a whole number, not '5m'"),
    Case("services", web(netmask="255.255.255.0"), WEB + "netmask needs persistence"),
    Case(
        "services",
        web(persistence=60, netmask="33"),
        WEB + "netmask: '33' is not a prefix length of 0 to 32",
    ),
    Case(
        "services",
        web(persistence=60, netmask="ten"),
        WEB + "netmask: 'ten' is not a prefix length of 0 to 32",
    ),
    Case("services", web(persistence=60, netmask=""), WEB + "netmask is empty"),
    Case(
        "services",
        web(persistence=60, netmask="ffff::"),
        WEB + "netmask: 'ffff::' is not a prefix length of 0 to 32",
    ),
    Case(
        "services",
        web6(persistence=60, netmask="0"),
        "tcp [2001:db8::10]:80: netmask: the kernel takes an IPv6 prefix of 1 to 128, not 0",
    ),
    Case(
        "services",
        web6(persistence=60, netmask="129"),
        "tcp [2001:db8::10]:80: netmask: '129' is not a prefix length of 0 to 128",
    ),
    Case(
        "services",
        web6(persistence=60, netmask="255.255.255.0"),
        "tcp [2001:db8::10]:80: netmask: '255.255.255.0' is not a prefix length of 0 to 128",
    ),
    Case("services", web(persistence_engine="sip"), WEB + "persistence_engine needs persistence"),
    Case(
        "services",
        web(persistence=60, persistence_engine="sip"),
        WEB + "persistence_engine needs protocol udp or a fwmark",
    ),
    Case(
        "services",
        web(protocol="udp", persistence=60, persistence_engine="seventeen-letters"),
        "udp 192.0.2.10:80: persistence_engine 'seventeen-letters' is longer than 16 characters",
    ),
    Case("services", web(state="gone"), WEB + "state must be one of present, absent, not 'gone'"),
    Case(
        "services",
        web(state="absent", servers=[{"address": "10.0.0.1"}]),
        WEB + "servers do not go with state absent: they go with their service",
    ),
    # Lists and purges.
    Case(
        "services",
        {"config": [web(), web(port=81), web(scheduler="rr")]},
        "config[2] (tcp 192.0.2.10:80): config[0] declares the same virtual service",
    ),
    Case(
        "services",
        {"config": [web(), web6(), {"address": "2001:DB8:0::10", "port": "80"}]},
        "config[2] (tcp [2001:db8::10]:80): config[1] declares the same virtual service",
    ),
    Case(
        "services",
        {"config": [web(), "192.0.2.11:80"]},
        "config[1] must be a dictionary, not '192.0.2.11:80'",
    ),
    Case("services", {"config": [web(), None]}, "config[1] must be a dictionary, not None"),
    Case(
        "services",
        {"config": [web(), web(port=81, shceduler="rr")]},
        "config[1]: unknown option 'shceduler'; did you mean scheduler?",
    ),
    Case(
        "services",
        {"config": [web(), web(port=81, colour="red")]},
        "config[1]: unknown option 'colour'",
    ),
    Case(
        "services",
        {"config": [web(), web(port=81), web(port="x")]},
        "config[2]: port must be a whole number, not 'x'",
    ),
    Case(
        "services",
        {"config": [web()], "scheduler": "rr"},
        "scheduler and config exclude each other: move it into the entries",
    ),
    Case("services", {"config": [web(purge=True)]}, "config[0]: unknown option 'purge'"),
    Case("services", web(purge=True), "purge needs config: the list of everything that shall stay"),
    Case(
        "services",
        {"config": [web()], "purge_scope": ["192.0.2.0/24"]},
        "purge_scope and purge_ignore need purge: true",
    ),
    Case(
        "services",
        {"config": [web()], "purge": True, "purge_scope": ["192.0.2.0/33"]},
        "purge_scope: '192.0.2.0/33': '33' is not a prefix length of 0 to 32",
    ),
    Case(
        "services",
        {"config": [web()], "purge": True, "purge_ignore": ["office"]},
        "purge_ignore: 'office' is not an IPv4 or IPv6 address",
    ),
    Case(
        "services",
        {"config": [web()], "netns": "no-such-namespace"},
        "network namespace 'no-such-namespace' does not exist: make it with 'ip netns "
        "add no-such-namespace'",
    ),
    Case(
        "services",
        {"config": [web()], "netns": "../1/ns/net"},
        "netns '../1/ns/net' is not the name of a network namespace",
    ),
    # Servers of a service.
    Case("services", web(servers="10.0.0.1"), WEB + "servers must be a list, not text"),
    Case(
        "services",
        web(servers=["10.0.0.1"]),
        WEB + "servers[0] must be a dictionary, not '10.0.0.1'",
    ),
    Case(
        "services",
        web(servers=[{"port": 80}]),
        "servers[0]: address is missing: give the real server's address",
    ),
    Case(
        "services",
        with_server(address="10.0.0.1"),
        "servers[1] (real server 10.0.0.1:80 of tcp 192.0.2.10:80): servers[0] "
        "declares the same real server",
    ),
    Case(
        "services",
        with_server(address="10.0.0.1", port="80", weight=5),
        "servers[1] (real server 10.0.0.1:80 of tcp 192.0.2.10:80): servers[0] "
        "declares the same real server",
    ),
    Case(
        "services",
        with_server(address="10.0.0.2", wieght=5),
        "servers[1]: unknown option 'wieght'; did you mean weight?",
    ),
    Case(
        "services",
        with_server(address="10.0.0.2", state="absent"),
        "servers[1]: unknown option 'state'",
    ),
    Case(
        "services",
        {"config": [web(), dict(with_server(address="10.0.0.2", weight=-1), port=81)]},
        "config[1].servers[1] (real server 10.0.0.2:81 of tcp 192.0.2.10:81): weight "
        "must be 0 to 65535, not -1",
    ),
    Case(
        "services",
        mark(servers=[{"address": "10.0.0.1"}, {"address": "10.0.0.1", "port": 80}]),
        "servers[1] (real server 10.0.0.1:80 of fwmark 7 ipv4): servers[0] declares a "
        "server of this address too: give both a port",
    ),
    Case(
        "services",
        mark(servers=[{"address": "10.0.0.1"}, {"address": "10.0.0.1"}]),
        "servers[1] (real server 10.0.0.1:0 of fwmark 7 ipv4): servers[0] declares the "
        "same real server",
    ),
    # What only the kernel refuses: everything before it is undone.
    Case(
        "services",
        {
            "config": [
                web(servers=[{"address": "10.0.0.1"}]),
                web6(servers=[{"address": "fe80::1"}]),
            ]
        },
        "cannot create real server [fe80::1]:80 of tcp [2001:db8::10]:80: the kernel "
        "takes no link-local address of another host (EINVAL): use a global one" + UNDONE,
        foreseen=False,
    ),
    Case(
        "services",
        {
            "config": [
                web(scheduler="rr"),
                web6(protocol="udp", persistence=60, persistence_engine="gone"),
            ]
        },
        "cannot create virtual service udp [2001:db8::10]:80: this kernel has no "
        "scheduler 'wlc' (module ip_vs_wlc) or persistence engine 'gone' (module "
        "ip_vs_pe_gone): choose another, or install the module" + UNDONE,
        foreseen=False,
    ),
)
