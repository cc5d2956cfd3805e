# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every field of a virtual service and a real server in every kind of service: two whole states.

``created`` and ``changed`` declare the same services, and differ in every field of each of them.
A state is a list of plain dicts: the ``config`` of sluice.edge.ipvs_service.
"""

from __future__ import annotations

import ipaddress
from itertools import product
from typing import Any

Config = list[dict[str, Any]]

ADDRESSES = 6
LARGEST_MARK = 0x7FFFFFFF  # ipvsadm prints larger ones as negative numbers
SERVICE_NETWORK = {"ipv4": "192.0.2.%d", "ipv6": "2001:db8:1::%d"}
SERVER_NETWORK = {"ipv4": "198.51.100.%d", "ipv6": "2001:db8:2::%d"}

SCHEDULERS = "rr wrr lc wlc lblc lblcr dh sh sed nq fo ovf mh twos none".split()
SCHEDULER_FLAGS = {
    "sh": [["sh-fallback", "sh-port"], ["sh-port"]],
    "mh": [["mh-port"], ["mh-fallback", "mh-port"]],
    "rr": [["flag-1", "flag-3"], ["flag-2"]],
}
FORWARDING: list[dict[str, Any]] = [
    {"forward_method": "masquerade"},
    {"forward_method": "direct"},
    {"forward_method": "tunnel"},
    {"forward_method": "tunnel", "tunnel_type": "gue", "tunnel_port": 6080},
    {
        "forward_method": "tunnel",
        "tunnel_type": "gue",
        "tunnel_port": 65535,
        "tunnel_checksum": "csum",
    },
    {
        "forward_method": "tunnel",
        "tunnel_type": "gue",
        "tunnel_port": 1,
        "tunnel_checksum": "remcsum",
    },
    {"forward_method": "tunnel", "tunnel_type": "gre"},
    {"forward_method": "tunnel", "tunnel_type": "gre", "tunnel_checksum": "csum"},
]
WEIGHTS = [1, 0, 65535]
THRESHOLDS: list[dict[str, int]] = [
    {},
    {"upper_threshold": 100},
    {"upper_threshold": 100, "lower_threshold": 50},
    {"upper_threshold": 2147483647, "lower_threshold": 2147483647},
]
PERSISTENCE: dict[str, list[dict[str, Any]]] = {
    "ipv4": [
        {},
        {"persistence": 300},
        {"persistence": 2678400, "netmask": "255.255.0.0"},
        {"persistence": 1, "netmask": 24},
        {"persistence": 60, "netmask": "255.0.255.0"},
    ],
    "ipv6": [
        {},
        {"persistence": 300},
        {"persistence": 2678400, "netmask": 64},
        {"persistence": 1, "netmask": 1},
        {"persistence": 60, "netmask": 127},
    ],
}

PURGE_SCOPE = ["192.0.2.100/30", "2001:db8:1::100/126"]
PURGE_IGNORE = ["192.0.2.102", "2001:db8:1::103"]


def states(without: frozenset[str]) -> dict[str, Config]:
    """Return the states that the scenario goes through, in order.

    ``without`` names schedulers that the kernel at hand does not have.
    """
    schedulers = [name for name in SCHEDULERS if name not in without]
    created, changed = _everything(schedulers, 0), _everything(schedulers, 1)
    listed = changed[::3]
    return {
        "created": created,
        "changed": changed,
        "listed": listed,
        "purged": [entry for entry in changed if entry in listed or not _is_purged(entry)],
        "absent": [{**_identity(entry), "state": "absent"} for entry in changed[::2]],
        "remaining": [
            entry
            for index, entry in enumerate(changed)
            if index % 2 and (entry in listed or not _is_purged(entry))
        ],
        "empty": [],
    }


def _everything(schedulers: list[str], variant: int) -> Config:
    by_address = product(("ipv4", "ipv6"), ("tcp", "udp", "sctp"), range(len(schedulers)))
    services = [
        {
            "address": SERVICE_NETWORK[family] % (100 + number % ADDRESSES),
            "port": 1000 + index,
            "protocol": protocol,
            **_settings(family, protocol, schedulers[(number + variant) % len(schedulers)], index),
            **_persistence(family, protocol == "udp", index + variant),
            "servers": _servers(family, index, variant),
        }
        for index, (family, protocol, number) in enumerate(by_address)
    ]
    services += [
        {
            "fwmark": mark,
            "family": family,
            **_settings(family, "udp", schedulers[(mark + variant) % len(schedulers)], mark),
            **_persistence(family, True, mark + variant),
            "servers": _servers_by_mark(family, mark, variant),
        }
        for family, mark in product(("ipv4", "ipv6"), (1, 2, 3, LARGEST_MARK))
    ]
    services += [_mixed_families("ipv4", "ipv6", variant), _mixed_families("ipv6", "ipv4", variant)]
    return _with_ops(services, variant)


def _settings(family: str, protocol: str, scheduler: str, index: int) -> dict[str, Any]:
    settings: dict[str, Any] = {"scheduler": scheduler}
    if scheduler in SCHEDULER_FLAGS:
        settings["flags"] = list(SCHEDULER_FLAGS[scheduler][index % 2])
    return settings


def _persistence(family: str, with_engine: bool, number: int) -> dict[str, Any]:
    settings = dict(PERSISTENCE[family][number % len(PERSISTENCE[family])])
    if settings and with_engine and number % 2:
        settings["persistence_engine"] = "sip"
    return settings


def _with_ops(services: Config, variant: int) -> Config:
    one_packet = [entry for entry in services if entry.get("protocol", "udp") == "udp"]
    for entry in one_packet[variant::2]:
        entry["flags"] = ["ops", *entry.get("flags", [])]
    return services


def _servers(family: str, index: int, variant: int) -> Config:
    """Return one server for each way to forward; the last one is another in each variant."""
    servers = []
    for number in range(len(FORWARDING)):
        step = index + number + variant
        last = number == len(FORWARDING) - 1
        forwarding = FORWARDING[(number + variant) % len(FORWARDING)]
        servers.append(
            {
                "address": SERVER_NETWORK[family] % (50 + number + (variant if last else 0)),
                **forwarding,
                "weight": WEIGHTS[step % len(WEIGHTS)],
                **THRESHOLDS[step % len(THRESHOLDS)],
            }
        )
        if forwarding["forward_method"] == "masquerade" and last:
            servers[-1]["port"] = 8080
    return servers


def _servers_by_mark(family: str, mark: int, variant: int) -> Config:
    return [
        {**entry, "port": 0 if number % 2 else 8000 + number}
        for number, entry in enumerate(_servers(family, mark, variant))
    ]


def _mixed_families(service: str, server: str, variant: int) -> dict[str, Any]:
    return {
        "address": SERVICE_NETWORK[service] % (100 + ADDRESSES),
        "port": 80,
        "protocol": "tcp",
        "scheduler": ("rr", "wrr")[variant],
        "servers": [
            {
                "address": SERVER_NETWORK[server] % 50,
                "forward_method": "tunnel",
                "weight": WEIGHTS[variant],
            }
        ],
    }


def _identity(entry: dict[str, Any]) -> dict[str, Any]:
    names = ("address", "port", "protocol", "fwmark", "family")
    return {name: entry[name] for name in names if name in entry}


def _is_purged(entry: dict[str, Any]) -> bool:
    if "address" not in entry or entry["address"] in PURGE_IGNORE:
        return False
    address = ipaddress.ip_address(entry["address"])
    return any(address in ipaddress.ip_network(network) for network in PURGE_SCOPE)
