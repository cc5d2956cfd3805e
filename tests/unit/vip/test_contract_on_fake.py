# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The contract, on the fake host."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import parse_network
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    ADD,
    SCOPES,
    AddressChange,
    InterfaceAddress,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import TITLE, Host
from ansible_collections.sluice.edge.plugins.module_utils._vip.declared import read_declaration
from ansible_collections.sluice.edge.plugins.module_utils._vip.listing import describe
from ansible_collections.sluice.edge.plugins.module_utils._vip.packet import spell_mac
from ansible_collections.sluice.edge.tests.contract.vip import (
    Params,
    Seen,
    VirtualAddressContract,
)
from ansible_collections.sluice.edge.tests.fakes.vip import FakeHost, ethernet

NEIGHBOUR = bytes.fromhex("020000000099")


class FakeUnderTest:
    def __init__(self, fake: FakeHost) -> None:
        self.fake = fake

    def run(self, params: Params, check: bool = False) -> dict[str, Any]:
        declaration = read_declaration(params)
        host = Host(self.fake, self.fake, self.fake)
        outcome = host.converge(declaration, check)
        if not check:
            host.announce(declaration, outcome)
        return outcome.as_result(TITLE, True)

    def info(self, params: Params) -> dict[str, Any]:
        records = self.fake.addresses()
        if params.get("scope") != "all":
            records = [record for record in records if SCOPES[record.scope] == "global"]
        if "interface" in params:
            records = [record for record in records if record.interface == params["interface"]]
        return describe(records, self.fake.links())

    def seen(self) -> set[Seen]:
        return {
            Seen(
                record.interface,
                "%s/%d" % (str(record.address), record.prefix),
                None if record.label == record.interface else record.label,
                record.deprecated,
            )
            for record in self.fake.table
            if record.scope == 0
        }

    def add(self, interface: str, address: str) -> None:
        network = parse_network(address)
        ifindex = self.fake.interfaces()[interface]
        record = InterfaceAddress(interface, ifindex, network.address, network.prefix)
        assert self.fake.submit([AddressChange(ADD, record)])[0].error == 0
        self.fake.addresses()

    def hold(self, address: str) -> str:
        held = parse_address(address.partition("/")[0])
        self.fake.held["eth0", held] = NEIGHBOUR
        return spell_mac(NEIGHBOUR)

    def disable_ipv6(self, interface: str) -> None:
        self.fake.parameters["net/ipv6/conf/%s/disable_ipv6" % interface] = "1"


class TestOnFakeHost(VirtualAddressContract):
    @pytest.fixture
    def host(self) -> FakeUnderTest:
        fake = FakeHost(ethernet(2, "eth0"))
        kernel_made = [
            InterfaceAddress("lo", 1, parse_address("127.0.0.1"), 8, scope=254),
            InterfaceAddress("lo", 1, parse_address("::1"), 128, scope=254, protocol=1),
            InterfaceAddress("eth0", 2, parse_address("fe80::1"), 64, scope=253, protocol=3),
        ]
        fake.table.extend(kernel_made)
        return FakeUnderTest(fake)
