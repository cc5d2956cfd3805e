# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ipvs_info returns."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import InvalidInput
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.information import (
    gather_information,
    without_ipvs,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    Server,
    ServerId,
    Service,
    ServiceId,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.presence import ipvs_is_loaded
from ansible_collections.sluice.edge.tests.fakes.ipvs_settings import (
    MASTER,
    Daemon,
    FakeIpvsSettings,
)
from ansible_collections.sluice.edge.tests.unit.ipvs_info.director import LINUX_6_1, FakeDirector

WEB = ServiceId("ipv4", "tcp", parse_address("192.0.2.100"), 80, 0)
DNS = ServiceId("ipv6", "udp", parse_address("2001:db8:1::100"), 53, 0)
MARKED = ServiceId("ipv4", "", None, 0, 7)


def server(service, address, port, **fields):
    defaults = {"forward_method": "masquerade", "weight": 1}
    return Server(ServerId(service, parse_address(address), port), **{**defaults, **fields})


@pytest.fixture
def director():
    director = FakeDirector()
    director.create(
        [
            Service(WEB, "wrr", persistence=300, netmask="24"),
            server(WEB, "198.51.100.12", 8080, weight=0, upper_threshold=90, lower_threshold=10),
            server(
                WEB,
                "198.51.100.11",
                80,
                forward_method="tunnel",
                tunnel_type="gue",
                tunnel_port=6080,
                tunnel_checksum="remcsum",
            ),
            Service(DNS, "mh", flags=("ops", "mh-port")),
            Service(MARKED, "sh"),
            server(MARKED, "198.51.100.13", 443, forward_method="direct"),
        ]
    )
    return director


def test_services_are_described_as_they_would_be_declared(director):
    assert director.information()["services"] == [
        {
            "address": "192.0.2.100",
            "port": 80,
            "protocol": "tcp",
            "scheduler": "wrr",
            "persistence": 300,
            "netmask": "24",
            "servers": [
                {
                    "address": "198.51.100.11",
                    "port": 80,
                    "forward_method": "tunnel",
                    "weight": 1,
                    "tunnel_type": "gue",
                    "tunnel_port": 6080,
                    "tunnel_checksum": "remcsum",
                },
                {
                    "address": "198.51.100.12",
                    "port": 8080,
                    "forward_method": "masquerade",
                    "weight": 0,
                    "upper_threshold": 90,
                    "lower_threshold": 10,
                },
            ],
        },
        {
            "address": "2001:db8:1::100",
            "port": 53,
            "protocol": "udp",
            "scheduler": "mh",
            "flags": ["ops", "mh-port"],
            "servers": [],
        },
        {
            "fwmark": 7,
            "family": "ipv4",
            "scheduler": "sh",
            "servers": [
                {"address": "198.51.100.13", "port": 443, "forward_method": "direct", "weight": 1}
            ],
        },
    ]


def test_statistics_stand_beside_in_the_same_order(director):
    wide = 2**63 + 5
    director.ipvs.set_statistics([wide, 2, 3, wide, 5, 6, 7, 8, 9, 10])
    director.ipvs.set_connections(parse_address("198.51.100.12").packed, 8080, 4, 5, 6)
    statistics = director.information()["statistics"]
    named = [(entry.get("address"), entry.get("fwmark")) for entry in statistics]
    assert named == [("192.0.2.100", None), ("2001:db8:1::100", None), (None, 7)]
    assert [entry["address"] for entry in statistics[0]["servers"]] == [
        "198.51.100.11",
        "198.51.100.12",
    ]
    counters = {
        "connections": wide,
        "incoming_packets": 2,
        "outgoing_packets": 3,
        "incoming_bytes": wide,
        "outgoing_bytes": 5,
        "connections_per_second": 6,
        "incoming_packets_per_second": 7,
        "outgoing_packets_per_second": 8,
        "incoming_bytes_per_second": 9,
        "outgoing_bytes_per_second": 10,
    }
    assert statistics[0]["servers"][1] == {
        "address": "198.51.100.12",
        "port": 8080,
        "active_connections": 4,
        "inactive_connections": 5,
        "persistent_connections": 6,
        **counters,
    }
    assert {name: statistics[2][name] for name in counters} == counters


def test_statistics_can_be_left_out(director):
    found = director.information(with_statistics=False)
    assert found["statistics"] == []
    assert len(found["services"]) == 3


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (["192.0.2.0/24"], ["192.0.2.100"]),
        (["192.0.2.100"], ["192.0.2.100"]),
        (["192.0.2.101"], []),
        (["2001:db8:1::/64", "192.0.2.0/24"], ["192.0.2.100", "2001:db8:1::100"]),
        (["0.0.0.0/0"], ["192.0.2.100"]),
    ],
)
def test_only_services_in_scope_are_returned(director, addresses, found):
    information = director.information(addresses)
    assert [entry["address"] for entry in information["services"]] == found
    assert [entry["address"] for entry in information["statistics"]] == found


