# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates by ACME are wished for and not made; what came of a wish is shown and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType

import pytest
from sluice_proxy.issuing.authority import self_signed
from sluice_proxy.issuing.issuer import Issuer, Settled
from sluice_proxy.issuing.leaves import (
    BadLeaf,
    Leaf,
    decode_leaf,
    encode_leaf,
    ordered_leaf,
)
from sluice_proxy.issuing.terms import Terms
from sluice_proxy.issuing.wanting import Demand, Wanted
from sluice_proxy.routes.model.host_pattern import HostPattern, parse_host_pattern
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.issuing import (
    Acme,
    CertificateAuthority,
    ChallengeType,
    DnsHook,
    Issuing,
    KeyType,
    OnDemand,
    Provider,
)

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ACME = Acme((CertificateAuthority("one", "https://one"), CertificateAuthority("two", "https://2")))
BY_DNS = replace(ACME, dns=DnsHook("/hook"))
ORDERED = Issuing(Provider.ACME, acme=ACME)
ON_DEMAND = replace(ORDERED, on_demand=OnDemand())
NONE: Mapping[str, Leaf] = MappingProxyType({})


def patterns(*hosts: str) -> tuple[HostPattern, ...]:
    return tuple(map(parse_host_pattern, hosts))


def route(*hosts: str, asks: bool = True) -> Route:
    return Route("r", hosts=patterns(*hosts), certificate_made=asks)


def document(*names: str, terms: Terms | None = None, **others: ChallengeType) -> Wanted:
    return Wanted("doc", Provider.ACME, names, terms=terms or Terms(), **others)


def settle(
    demand: Demand, held: Mapping[str, Leaf] = NONE, days: float = 0.0, dry_run: bool = False
) -> Settled:
    return Issuer({}, "desk").settle(demand, held, NOW + timedelta(days=days), dry_run=dry_run)


def leaf(*names: str, terms: Terms | None = None, days: int = 90) -> Leaf:
    """Return what an authority issued at NOW."""
    made = self_signed(names, NOW, days=days)
    return ordered_leaf(names, terms or Terms(), "one", made.chain, made.key)


def messages(settled: Settled) -> list[tuple[str, str]]:
    return [(one.field, one.message) for one in settled.troubles]


def test_a_route_wishes_for_one_certificate_for_each_host_and_nothing_is_made() -> None:
    settled = settle(Demand(ORDERED, routes=[route("a.test", "b.test"), route("a.test")]))

    assert {name: one.names for name, one in settled.wishes.items()} == {
        "auto a.test": ("a.test",),
        "auto b.test": ("b.test",),
    }
    assert (settled.leaves, settled.put, settled.troubles, settled.authority) == ({}, {}, (), None)


def test_the_usual_terms_are_those_of_the_file() -> None:
    issuing = replace(ORDERED, acme=replace(ACME, key_type=KeyType.RSA_2048))
    settled = settle(Demand(issuing, routes=[route("a.test")]))

    assert settled.wishes["auto a.test"].terms == Terms(KeyType.RSA_2048)


def test_what_came_of_a_wish_is_shown_and_goes_on_being_wished_for() -> None:
    held = {"auto a.test": leaf("a.test")}
    settled = settle(Demand(ORDERED, routes=[route("a.test")]), held)

    assert settled.leaves == held
    assert list(settled.wishes) == ["auto a.test"]
    assert (settled.put, settled.removed) == ({}, ())


def test_one_that_is_due_is_not_made_here_but_shown_until_it_expires() -> None:
    demand, held = Demand(ORDERED, documents=[document("a.test")]), {"doc": leaf("a.test", days=90)}

    assert settle(demand, held, days=89).leaves == held
    gone = settle(demand, held, days=91)
    assert (gone.leaves, gone.removed, list(gone.wishes)) == ({}, ("doc",), ["doc"])


@pytest.mark.parametrize(
    "wanted",
    [
        document("a.test", terms=Terms(KeyType.RSA_2048)),
        document("a.test", terms=Terms(authority="two")),
        document("a.test", terms=Terms(profile="short")),
        document("a.test", "b.test"),
    ],
    ids=["key", "authority", "profile", "names"],
)
def test_another_certificate_is_wished_for_while_the_former_is_shown(wanted: Wanted) -> None:
    held = {"doc": leaf("a.test")}
    settled = settle(Demand(ORDERED, documents=[wanted]), held)

    assert settled.leaves == held
    assert not held["doc"].serves(settled.wishes["doc"])


def test_how_control_is_shown_makes_no_other_certificate() -> None:
    wanted = document("a.test", challenge=ChallengeType.TLS_ALPN_01)

    assert leaf("a.test").serves(wanted)


def test_one_for_other_names_altogether_is_not_shown_on() -> None:
    held = {"doc": leaf("a.test")}
    settled = settle(Demand(ORDERED, documents=[document("b.test")]), held)

    assert (settled.leaves, settled.removed) == ({}, ("doc",))


