# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which tracked connections go when profiles change."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._kernel.conntrack import Flow
from ansible_collections.sluice.edge.tests.fakes.dnat import FakeTables
from ansible_collections.sluice.edge.tests.unit.dnat.test_properties import apply, item

UDP, TCP = 17, 6


def flow(protocol: int, answers: str, called: str = "192.0.2.1", port: int = 80) -> Flow:
    return Flow(protocol, (parse_address(called), 80), (parse_address(answers), port))


OLD, NEW, UNTRANSLATED = "198.51.100.1", "198.51.100.2", "192.0.2.1"
EVERY = [flow(p, a) for p in (UDP, TCP) for a in (OLD, NEW, UNTRANSLATED)]


@pytest.mark.parametrize(
    ("more", "gone"),
    [
        ({"protocol": "udp"}, [(UDP, OLD), (UDP, UNTRANSLATED)]),
        ({"protocol": "tcp"}, []),
        ({"protocol": "tcp", "flush": "all"}, [(TCP, OLD)]),
    ],
)
def test_a_destination_that_goes_takes_its_connections(more: dict[str, Any], gone: Any) -> None:
    fake = FakeTables()
    apply(fake, item("a", **more))
    fake.tracked = list(EVERY)
    apply(fake, item("a", **more, destinations=[{"address": NEW}]))
    left = [each for each in EVERY if each not in fake.tracked]
    assert left == [flow(protocol, answers) for protocol, answers in gone]


def test_a_profile_that_goes_takes_its_udp_connections() -> None:
    fake = FakeTables()
    apply(fake, item("a", protocol="udp"))
    fake.tracked = list(EVERY)
    apply(fake, {"name": "a", "state": "absent"})
    assert [each for each in EVERY if each not in fake.tracked] == [flow(UDP, OLD)]


def test_a_weight_of_zero_keeps_its_connections() -> None:
    fake = FakeTables()
    apply(fake, item("a", protocol="udp"))
    fake.tracked = [flow(UDP, OLD)]
    apply(fake, item("a", protocol="udp", destinations=[{"address": OLD, "weight": 0}]))
    assert fake.tracked == [flow(UDP, OLD)]


def test_other_addresses_are_left_alone() -> None:
    fake = FakeTables()
    apply(fake, item("a", protocol="udp"))
    fake.tracked = [flow(UDP, OLD, called="192.0.2.2"), flow(UDP, OLD, called="2001:db8::1")]
    apply(fake, {"name": "a", "state": "absent"})
    assert len(fake.tracked) == 2
