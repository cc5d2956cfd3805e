# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of operations, and what a purge may take."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import Operation
from ansible_collections.sluice.edge.plugins.module_utils._inet.network import parse_network
from ansible_collections.sluice.edge.plugins.module_utils._kernel.rtnetlink import (
    IFA_F_MANAGETEMPADDR,
    IFA_F_SECONDARY,
    InterfaceAddress,
)
from ansible_collections.sluice.edge.plugins.module_utils._vip.model import observed
from ansible_collections.sluice.edge.plugins.module_utils._vip.plan import arrange, purgeable

SCOPE_LINK, SCOPE_HOST = 253, 254
MADE_BY_ROUTER_ADVERTISEMENT = 2


def record(address: str, **more: Any) -> InterfaceAddress:
    network = parse_network(address)
    return InterfaceAddress("eth0", 2, network.address, network.prefix, **more)


def test_addresses_come_and_change_before_any_goes() -> None:
    one, other = observed(record("192.0.2.1")), observed(record("192.0.2.2"))
    goes, changes, comes = Operation(one, None), Operation(other, other), Operation(None, one)
    assert arrange([goes, changes, comes], {}) == [[changes, comes], [goes]]


@pytest.mark.parametrize(
    "own",
    [
        record("192.0.2.1"),
        record("192.0.2.1", flags=IFA_F_SECONDARY),
        record("192.0.2.1", preferred_lifetime=5, valid_lifetime=0xFFFFFFF0),
        record("169.254.1.1"),
        record("2001:db8::1"),
    ],
)
def test_a_purge_takes_an_operators_own(own: InterfaceAddress) -> None:
    assert purgeable(observed(own))


@pytest.mark.parametrize(
    "foreign",
    [
        record("127.0.0.1", scope=SCOPE_HOST),
        record("127.5.5.5"),
        record("::1", scope=SCOPE_HOST),
        record("fe80::1", scope=SCOPE_LINK),
        record("192.0.2.1", preferred_lifetime=1800, valid_lifetime=3600),
        record("2001:db8::1", preferred_lifetime=1800, valid_lifetime=3600),
        record("2001:db8::1", protocol=MADE_BY_ROUTER_ADVERTISEMENT),
        record("2001:db8::1", flags=IFA_F_SECONDARY),
        record("2001:db8::1", flags=IFA_F_MANAGETEMPADDR),
        record("192.0.2.1/24"),
        record("192.0.2.2/24", flags=IFA_F_SECONDARY),
        record("192.0.2.1/31"),
        record("2001:db8::1/64"),
    ],
)
def test_a_purge_leaves_what_the_kernel_a_lease_or_the_hosts_setup_made(
    foreign: InterfaceAddress,
) -> None:
    assert not purgeable(observed(foreign))
