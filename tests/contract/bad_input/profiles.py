# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wrong profiles. The items are parameters of dnat_profile; the words are in the message."""

from __future__ import annotations

from typing import Any, Dict, List, Tuple

Params = Dict[str, Any]


def web(**more: Any) -> Params:
    """Return a right profile with other options; None takes one away."""
    profile = {
        "name": "www",
        "address": "192.0.2.10",
        "port": 80,
        "destinations": [{"address": "198.51.100.1"}],
    }
    profile.update(more)
    return {name: value for name, value in profile.items() if value is not None}


def to(*entries: Params, **more: Any) -> Params:
    return web(destinations=list(entries), **more)


def web6(**more: Any) -> Params:
    profile = {"address": "2001:db8::10", "destinations": [{"address": "2001:db8::11"}]}
    return web(**dict(profile, **more))


ONE = {"address": "198.51.100.1"}

WRONG_PROFILES: Tuple[Tuple[Params, str], ...] = (
    ({}, "name is required"),
    (web(name=None), "name is required"),
    (web(name=" "), "name is empty"),
    (web(name="a b"), "name must be 1 to 63 letters"),
    (web(name="-a"), "name must be 1 to 63 letters"),
    (web(name="a" * 64), "name must be 1 to 63 letters"),
    (web(name="a/b"), "name must be 1 to 63 letters"),
    (web(name='a"b'), "name must be 1 to 63 letters"),
    (web(name="größe"), "name must be 1 to 63 letters"),
    (web(name=["a"]), "name must be text, not a list"),
    (web(address=None), "address is required"),
    (web(address=""), "address is empty"),
    (web(address="www.example.com"), "'www.example.com' is not an IPv4 or IPv6 address"),
    (web(address="192.0.2"), "is not an IPv4 or IPv6 address"),
    (web(address="192.0.2.256"), "is not an IPv4 or IPv6 address"),
    (web(address="192.0.2.10:80"), "is not an IPv4 or IPv6 address"),
    (web(address="192.0.2.0/24"), "is not an IPv4 or IPv6 address"),
    (web(address="0.0.0.0"), "address 0.0.0.0 is the unspecified address"),
    (web(address="224.0.0.1"), "address 224.0.0.1 is a multicast address"),
    (web(address="255.255.255.255"), "is not the address of one host"),
    (web6(address="::"), "is the unspecified address"),
    (web6(address="ff02::1"), "is a multicast address"),
    (web6(address="fe80::1"), "is a link-local address"),
    (web6(address="::ffff:192.0.2.1"), "write it as IPv4"),
    (web(port=None), "port is required"),
    (web(port=0), "port must be 1 to 65535, not 0"),
    (web(port=65536), "port must be 1 to 65535, not 65536"),
    (web(port=-1), "port must be 1 to 65535, not -1"),
    (web(port="http"), "port must be a whole number, not 'http'"),
    (web(port=80.5), "port must be a whole number"),
    (web(port=True), "port must be a whole number"),
    (web(protocol="icmp"), "protocol must be one of tcp, udp, sctp, not 'icmp'"),
    (web(side="input"), "side must be one of client, proxy, server, not 'input'"),
    (web(side="client", rules_backend="proxy"), "give one of its names only"),
    (web(destinations=None), "destinations is required"),
    (web(destinations="198.51.100.1:80"), "destinations must be a list, not text"),
    (web(destinations=["198.51.100.1:80"]), "destinations[0] must be a dictionary"),
    (to({}), "destinations[0] (dnat profile www): address is required"),
    (to({"address": "web1"}), "destinations[0] (dnat profile www): address: 'web1' is not"),
    (to({"address": "198.51.100.1", "prt": 1}), "unknown option 'prt'; did you mean port?"),
    (to({"address": "198.51.100.1", "port": 0}), "port must be 1 to 65535, not 0"),
    (to({"address": "198.51.100.1", "port": 70000}), "port must be 1 to 65535, not 70000"),
    (to({"address": "198.51.100.1", "weight": -1}), "weight must be 0 to 65535, not -1"),
    (to({"address": "198.51.100.1", "weight": 65536}), "weight must be 0 to 65535"),
    (to({"address": "198.51.100.1", "weight": "x"}), "weight must be a whole number, not 'x'"),
    (to({"address": "198.51.100.1", "weight": 1.5}), "weight must be a whole number"),
    (to(ONE, ONE), "destinations[1] (dnat profile www): 198.51.100.1:80 is listed twice"),
    (to(ONE, {"host": "198.51.100.1", "port": 80}), "198.51.100.1:80 is listed twice"),
    (to({"address": "2001:db8::1"}), "address 2001:db8::1 is ipv6, and the profile's is ipv4"),
    (to({"address": "192.0.2.10"}), "192.0.2.10:80 is what the profile captures"),
    (to({"address": "0.0.0.0"}), "is the unspecified address"),
    (to({"address": "239.1.1.1"}), "is a multicast address"),
    (
        to({"address": "198.51.100.1", "weight": 1000}, {"address": "198.51.100.2", "weight": 999}),
        "the weights need 1999 slots, more than 1024",
    ),
    (web(balancing="least"), "balancing must be one of random, round_robin, source_hash"),
    (web(affinity=-1), "affinity must be 0 to 604800, not -1"),
    (web(affinity=604801), "affinity must be 0 to 604800"),
    (web(affinity="1h"), "affinity must be a whole number, not '1h'"),
    (web(masquerade="yes"), "masquerade must be one of never, hairpin, always"),
    (web(sources=[]), "sources is empty: leave it out"),
    (web(sources=["office"]), "sources: 'office' does not appear to be an IPv4 or IPv6 network"),
    (web(sources=["10.0.0.1/8"]), "sources: 10.0.0.1/8 has host bits set"),
    (web(sources=["10.0.0.0/33"]), "sources: '10.0.0.0/33' does not appear to be"),
    (web(sources=["2001:db8::/32"]), "sources: 2001:db8::/32 is not ipv4"),
    (web(sources=[{"a": 1}]), "sources has an entry that is a dictionary, not text"),
    (web(on_empty="accept"), "on_empty must be one of reject, drop, not 'accept'"),
    (web(log="often"), "log must be true or false, not 'often'"),
    (web(log_prefix="x"), "log_prefix does not go with a profile without log: true"),
    (web(log=False, log_rate="1/second"), "log_rate does not go with"),
    (web(log=True, log_level="loud"), "log_level must be one of emerg"),
    (web(log=True, log_level="8"), "log_level must be one of emerg"),
    (web(log=True, log_rate="10"), "log_rate must be a number and second"),
    (web(log=True, log_rate="0/second"), "log_rate must be a number and second"),
    (web(log=True, log_rate="10/year"), "log_rate must be a number and second"),
    (web(log=True, log_prefix='a"b'), 'log_prefix must not have " in it'),
    (web(log=True, log_prefix="x" * 65), "log_prefix has more than 64 bytes"),
    (web(comment="a\\b"), "comment must not have \\ in it"),
    (web(comment="x" * 61), "comment has more than 60 bytes"),
    (web(comment="ü" * 31), "comment has more than 60 bytes"),
    (web(comment="a\nb"), "comment has characters that cannot be printed"),
    (web(flush="tcp"), "flush must be one of udp, all, not 'tcp'"),
    (web(state="gone"), "state must be one of present, absent, not 'gone'"),
    (web(address="127.0.0.1", side="proxy"), "side proxy never sees the loopback address"),
    (web(address="127.0.0.1", side="client"), "that leave the host need masquerade: always"),
    (web6(address="::1", side="client"), "connections to ::1 cannot leave the host"),
    (web6(destinations=[{"address": "::1"}]), "the kernel lets nobody else reach ::1"),
)

