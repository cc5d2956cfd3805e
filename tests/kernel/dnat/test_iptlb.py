# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What IPTLB gets wrong, one test for each, on both backends.

1  A second run fails; a reset deletes before it validates: here.
2  One rule after the other, and no way back: here, test_kills.
3  ``server`` never works: here, test_shares, test_sides.
4  udp is translated as tcp: here, test_shares.
5  One source with two protocols is refused: here, test_sides.
6  Names of chains collide, or are too long: here.
7  Probabilities have five decimals: here, test_shares.
8  Destinations are hardly validated: here, test_bad_input.
9  What is absent. Masquerade and hairpin: test_sides, test_shares. Kernel parameters: test_sysctls.
   IPv6 and weights: test_shares. Affinity: test_balancing. Stale UDP: test_connections. A dry run:
   here. Whose rules are whose: test_drift. A return after a reboot: ../test_dnat_records.
"""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    InvalidInput,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    MANY,
    OWN,
    PORT,
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import SILENCE, ask


def test_1_a_second_run_changes_nothing_and_a_wrong_one_deletes_nothing(edge: Edge) -> None:
    edge.run(profile())
    before = edge.ruleset.everything()
    assert not edge.run(profile())["changed"]
    with pytest.raises(InvalidInput):
        edge.run(profile(destinations=[{"address": "10.9.2.256"}]))
    assert edge.ruleset.everything() == before


def test_2_of_a_task_that_is_refused_nothing_is_left(edge: Edge) -> None:
    before = edge.ruleset.everything()
    fine = [profile(name="p%d" % number, port=number) for number in range(1, 20)]
    with pytest.raises(EdgeError):
        edge.run({"config": [*fine, profile(name="last", port=1)]})
    assert edge.ruleset.everything() == before
    edge.run({"config": fine})
    edge.run({"config": [], "purge": True})
    assert edge.ruleset.everything() == before


def test_3_addresses_of_the_host_itself_are_served(served: Edge) -> None:
    served.run(profile(address=OWN[4], side="server"))
    for place in (served.host, served.client):
        assert ask(place, OWN[4], 80, times=20)[SILENCE] == 0


def test_4_udp_is_translated_as_udp(served: Edge) -> None:
    served.run(profile(weights=(1,), protocol="udp"))
    assert ask(served.client, VIP[4], 80, "udp", 5) == {label(SERVERS[4][0]): 5}


def test_5_one_address_and_port_for_two_protocols(served: Edge) -> None:
    served.run(profile(weights=(1, 0), protocol="udp", name="u"))
    served.run(profile(weights=(0, 1), protocol="tcp", name="t"))
    assert ask(served.client, VIP[4], 80, "udp") == {label(SERVERS[4][0]): 1}
    assert ask(served.client, VIP[4], 80, "tcp") == {label(SERVERS[4][1]): 1}


def test_6_names_that_look_alike_or_are_long_are_different_profiles(served: Edge) -> None:
    names = ["a-b", "a_b", "A-B", "a.b", "x" * 63, "x" * 62 + "y", "x" * 28]
    weights = [(1, 0, 0), (0, 1, 0), (0, 0, 1)]
    config = [
        profile(weights=weights[number % 3], name=name, port=80 + number)
        for number, name in enumerate(names)
    ]
    served.run({"config": config})
    assert sorted(each["name"] for each in served.info()["profiles"]) == sorted(names)
    served.run({"name": "a_b", "state": "absent"})
    for number in (0, *range(2, len(names))):
        assert ask(served.client, VIP[4], 80 + number) == {label(SERVERS[4][number % 3]): 1}


def test_7_each_of_a_thousand_destinations_has_its_exact_share(edge: Edge) -> None:
    ends = [MANY[4] % (1 + number // 200, 1 + number % 200) for number in range(1000)]
    edge.run(profile(destinations=[{"address": end, "port": PORT} for end in ends]))
    shares = edge.ruleset.shares()
    assert len(shares) == 1000
    # The kernel's unit of chance is 1 of 2 to the power of 31.
    assert all(abs(share - 0.001) < 1e-6 for share in shares)
    assert not edge.run(profile(destinations=edge.info()["profiles"][0]["destinations"]))["changed"]


@pytest.mark.parametrize("wrong", ["web1", "10.9.2.300", "10.9.2", "10.9.2.1:80", "10.9.2.0/24"])
def test_8_a_destination_that_is_no_address_is_named(edge: Edge, wrong: str) -> None:
    with pytest.raises(InvalidInput, match=r"destinations\[1\] \(dnat profile www\): address"):
        edge.run(profile(destinations=[{"address": SERVERS[4][0]}, {"address": wrong}]))


def test_9_a_dry_run_tells_all_and_changes_nothing(edge: Edge) -> None:
    before = edge.ruleset.everything()
    predicted = edge.run(profile(6, affinity=60, masquerade="always"), check=True)
    assert edge.ruleset.everything() == before
    assert edge.run(profile(6, affinity=60, masquerade="always")) == predicted
    assert "sysctl net.ipv6.conf.all.forwarding = 1" in predicted["diff"]["after"]
