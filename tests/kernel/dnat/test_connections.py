# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of connections that are tracked when profiles come, change and go."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    PORT,
    SERVERS,
    VIP,
    Edge,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.stream import streaming
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import (
    REFUSED,
    SILENCE,
    serving,
    talking,
)

both_families = pytest.mark.parametrize("family", [4, 6])


@both_families
@pytest.mark.parametrize("masquerade", ["never", "always"])
def test_udp_clients_that_keep_sending_are_moved(
    served: Edge, masquerade: str, family: int
) -> None:
    params = profile(family, (1,), protocol="udp", masquerade=masquerade)
    served.run(params)
    with talking(served.client, VIP[family], 80) as one:
        assert one.say() == label(SERVERS[family][0])
        other = [{"address": SERVERS[family][1], "port": PORT}]
        assert "warnings" not in served.run({**params, "destinations": other})
        assert one.say() == label(SERVERS[family][1])


@both_families
def test_udp_clients_of_other_profiles_and_destinations_stay(served: Edge, family: int) -> None:
    params = profile(family, (1, 1), protocol="udp", name="first")
    other = profile(family, (1,), protocol="udp", name="other", port=81)
    served.run({"config": [params, other]})
    talks = [talking(served.client, VIP[family], 80) for _one in range(20)]
    with talking(served.client, VIP[family], 81) as unconcerned:
        unconcerned.say()
        opened = [talk.__enter__() for talk in talks]
        try:
            before = [one.say() for one in opened]
            assert set(before) == set(map(label, SERVERS[family][:2]))
            served.run({**params, "destinations": params["destinations"][:1]})
            assert {one.say() for one in opened} == {label(SERVERS[family][0])}
            flows = served.flows(family)
            assert unconcerned.say() == label(SERVERS[family][0])
            assert served.flows(family) == flows, "no connection was opened anew"
        finally:
            for talk in talks:
                talk.__exit__(None, None, None)


@both_families
def test_udp_clients_lose_a_profile_that_goes(served: Edge, family: int) -> None:
    served.run(profile(family, (1,), protocol="udp"))
    with talking(served.client, VIP[family], 80) as one:
        assert one.say() == label(SERVERS[family][0])
        served.run({"name": "www", "state": "absent"})
        assert one.say() == SILENCE


@both_families
def test_udp_clients_from_before_the_profile_are_adopted(served: Edge, family: int) -> None:
    # The host tracks connections only where something asks for it, as any firewall does.
    served.ruleset.track()
    served.host.set("net/ipv4/ip_forward" if family == 4 else "net/ipv6/conf/all/forwarding", "1")
    with talking(served.client, VIP[family], 80) as one:
        assert one.say() == SILENCE
        served.run(profile(family, (1,), protocol="udp"))
        assert one.say() == label(SERVERS[family][0])


@both_families
@pytest.mark.parametrize("flush", ["udp", "all"])
def test_tcp_connections_end_only_by_option(edge: Edge, flush: str, family: int) -> None:
    first, second = SERVERS[family][:2]
    with streaming(edge.servers, first, PORT), serving([(edge.servers, second, PORT)]):
        params = profile(family, (1,), flush=flush)
        edge.run(params)
        with talking(edge.client, VIP[family], 80, "tcp") as one:
            assert one.say() == label(first)
            edge.run({**params, "destinations": [{"address": second, "port": PORT}]})
            if flush == "udp":
                assert one.say() == label(first)
            else:
                assert one.say() in (SILENCE, REFUSED)
