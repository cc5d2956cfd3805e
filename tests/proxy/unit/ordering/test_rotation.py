# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""By which type of challenge a name is validated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.ordering.policies.rotation import NoChallenge, choose, possible
from sluice_proxy.snapshot.issuing import ChallengeType

HTTP, TLS, DNS = ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01, ChallengeType.DNS_01
ALL = (HTTP, TLS, DNS)
NAMES = ("a.test", "*.a.test", "192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize(
    ("name", "types"),
    [("a.test", ALL), ("*.a.test", (DNS,)), ("192.0.2.1", (HTTP, TLS)), ("::1", (HTTP, TLS))],
)
def test_wildcards_are_validated_by_dns_alone_and_addresses_never(
    name: str, types: tuple[ChallengeType, ...]
) -> None:
    assert possible(name) == types


@pytest.mark.parametrize(
    ("failed", "chosen"), [(0, TLS), (1, HTTP), (2, DNS), (3, TLS), (100, HTTP)]
)
def test_each_failure_takes_the_next_one_that_is_allowed(
    failed: int, chosen: ChallengeType
) -> None:
    assert choose("a.test", (TLS, HTTP, DNS), ALL, ALL, failed) is chosen


@pytest.mark.parametrize(
    ("name", "allowed", "answerable", "offered", "said"),
    [
        ("*.a.test", (HTTP, TLS), ALL, ALL, "can be validated by dns-01 only"),
        ("::1", (DNS,), ALL, ALL, "can be validated by http-01, tls-alpn-01 only"),
        ("*.a.test", ALL, (HTTP,), ALL, "nobody answers dns-01 for .*: set up issuing.acme.dns"),
        ("a.test", ALL, (HTTP, TLS), ("dns-01", "x-01"), "it offers dns-01, x-01, and we answer"),
        ("a.test", ALL, ALL, (), "it offers nothing"),
    ],
)
def test_what_cannot_be_validated_is_said_with_a_way_out(
    name: str,
    allowed: tuple[ChallengeType, ...],
    answerable: tuple[ChallengeType, ...],
    offered: tuple[str, ...],
    said: str,
) -> None:
    with pytest.raises(NoChallenge, match=said):
        choose(name, allowed, answerable, offered, 0)


@given(
    name=st.sampled_from(NAMES),
    allowed=st.lists(st.sampled_from(ALL), unique=True, min_size=1),
    answerable=st.sets(st.sampled_from(ALL)),
    offered=st.sets(st.sampled_from(["http-01", "tls-alpn-01", "dns-01", "other-01"])),
)
def test_all_that_can_be_tried_are_tried_in_turn(
    name: str, allowed: list[ChallengeType], answerable: set[ChallengeType], offered: set[str]
) -> None:
    usable = [
        one for one in allowed if one in possible(name) and one in answerable and one in offered
    ]
    if not usable:
        with pytest.raises(NoChallenge):
            choose(name, allowed, answerable, offered, 0)
        return

    chosen = [choose(name, allowed, answerable, offered, n) for n in range(2 * len(usable))]
    assert chosen == usable * 2
