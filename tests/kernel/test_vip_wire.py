# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What leaves the interface when an address is taken, as the neighbour hears it."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.plugins.module_utils._vip.packet import (
    arp_announcement,
    arp_gratuitous_reply,
    arp_probe,
    neighbour_advertisement,
)
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

ETH_P_ALL = 3
VIP = parse_address("192.0.2.10")
VIP6 = parse_address("2001:db8::10")


class Heard(NamedTuple):
    moment: float
    frame: bytes


@contextmanager
def listening(namespace: Namespace) -> Iterator[list[Heard]]:
    """Collect every frame that arrives at the namespace's eth0 during the body."""
    heard: list[Heard] = []
    stop, stopped = socket.socketpair()
    with network_namespace(namespace.name):
        ear = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        ear.bind(("eth0", ETH_P_ALL))

    def collect() -> None:
        while True:
            ready = select.select([ear, stopped], [], [])[0]
            if ear in ready:
                heard.append(Heard(time.monotonic(), ear.recv(2048)))
            elif stopped in ready:
                return

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        yield heard
    finally:
        stop.send(b".")
        collector.join()
        for used in (ear, stop, stopped):
            used.close()


def run(namespace: Namespace, **params: Any) -> dict[str, Any]:
    return converge_addresses({**params, "netns": namespace.name}, False, False)


def moments(heard: list[Heard], frame: bytes) -> list[float]:
    return [entry.moment for entry in heard if entry.frame == frame]


def own_mac(namespace: Namespace) -> bytes:
    return bytes.fromhex(namespace.mac().replace(":", ""))


def test_an_ipv4_address_is_asked_for_thrice_and_announced_in_both_ways(
    namespace: Namespace,
) -> None:
    mac = own_mac(namespace)
    with listening(namespace.neighbour) as heard:
        run(
            namespace,
            address="192.0.2.10",
            interface="eth0",
            duplicate_detection_timeout=0.6,
            announce_count=3,
            announce_interval=0.3,
        )
    probes = moments(heard, arp_probe(mac, VIP))
    requests = moments(heard, arp_announcement(mac, VIP))
    replies = moments(heard, arp_gratuitous_reply(mac, VIP))
    assert (len(probes), len(requests), len(replies)) == (3, 3, 3)
    assert requests[0] - probes[0] > 0.55, "announced before all answers could come"
    for times in (requests, replies):
        assert times[1] - times[0] == pytest.approx(0.3, abs=0.15)
        assert times[2] - times[1] == pytest.approx(0.3, abs=0.15)


@pytest.mark.parametrize("forwarding", [False, True])
def test_an_ipv6_address_is_advertised_to_all_nodes(namespace: Namespace, forwarding: bool) -> None:
    namespace.set("net/ipv6/conf/eth0/forwarding", str(int(forwarding)))
    frame = neighbour_advertisement(own_mac(namespace), VIP6, forwarding)
    with listening(namespace.neighbour) as heard:
        item = {"address": "2001:db8::10", "interface": "eth0"}
        run(namespace, **item, announce_count=2, announce_interval=0.3)
    first, second = moments(heard, frame)
    assert second - first == pytest.approx(0.3, abs=0.15)


def test_many_addresses_take_no_longer_than_one(namespace: Namespace) -> None:
    config = [
        {
            "address": "198.51.100.%d" % number,
            "interface": "eth0",
            "duplicate_detection_timeout": 0.5,
            "announce_count": 2,
            "announce_interval": 0.5,
        }
        for number in range(1, 201)
    ]
    started = time.monotonic()
    with listening(namespace.neighbour) as heard:
        run(namespace, config=config)
    assert time.monotonic() - started < 5
    mac = own_mac(namespace)
    for entry in config:
        address = parse_address(entry["address"])
        assert len(moments(heard, arp_announcement(mac, address))) == 2


def test_nothing_is_said_about_what_is_there_or_about_quiet_items(namespace: Namespace) -> None:
    item = {"address": "192.0.2.10", "interface": "eth0", "duplicate_detection": False}
    run(namespace, **item, announce_count=0)
    with listening(namespace.neighbour) as heard:
        run(namespace, **item)
        run(namespace, **item, label="eth0:1")
    assert [entry for entry in heard if entry.frame[12:14] == b"\x08\x06"] == []


def test_neighbours_learn_where_an_address_moved(namespace: Namespace) -> None:
    """A neighbour that had the address elsewhere sends to the new place at once."""
    neighbour = namespace.neighbour
    neighbour.ip("addr", "add", "192.0.2.1/24", "dev", "eth0")
    neighbour.ip("addr", "add", "2001:db8::1/64", "dev", "eth0", "nodad")
    elsewhere = "02:00:00:00:00:77"
    for address in ("192.0.2.10", "2001:db8::10"):
        neighbour.ip("neigh", "add", address, "lladdr", elsewhere, "dev", "eth0", "nud", "stale")
    config = [
        {"address": address, "interface": "eth0", "announce_count": 1}
        for address in ("192.0.2.10", "2001:db8::10")
    ]
    time.sleep(1.1)  # Linux ignores ARP for a second after an entry changed (locktime)
    run(namespace, config=config)
    shown = json.loads(neighbour.ip("-j", "neigh", "show", "dev", "eth0"))
    known = {entry["dst"]: entry.get("lladdr") for entry in shown}
    assert known["192.0.2.10"] == namespace.mac()
    assert known["2001:db8::10"] == namespace.mac()