def test_one_of_the_local_ca_is_not_shown_for_one_that_is_ordered(tmp_path: Path) -> None:
    local = Issuing(Provider.LOCAL_CA, folder=str(tmp_path))
    before = settle(Demand(local, routes=[route("a.test")]))
    settled = settle(Demand(ORDERED, routes=[route("a.test")]), before.leaves)

    assert (settled.leaves, settled.removed) == ({}, ("auto a.test",))


def test_with_the_local_ca_what_is_declared_for_acme_is_made_at_once_without_a_route(
    tmp_path: Path,
) -> None:
    local = Issuing(Provider.LOCAL_CA, folder=str(tmp_path))
    wanted = replace(document("a.test", terms=Terms(authority="x")), provider=Provider.LOCAL_CA)
    settled = settle(Demand(local, documents=[wanted]))

    assert settled.leaves["doc"].provider is Provider.LOCAL_CA
    assert (settled.wishes, settled.troubles) == ({}, ())


@pytest.mark.parametrize("issuing", [Issuing(), Issuing(Provider.SELF_SIGNED)])
def test_where_nobody_orders_that_is_told_with_what_to_set(issuing: Issuing) -> None:
    settled = settle(Demand(issuing, documents=[document("a.test")]), {"doc": leaf("a.test")})

    ((field, message),) = messages(settled)
    assert field == "provider"
    assert "set provider of issuing in the configuration file to acme" in message
    assert settled.wishes == {}
    assert list(settled.leaves) == ["doc"]
    assert [(one.shown, one.never) for one in settled.troubles] == [(True, True)]


def test_an_authority_has_to_be_one_of_the_file() -> None:
    settled = settle(Demand(ORDERED, documents=[document("a.test", terms=Terms(authority="x"))]))

    assert messages(settled) == [
        (
            "authority",
            "the configuration file has no authority 'x': use one or two, or leave it out",
        )
    ]


def test_an_authority_for_trials_is_not_one_that_a_certificate_may_name() -> None:
    trials = CertificateAuthority("trials", "https://trials", staging=True)
    issuing = replace(ORDERED, acme=replace(ACME, authorities=(*ACME.authorities, trials)))
    documents = [document("a.test", terms=Terms(authority=name)) for name in ("trials", "x")]

    assert [messages(settle(Demand(issuing, documents=[one]))) for one in documents] == [
        [("authority", "the authority trials is a staging one, which issues for trials alone: use"
          " one or two, or leave it out")],
        [("authority", "the configuration file has no authority 'x': use one or two, or leave it"
          " out")],
    ]  # fmt: skip


def test_wildcards_and_dns_01_need_somebody_who_sets_records() -> None:
    wildcard = settle(Demand(ORDERED, documents=[document("*.a.test")]))
    asked = settle(Demand(ORDERED, documents=[document("a.test", challenge=ChallengeType.DNS_01)]))

    set_dns = "cannot be answered: set dns of issuing.acme in the configuration file"
    assert messages(wildcard) == [("names", f"*.a.test needs dns-01, which {set_dns}")]
    assert messages(asked) == [("challenge", f"dns-01 {set_dns}")]
    by_dns = replace(ORDERED, acme=BY_DNS)
    assert list(settle(Demand(by_dns, documents=[document("*.a.test")])).wishes) == ["doc"]


def test_control_of_an_address_is_never_shown_by_dns() -> None:
    issuing = replace(ORDERED, acme=BY_DNS)
    wanted = document("192.0.2.1", challenge=ChallengeType.DNS_01)

    ((field, message),) = messages(settle(Demand(issuing, documents=[wanted])))
    assert field == "names"
    assert message.startswith("control of 192.0.2.1 cannot be shown by dns-01 (RFC 8738)")
    assert list(settle(Demand(issuing, documents=[document("192.0.2.1")])).wishes) == ["doc"]


def test_a_wildcard_of_a_route_is_ordered_where_records_can_be_set() -> None:
    issuing = replace(ORDERED, acme=BY_DNS)
    settled = settle(Demand(issuing, routes=[route(".a.test")]))

    (wish,) = settled.wishes.values()
    assert wish.names == ("a.test", "*.a.test")
    assert wish.challenge is ChallengeType.DNS_01


def test_records_serve_for_wildcards_alone_unless_the_file_says_more() -> None:
    acme = replace(BY_DNS, challenges=(ChallengeType.HTTP_01, ChallengeType.DNS_01))
    settled = settle(Demand(replace(ORDERED, acme=acme), routes=[route("*.a.test", "b.test")]))

    assert [one.challenge for one in settled.wishes.values()] == [None, None]


def test_else_the_names_below_are_left_to_who_asks_for_them() -> None:
    settled = settle(Demand(ON_DEMAND, routes=[route("*.a.test", ".b.test")]))

    assert {name: one.names for name, one in settled.wishes.items()} == {
        "auto .b.test": ("b.test",)
    }
    assert settled.troubles == ()


