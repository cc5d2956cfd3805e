# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who is not served: without destinations, from other sources, at destinations of weight 0."""

from __future__ import annotations

import pytest

from ansible_collections.sluice.edge.tests.kernel.dnat.edge import (
    CLIENT,
    PORT,
    SERVERS,
    VIP,
    Edge,
    crowd,
    label,
    profile,
)
from ansible_collections.sluice.edge.tests.kernel.dnat.traffic import (
    IMPATIENT,
    REFUSED,
    SILENCE,
    ask,
    talking,
)

both_families = pytest.mark.parametrize("family", [4, 6])
both_protocols = pytest.mark.parametrize("kind", ["tcp", "udp"])


@both_families
@both_protocols
@pytest.mark.parametrize("side", ["client", "proxy", "server"])
@pytest.mark.parametrize("weights", [(), (0, 0)], ids=["none", "only of weight 0"])
def test_without_destinations_clients_are_told_or_left_waiting(
    served: Edge, weights: tuple[int, ...], side: str, kind: str, family: int
) -> None:
    params = profile(family, weights, side=side, protocol=kind)
    sources = {
        "client": [served.host],
        "proxy": [served.client],
        "server": [served.host, served.client],
    }[side]
    served.run({**params, "on_empty": "reject"})
    for source in sources:
        assert ask(source, VIP[family], 80, kind, 3) == {REFUSED: 3}
    served.run({**params, "on_empty": "drop"})
    for source in sources:
        heard = set(ask(source, VIP[family], 80, kind, timeout=IMPATIENT))
        # What the host itself sends is not swallowed unseen: for a datagram, the call says so.
        own_datagram = source is served.host and kind == "udp"
        assert heard == {SILENCE} or (own_datagram and heard == {REFUSED})


@both_families
def test_the_verdict_does_not_matter_while_there_are_destinations(
    served: Edge, family: int
) -> None:
    for verdict in ("reject", "drop"):
        served.run(profile(family, on_empty=verdict))
        assert set(ask(served.client, VIP[family], 80, times=60)) == set(
            map(label, SERVERS[family])
        )


@both_families
def test_weight_0_takes_no_new_connections_and_keeps_those_it_has(
    served: Edge, family: int
) -> None:
    served.run(profile(family, (1,), protocol="udp"))
    with talking(served.client, VIP[family], 80) as old:
        assert old.say() == label(SERVERS[family][0])
        served.run(profile(family, (0, 1, 1), protocol="udp"))
        assert old.say() == label(SERVERS[family][0])
        assert label(SERVERS[family][0]) not in ask(served.client, VIP[family], 80, "udp", 100)
        assert old.say() == label(SERVERS[family][0])


@both_families
@both_protocols
def test_only_allowed_sources_are_captured(served: Edge, kind: str, family: int) -> None:
    inside, outside = crowd(family, 2)
    bits = 32 if family == 4 else 128
    net = {4: "192.0.2.0/24", 6: "2001:db8:99::/48"}[family]
    served.run(profile(family, protocol=kind, sources=["%s/%d" % (inside, bits), net]))
    assert ask(served.client, VIP[family], 80, kind, 5, inside)[SILENCE] == 0
    assert ask(served.client, VIP[family], 80, kind, 1, outside, IMPATIENT) == {SILENCE: 1}
    assert ask(served.client, VIP[family], 80, kind, 1, None, IMPATIENT) == {SILENCE: 1}
    wide = {4: "10.0.0.0/8", 6: "2001:db8::/32"}[family]
    served.run(profile(family, protocol=kind, sources=[wide]))
    assert ask(served.client, VIP[family], 80, kind, 5, outside)[SILENCE] == 0


def test_who_is_not_allowed_goes_on_to_what_is_there(served: Edge) -> None:
    other = [{"address": SERVERS[4][1], "port": PORT}]
    served.run(profile(address=SERVERS[4][0], port=PORT, destinations=other, sources=[CLIENT[4]]))
    assert ask(served.client, SERVERS[4][0], PORT) == {label(SERVERS[4][1]): 1}
    stranger = crowd(4, 1)[0]
    assert ask(served.client, SERVERS[4][0], PORT, source=stranger) == {label(SERVERS[4][0]): 1}


@both_families
def test_sources_hold_for_their_own_profile_only(served: Edge, family: int) -> None:
    first, second = crowd(family, 2)
    served.run(
        {
            "config": [
                profile(family, name="a", port=80, sources=[first]),
                profile(family, name="b", port=81, sources=[second]),
            ]
        }
    )
    for port, allowed, refused in ((80, first, second), (81, second, first)):
        assert ask(served.client, VIP[family], port, source=allowed)[SILENCE] == 0
        assert ask(served.client, VIP[family], port, "tcp", 1, refused, IMPATIENT) == {SILENCE: 1}


@both_families
def test_logging_stands_in_the_way_of_nobody(served: Edge, family: int) -> None:
    served.run(profile(family, log=True, log_rate="1/day", log_prefix="shop: ", log_level="err"))
    assert ask(served.client, VIP[family], 80, times=100)[SILENCE] == 0
    text = served.ruleset.everything()
    assert "shop: " in text
    assert "1/day" in text
    # nft says it by name, iptables by number.
    assert "level err" in text or "--log-level 3" in text
