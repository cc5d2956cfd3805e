# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declaring what ipvs_info returned changes nothing, whatever exists."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import converge
from ansible_collections.sluice.edge.plugins.module_utils._declare.task import (
    read_items,
    read_purge,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import Address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs import model
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.declared.service import (
    SERVICE_VOCABULARY,
    read_services,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.plan import arrange
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.services import desired_services
from ansible_collections.sluice.edge.tests.unit.ipvs_info.director import FakeDirector

PREFIXES = {"ipv4": b"\xc6\x33\x64", "ipv6": b"\x20\x01\x0d\xb8" + bytes(11)}
PORTS = st.integers(1, 65535)


def addresses(family):
    return st.integers(1, 254).map(lambda last: Address(family, PREFIXES[family] + bytes([last])))


@st.composite
def service_ids(draw):
    family = draw(st.sampled_from(["ipv4", "ipv6"]))
    if draw(st.booleans()):
        return model.ServiceId(family, "", None, 0, draw(st.integers(1, 0xFFFFFFFF)))
    protocol = draw(st.sampled_from(model.PROTOCOLS))
    return model.ServiceId(family, protocol, draw(addresses(family)), draw(PORTS), 0)


@st.composite
def services(draw, key):
    scheduler = draw(st.sampled_from(model.SCHEDULERS))
    own = (scheduler + "-fallback", scheduler + "-port")
    possible = [flag for flag in model.FLAGS if flag in own or flag == "flag-3"]
    if scheduler not in ("sh", "mh"):
        possible += ["flag-1", "flag-2"]
    one_packet = key.address is None or key.protocol == "udp"
    if one_packet:
        possible.append("ops")
    flags = draw(st.sets(st.sampled_from(possible)))
    persistence = draw(st.sampled_from([0, 0, 1, 300, 2678400]))
    netmask, engine = "", ""
    if persistence:
        most = 32 if key.family == "ipv4" else 128
        netmask = str(draw(st.integers(1, most)))
        engine = draw(st.sampled_from(["", "sip"])) if one_packet else ""
    ordered = tuple(sorted(flags, key=model.FLAGS.index))
    return model.Service(key, scheduler, ordered, persistence, netmask, engine)


@st.composite
def servers(draw, service):
    method = draw(st.sampled_from(model.FORWARD_METHODS))
    family = service.family
    if method == "tunnel":
        family = draw(st.sampled_from(["ipv4", "ipv6"]))
    port = service.port
    if method == "masquerade" or service.address is None:
        port = draw(PORTS)
    address = draw(addresses(family))
    upper = draw(st.sampled_from([0, 0, 1, 1000, 0x7FFFFFFF]))
    lower = draw(st.integers(0, upper))
    tunnel = ("", 0, "")
    if method == "tunnel":
        tunnel = draw(
            st.sampled_from(
                [
                    ("ipip", 0, "none"),
                    ("gre", 0, "none"),
                    ("gre", 0, "csum"),
                    ("gue", 6080, "none"),
                    ("gue", 1, "csum"),
                    ("gue", 65535, "remcsum"),
                ]
            )
        )
    key = model.ServerId(service, address, port)
    weight = draw(st.integers(0, 65535))
    return model.Server(key, method, weight, upper, lower, *tunnel)


@st.composite
def tables(draw):
    """Services, each followed by its servers; no two of the same identity."""
    entries = []
    for key in draw(st.lists(service_ids(), max_size=3, unique=True)):
        entries.append(draw(services(key)))
        entries += draw(st.lists(servers(key), max_size=3, unique_by=lambda server: server.key))
    return entries


def declare_on(director, params):
    """Run ipvs_service's engine on a fake director; return its outcome."""
    declared = read_services(read_items(params, SERVICE_VOCABULARY), lookup=None)
    purge = read_purge(params)
    driver = IpvsDriver(director)
    return converge(driver, lambda have: desired_services(declared, purge, have), arrange)


@given(tables())
def test_what_is_returned_declares_what_exists(entries):
    director = FakeDirector()
    director.create(entries)
    config = director.information(with_statistics=False)["services"]
    assert not declare_on(director, {"config": config, "purge": True}).changed


@given(tables(), tables())
def test_what_is_returned_of_one_host_makes_another_the_same(one, other):
    source, target = FakeDirector(), FakeDirector()
    source.create(one)
    target.create(other)
    config = source.information()["services"]
    declare_on(target, {"config": config, "purge": True})
    assert target.information()["services"] == config
