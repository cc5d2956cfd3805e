# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract of virtual addresses, on this machine's kernel."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._vip.addresses import converge_addresses
from ansible_collections.sluice.edge.plugins.module_utils._vip.listing import list_addresses
from ansible_collections.sluice.edge.tests.contract.vip import Params, Seen, VirtualAddressContract
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace


class NamespaceUnderTest:
    """A namespace on which every run enters by its name, as the option netns does."""

    def __init__(self, namespace: Namespace) -> None:
        self.namespace = namespace

    def run(self, params: Params, check: bool = False) -> dict[str, Any]:
        return converge_addresses({**params, "netns": self.namespace.name}, check, True)

    def info(self, params: Params) -> dict[str, Any]:
        return list_addresses({**params, "netns": self.namespace.name})

    def seen(self) -> set[Seen]:
        return {
            Seen(
                entry["interface"],
                "%s/%d" % (entry["local"], entry["prefixlen"]),
                _own_label(entry),
                bool(entry.get("deprecated")),
            )
            for entry in self.namespace.addresses()
            if entry["scope"] == "global"
        }

    def add(self, interface: str, address: str) -> None:
        # iproute2 knows no nodad for IPv4.
        nodad = ["nodad"] if ":" in address else []
        self.namespace.ip("addr", "add", address, "dev", interface, *nodad)

    def hold(self, address: str) -> str:
        nodad = ["nodad"] if ":" in address else []
        self.namespace.neighbour.ip("addr", "add", address, "dev", "eth0", *nodad)
        return self.namespace.neighbour.mac()

    def disable_ipv6(self, interface: str) -> None:
        self.namespace.set("net/ipv6/conf/%s/disable_ipv6" % interface, "1")


def _own_label(entry: dict[str, Any]) -> str | None:
    label = entry.get("label")
    return None if label == entry["interface"] else label


class TestOnThisKernel(VirtualAddressContract):
    @pytest.fixture
    def host(self, namespace: Namespace) -> NamespaceUnderTest:
        return NamespaceUnderTest(namespace)
