# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which connections a profile captures, and by which way the answers come back."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    CLIENT,
    OWN,
    PORT,
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.sctp import knock, listening
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import (
    IMPATIENT,
    SILENCE,
    ask,
    serving,
)

both_families = pytest.mark.parametrize("family", [4, 6])
both_protocols = pytest.mark.parametrize("kind", ["tcp", "udp"])


@both_families
@both_protocols
def test_each_side_captures_its_own_connections(served: Edge, kind: str, family: int) -> None:
    for side, captured in (
        ("client", [served.host]),
        ("proxy", [served.client]),
        ("server", [served.host, served.client]),
    ):
        served.run(profile(family, side=side, protocol=kind))
        # Nobody else answers at the address: who is not captured hears nothing.
        for place in (served.host, served.client):
            heard = ask(place, VIP[family], 80, kind, timeout=IMPATIENT)
            assert (SILENCE not in heard) == (place in captured), (side, place.name, heard)


@both_families
def test_sides_that_see_different_packets_share_an_address(served: Edge, family: int) -> None:
    served.run(
        {
            "config": [
                profile(family, (1, 0, 0), name="in", side="client"),
                profile(family, (0, 1, 0), name="through", side="proxy"),
            ]
        }
    )
    assert ask(served.host, VIP[family], 80, times=5) == {label(SERVERS[family][0]): 5}
    assert ask(served.client, VIP[family], 80, times=5) == {label(SERVERS[family][1]): 5}


@both_families
def test_protocols_share_an_address_and_port(served: Edge, family: int) -> None:
    served.run(
        {
            "config": [
                profile(family, (1, 0, 0), name="t", protocol="tcp"),
                profile(family, (0, 1, 0), name="u", protocol="udp"),
                profile(family, (0, 0, 1), name="s", protocol="sctp"),
            ]
        }
    )
    assert ask(served.client, VIP[family], 80, "tcp", 5) == {label(SERVERS[family][0]): 5}
    assert ask(served.client, VIP[family], 80, "udp", 5) == {label(SERVERS[family][1]): 5}


@both_families
def test_sctp_is_translated_address_and_port(edge: Edge, family: int) -> None:
    edge.run(profile(family, (1,), protocol="sctp"))
    with listening(edge.servers, family) as heard:
        knock(edge.client, CLIENT[family], VIP[family], 80)
        assert heard(SERVERS[family][0]) == PORT


@both_families
@both_protocols
@pytest.mark.parametrize("side", ["client", "server"])
@pytest.mark.parametrize("masquerade", ["never", "hairpin", "always"])
def test_the_host_can_be_its_own_destination(
    edge: Edge, masquerade: str, side: str, kind: str, family: int
) -> None:
    own = "10.9.2.1" if family == 4 else "2001:db8:2::1"
    params = profile(
        family,
        address=OWN[family],
        side=side,
        protocol=kind,
        masquerade=masquerade,
        destinations=[{"address": own, "port": PORT}],
    )
    with serving([(edge.host, own, PORT)]):
        # What stays on the host needs no forwarding.
        assert "sysctl" not in edge.run(params)["diff"]["after"]
        assert ask(edge.host, OWN[family], 80, kind, 3) == {label(own): 3}
        if side == "server":
            assert ask(edge.client, OWN[family], 80, kind, 3) == {label(own): 3}


@both_families
@both_protocols
def test_masquerade_always_needs_no_way_back(served: Edge, kind: str, family: int) -> None:
    with served.without_way_back():
        served.run(profile(family, protocol=kind, masquerade="hairpin"))
        assert ask(served.client, VIP[family], 80, kind, timeout=IMPATIENT) == {SILENCE: 1}
        served.run(profile(family, protocol=kind, masquerade="always"))
        assert ask(served.client, VIP[family], 80, kind, 20)[SILENCE] == 0


def test_a_loopback_destination_is_reached_from_the_network(edge: Edge) -> None:
    params = profile(destinations=[{"address": "127.0.0.1", "port": PORT}])
    with serving([(edge.host, "127.0.0.1", PORT)]):
        edge.run(params)
        assert ask(edge.client, VIP[4], 80, times=3) == {"127.0.0.1 %d" % PORT: 3}


def test_a_loopback_address_is_captured_and_leaves_the_host(served: Edge) -> None:
    served.run(profile(address="127.0.0.9", side="client", masquerade="always"))
    assert ask(served.host, "127.0.0.9", 80, times=20)[SILENCE] == 0


def test_other_ports_addresses_and_connections_between_others_pass_untouched(
    served: Edge,
) -> None:
    served.run(profile(masquerade="always", side="server"))
    with serving([(served.servers, "10.9.2.2", 80), (served.servers, "10.9.2.2", 81)]):
        assert ask(served.client, "10.9.2.2", 80) == {"10.9.2.2 80": 1}
        assert ask(served.host, "10.9.2.2", 81) == {"10.9.2.2 81": 1}
        assert ask(served.client, VIP[4], 81, timeout=IMPATIENT) == {SILENCE: 1}
