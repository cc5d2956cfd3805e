# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any tables of services and servers that a kernel takes, drawn by hypothesis."""

from __future__ import annotations

from typing import Dict, List, Tuple

from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import Desired
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import (
    FAMILIES,
    IPV4,
    parse_address,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    FORWARD_METHODS,
    PROTOCOLS,
    SCHEDULERS,
    TUNNEL,
    TUNNEL_CHECKSUMS,
    Entry,
    Server,
    ServerId,
    Service,
    ServiceId,
    Table,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.plan import arrange
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs

_VIPS = {IPV4: ("192.0.2.10", "192.0.2.11"), "ipv6": ("2001:db8::10", "2001:db8::11")}
_REALS = {IPV4: ("10.0.0.1", "10.0.0.2"), "ipv6": ("2001:db8:1::1", "::1")}


@st.composite
def service_ids(draw: st.DrawFn) -> ServiceId:
    family = draw(st.sampled_from(FAMILIES))
    if draw(st.booleans()):
        return ServiceId(family, "", None, 0, draw(st.sampled_from([1, 0xFFFFFFFF])))
    address = parse_address(draw(st.sampled_from(_VIPS[family])))
    port = draw(st.sampled_from([0, 53, 65535]))
    return ServiceId(family, draw(st.sampled_from(PROTOCOLS)), address, port, 0)


@st.composite
def services(draw: st.DrawFn, key: ServiceId) -> Service:
    scheduler = draw(st.sampled_from(SCHEDULERS))
    own = scheduler if scheduler in ("sh", "mh") else ""
    names = ["ops", own + "-fallback", own + "-port"] if own else ["ops", "flag-1", "flag-2"]
    flags = tuple(name for name in [*names, "flag-3"] if draw(st.booleans()))
    if not draw(st.booleans()):
        return Service(key, scheduler, flags)
    netmasks = ("32", "24", "0", "255.0.255.0") if key.family == IPV4 else ("128", "64", "1")
    return Service(
        key,
        scheduler,
        flags,
        draw(st.integers(1, 2678400)),
        draw(st.sampled_from(netmasks)),
        draw(st.sampled_from(["", "sip"])),
    )


@st.composite
def servers(draw: st.DrawFn, service: ServiceId) -> Server:
    family = draw(st.sampled_from(FAMILIES))
    address = parse_address(draw(st.sampled_from(_REALS[family])))
    key = ServerId(service, address, draw(st.sampled_from([0, 80, 65535])))
    method = TUNNEL if family != service.family else draw(st.sampled_from(FORWARD_METHODS))
    upper = draw(st.integers(0, 0x7FFFFFFF))
    lower = draw(st.integers(0, upper))
    weight = draw(st.sampled_from([0, 1, 65535, 0x7FFFFFFF]))
    if method != TUNNEL:
        return Server(key, method, weight, upper, lower)
    kind = draw(st.sampled_from(["ipip", "gue", "gre"]))
    port = draw(st.integers(1, 65535)) if kind == "gue" else 0
    checksum = draw(st.sampled_from(TUNNEL_CHECKSUMS))
    return Server(key, method, weight, upper, lower, kind, port, checksum)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any table of up to three services with up to three servers each."""
    entries: List[Entry] = []
    for key in draw(st.lists(service_ids(), max_size=3, unique=True)):
        entries.append(draw(services(key)))
        entries += draw(st.lists(servers(key), max_size=3, unique_by=lambda entry: entry.key))
    return {entry.key: entry for entry in entries}


def kernel_with(table: Table) -> FakeIpvs:
    """Return a fake kernel that has these entries already."""
    fake = FakeIpvs()
    plan = arrange_all({}, table)
    assert IpvsDriver(fake).apply(plan) == [None] * len(plan)
    fake.log.clear()
    return fake


def arrange_all(have: Table, want: Table) -> list:
    """Return the operations from one table to another, in order."""
    from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import make_plan

    return list(make_plan(have, Desired(want, lambda _entry: True), arrange))


Pair = Tuple[Table, Table]


@st.composite
def pairs(draw: st.DrawFn) -> Pair:
    """Two tables that share some entries, unchanged or changed."""
    have = draw(tables())
    want: Dict = draw(tables())
    for key, entry in have.items():
        fate = draw(st.sampled_from(["gone", "same", "changed"]))
        parent = key if isinstance(key, ServiceId) else key.service
        if fate == "gone" or (parent != key and parent not in want):
            continue
        if fate == "changed" and isinstance(entry, Service):
            entry = draw(services(entry.key))
        elif fate == "changed" and isinstance(entry, Server):
            entry = entry._replace(weight=entry.weight ^ 1)
        want[key] = entry
    return have, want