def test_else_both_ways_out_are_told_to_the_route() -> None:
    settled = settle(Demand(ORDERED, routes=[route("*.a.test")]))

    (trouble,) = settled.troubles
    assert trouble.wanted.routes == ("r",)
    assert "set dns of issuing.acme in the configuration file, or on_demand of issuing" in (
        trouble.message
    )


DEMANDED = "demand x.a.test"


def held_on_demand(issuing: Issuing, *routes: Route, **others: object) -> Settled:
    held = {DEMANDED: leaf("x.a.test")}
    return settle(Demand(issuing, routes=routes, **others), held)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("demand", "routes"),
    [
        (OnDemand(), [route("*.a.test", asks=False)]),
        (OnDemand(patterns(".a.test")), []),
        (OnDemand(ask="http://ask"), []),
    ],
    ids=["route", "pattern", "ask"],
)
def test_what_came_on_demand_stays_and_is_renewed(demand: OnDemand, routes: list[Route]) -> None:
    settled = held_on_demand(replace(ORDERED, on_demand=demand), *routes)

    assert list(settled.leaves) == list(settled.wishes) == [DEMANDED]
    assert settled.wishes[DEMANDED].names == ("x.a.test",)


@pytest.mark.parametrize(
    ("issuing", "others"),
    [
        (ORDERED, {}),
        (ON_DEMAND, {"given": {"*.a.test"}}),
        (Issuing(on_demand=OnDemand(ask="http://ask")), {}),
    ],
    ids=["not on demand any more", "another is shown for it", "nothing is ordered"],
)
def test_what_came_on_demand_goes_when(issuing: Issuing, others: dict[str, object]) -> None:
    settled = held_on_demand(issuing, route("*.a.test", asks=False), **others)

    assert (settled.leaves, settled.removed) == ({}, (DEMANDED,))


def test_what_came_on_demand_goes_with_the_route_and_when_it_has_expired() -> None:
    assert held_on_demand(ON_DEMAND).removed == (DEMANDED,)
    held = {DEMANDED: leaf("x.a.test", days=3)}
    demand = Demand(ON_DEMAND, routes=[route("*.a.test")])
    assert settle(demand, held, days=4).removed == (DEMANDED,)


def test_it_stays_until_the_one_that_is_ordered_ahead_is_there() -> None:
    held = {DEMANDED: leaf("x.a.test")}
    demand = Demand(ON_DEMAND, routes=[route("x.a.test")])

    assert list(settle(demand, held).leaves) == [DEMANDED]
    both = {**held, "auto x.a.test": leaf("x.a.test")}
    assert list(settle(demand, both).leaves) == ["auto x.a.test"]


OF_ROUTE = "auto a.test"
DECLARED = document("a.test", "b.test")


def test_one_for_a_route_stays_until_the_declared_one_for_its_name_is_there() -> None:
    held = {OF_ROUTE: leaf("a.test")}
    demand = Demand(ORDERED, documents=[DECLARED], routes=[route("a.test")])

    settled = settle(demand, held)
    assert (settled.leaves, list(settled.wishes), settled.removed) == (held, ["doc"], ())
    both = {**held, "doc": leaf("a.test", "b.test")}
    settled = settle(demand, both)
    assert (list(settled.leaves), settled.removed) == (["doc"], (OF_ROUTE,))


@pytest.mark.parametrize(
    ("demand", "days"),
    [
        (Demand(ORDERED, documents=[document("b.test")]), 0),
        (Demand(ORDERED, documents=[DECLARED]), 91),
        (Demand(ORDERED, documents=[DECLARED], given={"a.test"}), 0),
    ],
    ids=["nothing is wanted for it", "it expired", "another is shown for it"],
)
def test_one_for_a_route_goes_when(demand: Demand, days: int) -> None:
    settled = settle(demand, {OF_ROUTE: leaf("a.test")}, days=days)

    assert (settled.leaves, settled.removed) == ({}, (OF_ROUTE,))


def test_a_leaf_is_kept_with_its_chain_and_its_terms() -> None:
    made = self_signed(["a.test"], NOW)
    issuer = self_signed(["ca.test"], NOW)
    terms = Terms(KeyType.P384, "one", "short")
    one = ordered_leaf(("a.test",), terms, "one", made.chain + issuer.chain, made.key)

    assert decode_leaf(encode_leaf(one)) == one
    assert one.configured.chain.text == made.chain + issuer.chain
    assert one.issued.fingerprint == made.fingerprint


def test_documents_of_earlier_releases_are_still_read() -> None:
    made = self_signed(["a.test"], NOW)
    former = Leaf(made, Provider.SELF_SIGNED, 90)

    document = encode_leaf(former)
    assert b"terms" not in document
    assert decode_leaf(document) == former


def test_a_chain_without_its_key_is_no_leaf_and_nothing_of_it_is_told() -> None:
    one, other = self_signed(["a.test"], NOW), self_signed(["a.test"], NOW)

    with pytest.raises(BadLeaf) as caught:
        ordered_leaf(("a.test",), Terms(), "one", one.chain, other.key)
    assert "PRIVATE" not in str(caught.value)
    assert "PRIVATE" not in repr(leaf("a.test"))