def test_servers_of_services_out_of_scope_are_not_even_read(director):
    reads = director.ipvs.reads
    director.information(["192.0.2.101"])
    assert director.ipvs.reads == reads + 1


def test_an_entry_that_a_dump_repeats_is_returned_once(director):
    expected = director.information()
    director.ipvs.repeat_dumped_entries = True
    assert director.information() == expected


def test_settings_are_described_as_they_would_be_declared(director):
    director.settings.timeouts[6] = 10
    group = bytes([224, 0, 0, 81])
    director.settings.daemons[MASTER] = Daemon("eth0", 7, 1472, group, 8848, 1)
    director.settings.parameters.values["net.ipv4.vs.conntrack"] = "1"
    found = director.information()
    assert found["settings"] == {
        "timeouts": {"tcp": 900, "tcp_fin": 120, "udp": 10},
        "sync_master": {
            "state": "present",
            "interface": "eth0",
            "sync_id": 7,
            "max_length": 1472,
            "multicast_group": "224.0.0.81",
            "multicast_port": 8848,
            "multicast_ttl": 1,
        },
        "sync_backup": {"state": "absent"},
        "conntrack": True,
        "conn_reuse_mode": "1",
        "expire_nodest_conn": False,
        "expire_quiescent_template": False,
        "sloppy_tcp": False,
        "sloppy_sctp": False,
        "backup_only": False,
        "sync_threshold": [3, 50],
        "sync_refresh_period": 0,
        "sync_retries": 0,
        "sync_persist_mode": False,
        "ip_forward": False,
        "ipv6_forwarding": False,
    }
    assert found["sysctls"]["net.ipv4.vs.conntrack"] == "1"
    assert found["sysctls"]["net.ipv4.vs.sync_threshold"] == "3 50"


def test_mode_0_is_shown_but_not_declared_on_a_kernel_that_does_not_take_it(director):
    director.settings.parameters.values["net.ipv4.vs.conn_reuse_mode"] = "0"
    found = director.information()
    assert "conn_reuse_mode" not in found["settings"]
    assert found["sysctls"]["net.ipv4.vs.conn_reuse_mode"] == "0"


def test_the_version_and_the_table_are_told(director):
    found = director.information()
    assert (found["loaded"], found["version"], found["connection_table_size"]) == (
        True,
        "1.2.1",
        4096,
    )
    assert found["changed"] is False


def test_without_ipvs_all_is_empty_but_forwarding(director):
    parameters = FakeIpvsSettings().parameters
    parameters.values = {"net.ipv4.ip_forward": "1"}
    found = without_ipvs(parameters, LINUX_6_1)
    assert set(found) == set(director.information())
    assert found["loaded"] is False
    assert found["services"] == found["statistics"] == []
    assert found["settings"] == {"ip_forward": True}


@pytest.mark.parametrize("present", [True, False])
def test_ipvs_is_loaded_when_the_namespace_has_its_table(tmp_path, present):
    table = tmp_path / "ip_vs"
    if present:
        table.touch()
    assert ipvs_is_loaded(str(table)) is present


def test_an_address_that_is_none_is_refused():
    with pytest.raises(InvalidInput) as refused:
        gather_information({"addresses": ["192.0.2.0/24", "web"]})
    assert str(refused.value) == "addresses: 'web' is not an IPv4 or IPv6 address"


def test_a_namespace_name_that_is_none_is_refused():
    with pytest.raises(InvalidInput):
        gather_information({"netns": "../net"})
