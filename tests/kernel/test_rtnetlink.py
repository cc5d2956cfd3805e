# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rtnetlink tells, held against iproute2; and that thousands of writes are quick."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    ADD,
    DELETE,
    AddressChange,
    InterfaceAddress,
    Rtnetlink,
)
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace

COLLECTIONS = Path(__file__).resolve().parents[2] / "build" / "collections"
FOREVER = 0xFFFFFFFF


def read(namespace: Namespace) -> list[InterfaceAddress]:
    with network_namespace(namespace.name), Rtnetlink() as rtnetlink:
        return rtnetlink.addresses()


def as_iproute2_shows(record: InterfaceAddress) -> dict[str, Any]:
    scopes = {0: "global", 253: "link", 254: "host"}
    shown: dict[str, Any] = {
        "interface": record.interface,
        "local": str(record.address),
        "prefixlen": record.prefix,
        "scope": scopes[record.scope],
        "valid_life_time": FOREVER if record.valid_lifetime is None else record.valid_lifetime,
        "preferred_life_time": FOREVER
        if record.preferred_lifetime is None
        else record.preferred_lifetime,
    }
    if record.label:
        shown["label"] = record.label
    if record.peer:
        shown["address"] = str(record.peer)
    if record.broadcast:
        shown["broadcast"] = str(record.broadcast)
    if record.metric:
        shown["metric"] = record.metric
    for name in ("secondary", "tentative", "dadfailed", "deprecated", "nodad"):
        if getattr(record, name):
            shown[name] = True
    return shown


def test_every_property_reads_as_iproute2_shows_it(namespace: Namespace) -> None:
    for words in (
        "192.0.2.1/24 brd 192.0.2.255 label eth0:1",
        "192.0.2.2/24 metric 7",
        "192.0.2.3/32 preferred_lft 0",
        "192.0.2.4/32 valid_lft 100000 preferred_lft 50000",
        "192.0.2.5 peer 198.51.100.5/32",
        "2001:db8::1/64 nodad",
        "2001:db8::2/128 nodad valid_lft 100000 preferred_lft 0",
        "2001:db8::3 peer 2001:db8:f::3/128 nodad",
    ):
        namespace.ip("addr", "add", *words.split(), "dev", "eth0")
    known = set(as_iproute2_shows(read(namespace)[0])) | {
        "label",
        "address",
        "broadcast",
        "metric",
        "secondary",
        "tentative",
        "deprecated",
        "nodad",
        "dadfailed",
    }
    expected = [
        {name: value for name, value in entry.items() if name in known}
        for entry in namespace.addresses()
    ]
    found = [as_iproute2_shows(record) for record in read(namespace)]

    def order(entry: dict[str, Any]) -> str:
        return json.dumps(entry, sort_keys=True)

    assert sorted(found, key=order) == sorted(expected, key=order)


def test_links_read_as_iproute2_shows_them(namespace: Namespace) -> None:
    with network_namespace(namespace.name), Rtnetlink() as rtnetlink:
        links = {link.name: link for link in rtnetlink.links()}
        interfaces = rtnetlink.interfaces()
    shown = json.loads(namespace.ip("-j", "-s", "link", "show"))
    assert {link["ifname"]: link["ifindex"] for link in shown} == interfaces
    for link in shown:
        found = links[link["ifname"]]
        assert found.mac.hex(":") == link["address"]
        assert found.mtu == link["mtu"]
        assert found.is_up == ("UP" in link["flags"])
        assert found.carries == ("LOWER_UP" in link["flags"])
        assert found.resolves == (link["link_type"] == "ether")
        assert found.statistics["rx_packets"] <= link["stats64"]["rx"]["packets"]
    assert links["eth0"].statistics["tx_packets"] > 0


def test_ten_thousand_addresses_are_written_and_read_quickly(namespace: Namespace) -> None:
    records = [
        InterfaceAddress("lo", 1, parse_address("10.%d.%d.1" % (place >> 8, place & 255)), 32)
        for place in range(10000)
    ]
    with network_namespace(namespace.name), Rtnetlink() as rtnetlink:
        started = time.monotonic()
        answers = rtnetlink.submit([AddressChange(ADD, record) for record in records])
        assert {answer.error for answer in answers} == {0}
        assert len(rtnetlink.addresses()) >= 10000
        # One call for each took 7.5 s on a machine where this takes 2 s.
        assert time.monotonic() - started < 30
        answers = rtnetlink.submit([AddressChange(DELETE, record) for record in records])
        assert {answer.error for answer in answers} == {0}


def test_an_error_does_not_stop_the_writes_after_it(namespace: Namespace) -> None:
    record = InterfaceAddress("lo", 1, parse_address("192.0.2.1"), 32)
    changes = [
        AddressChange(ADD, record),
        AddressChange(ADD, record),
        AddressChange(DELETE, record),
    ]
    with network_namespace(namespace.name), Rtnetlink() as rtnetlink:
        answers = rtnetlink.submit(changes)
    assert [answer.error for answer in answers] == [0, 17, 0]