WRONG_TASKS: Tuple[Tuple[Params, str], ...] = (
    ({"config": ["www"]}, "config[0] must be a dictionary"),
    ({"config": [web(prt=1)]}, "config[0]: unknown option 'prt'; did you mean port?"),
    (dict(web(), config=[]), "and config exclude each other"),
    ({"config": [web(), web(port=81)]}, "config[1] (dnat profile www): is declared twice"),
    (
        {"config": [web(), {"name": "www", "state": "absent"}]},
        "config[1] (dnat profile www): is declared twice, first in config[0]",
    ),
    (
        {"config": [web(), web(name="other")]},
        "config[1] (dnat profile other): dnat profile www captures tcp 192.0.2.10:80 (side server) "
        "already, which dnat profile other asks for",
    ),
    ({"config": [web(side="proxy"), web(name="other")]}, "dnat profile www captures"),
    ({"config": [web(side="client"), web(name="other")]}, "dnat profile www captures"),
    (dict(web(), purge=True), "purge needs config"),
    ({"config": [], "purge_ignore": ["a"]}, "purge_ignore needs purge: true"),
    ({"config": [], "purge": True, "purge_ignore": ["*"]}, "'*' is not the name of a profile"),
)


def listed() -> List[Tuple[Params, str]]:
    """Return all cases as parameters of a task."""
    return list(WRONG_PROFILES) + list(WRONG_TASKS)
