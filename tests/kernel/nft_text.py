# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of profiles in nft's own words: written by hand, beside the messages, to check them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.sluice.edge.plugins.module_utils._dnat.model import (
    ALWAYS,
    DROP,
    HAIRPIN,
    HOOKS,
    PROTOCOLS,
    RANDOM,
    SOURCE_HASH,
    Profile,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.nftables.places import (
    Place,
    Treatment,
    chain_of,
    treatment_of,
)
from ansible_collections.sluice.edge.plugins.module_utils._dnat.shares import gcd_of

ORIGINS = {"client": "fib saddr type local ", "proxy": "fib saddr type != local ", "server": ""}


def table_of(profiles: Iterable[Profile]) -> str:
    """Return a file for ``nft -f``."""
    wanted = list(profiles)
    treatments = sorted({treatment_of(profile) for profile in wanted}, key=chain_of)
    places = sorted({treatment.place for treatment in treatments})
    sticky = sorted({(each.place, each.affinity) for each in treatments if each.affinity})
    lines = [
        *_sets(treatments, places, sticky),
        *_chains(treatments, places, sticky),
        *(line for profile in wanted for line in _elements(profile)),
    ]
    return "add table inet sluice\n" + "".join("add " + line + "\n" for line in lines)


def _net(place: Place) -> str:
    return "ip6" if place.digit == "6" else "ip"


def _call(place: Place) -> str:
    return "%s daddr . meta l4proto . th dport" % _net(place)


def _first_call(place: Place) -> str:
    return "ct original %s daddr . meta l4proto . ct original proto-dst" % _net(place)


def _answering(place: Place) -> str:
    return "ct reply %s saddr . ct reply proto-src" % _net(place)


def _sets(
    treatments: list[Treatment], places: list[Place], sticky: list[tuple[Place, int]]
) -> Iterator[str]:
    for place in places:
        address = "ipv%s_addr" % place.digit
        key = address + " . inet_proto . inet_service"
        target = address + " . inet_service"
        shapes = {
            "profiles": "map %%s { type %s : verdict; }" % key,
            "traffic": "set %%s { type %s . %s; counter; }" % (key, target),
            "sources": "set %%s { type %s . %s; flags interval; }" % (key, address),
            "masquerade": "set %%s { type %s; }" % key,
            "hairpin": "set %%s { type %s . %s; }" % (key, address),
        }
        for kind, shape in shapes.items():
            yield shape % ("inet sluice " + place.set(kind))
    for place, protocol in sorted({(each.place, each.protocol) for each in treatments}):
        yield (
            "map inet sluice %s_%s { typeof %s . numgen inc mod 2 : %s daddr . th dport; }"
            % (place.set("slots"), protocol, _call(place), _net(place))
        )
    for place in sorted({place for place, _seconds in sticky}):
        address = "ipv%s_addr" % place.digit
        yield (
            "map inet sluice %s { type %s . inet_proto . inet_service . %s : %s . inet_service; "
            "flags dynamic,timeout; size 262144; }"
            % (place.set("affinity"), address, address, address)
        )
    for place, seconds in sticky:
        yield (
            "set inet sluice %s_%d { type ipv%s_addr . inet_proto . inet_service; }"
            % (place.set("sticky"), seconds, place.digit)
        )


def _chains(
    treatments: list[Treatment], places: list[Place], sticky: list[tuple[Place, int]]
) -> Iterator[str]:
    chains: list[tuple[str, str, list[str]]] = []
    for treatment in treatments:
        chains.append((chain_of(treatment), "", list(_treatment_rules(treatment))))
    for hook in ("prerouting", "output"):
        here = [place for place in places if hook in HOOKS[place.side]]
        if here:
            capture = ["%s vmap @%s" % (_call(each), each.set("profiles")) for each in here]
            chains.append((hook, "nat hook %s priority -100" % hook, capture))
            chains.append((hook + "_again", "nat hook %s priority -99" % hook, capture))
            account = [rule for place in here for rule in _account_rules(place, hook, sticky)]
            chains.append(("account_" + hook, "filter hook %s priority -90" % hook, account))
    masquerade = [rule for place in places for rule in _masquerade_rules(place)]
    chains.append(("postrouting", "nat hook postrouting priority 100", masquerade))
    for name, header, _rules in chains:
        yield "chain inet sluice %s%s" % (name, " { type %s; }" % header if header else "")
    for name, _header, rules in chains:
        for rule in rules:
            yield "rule inet sluice %s %s" % (name, rule)


def _treatment_rules(treatment: Treatment) -> Iterator[str]:
    place = treatment.place
    net, key = _net(place), _call(place)
    if treatment.restricted:
        yield "%s . %s saddr != @%s return" % (key, net, place.set("sources"))
    if treatment.log is not None:
        log = treatment.log
        yield 'limit rate %d/%s log prefix "%s" level %s' % (
            log.rate,
            log.per,
            log.prefix,
            log.level,
        )
    if treatment.affinity:
        yield "dnat %s to %s . %s saddr map @%s" % (net, key, net, place.set("affinity"))
    if treatment.slots:
        number = "numgen %s mod %d" % (
            "random" if treatment.balancing == RANDOM else "inc",
            treatment.slots,
        )
        if treatment.balancing == SOURCE_HASH and treatment.slots > 1:
            number = "jhash %s saddr mod %d seed 0x736c6963" % (net, treatment.slots)
        for each in (number, "numgen inc mod 1"):
            slots = "%s_%s" % (place.set("slots"), treatment.protocol)
            yield "dnat %s to %s . %s map @%s" % (net, key, each, slots)
    if treatment.on_empty == DROP:
        yield "drop"
    else:
        yield "meta l4proto tcp reject with tcp reset"
        yield "reject with icmpx port-unreachable"


def _account_rules(place: Place, hook: str, sticky: list[tuple[Place, int]]) -> Iterator[str]:
    once = 'iifname != "lo" ' if hook == "prerouting" else ""
    for protocol in PROTOCOLS:
        start = "ct status dnat ct direction original %smeta l4proto %s %s" % (
            once,
            protocol,
            _first_call(place),
        )
        yield "%s . %s @%s" % (start, _answering(place), place.set("traffic"))
        for where, seconds in sticky:
            if where == place:
                yield (
                    "ct state new %s @%s_%d update @%s "
                    "{ %s . ct original %s saddr timeout %ds : %s }"
                    % (
                        start,
                        place.set("sticky"),
                        seconds,
                        place.set("affinity"),
                        _first_call(place),
                        _net(place),
                        seconds,
                        _answering(place),
                    )
                )


def _masquerade_rules(place: Place) -> Iterator[str]:
    for protocol in PROTOCOLS:
        start = "ct status dnat %smeta l4proto %s %s" % (
            ORIGINS[place.side],
            protocol,
            _first_call(place),
        )
        yield "%s @%s masquerade" % (start, place.set("masquerade"))
        yield "%s . %s saddr @%s masquerade" % (start, _net(place), place.set("hairpin"))


def _elements(profile: Profile) -> Iterator[str]:
    treatment = treatment_of(profile)
    place = treatment.place
    key = "%s . %s . %d" % profile.selector
    said = profile.title + (": " + profile.comment if profile.comment else "")

    def element(kind: str, text: str) -> str:
        return "element inet sluice %s { %s }" % (place.set(kind), text)

    yield element("profiles", '%s comment "%s" : goto %s' % (key, said, chain_of(treatment)))
    unit = gcd_of(entry.weight for entry in profile.destinations)
    slot = 0
    for entry in profile.destinations:
        weight = 'counter packets 0 bytes 0 comment "weight %d"' % entry.weight
        yield element("traffic", "%s . %s . %d %s" % (key, entry.address, entry.port, weight))
        if profile.masquerade == HAIRPIN:
            yield element("hairpin", "%s . %s" % (key, entry.address))
        for _share in range(entry.weight // unit if entry.weight else 0):
            text = "%s . %d : %s . %d" % (key, slot, entry.address, entry.port)
            yield "element inet sluice %s_%s { %s }" % (place.set("slots"), profile.protocol, text)
            slot += 1
    for network in profile.sources:
        yield element("sources", "%s . %s" % (key, network))
    if profile.masquerade == ALWAYS:
        yield element("masquerade", key)
    if profile.affinity:
        yield "element inet sluice %s_%d { %s }" % (place.set("sticky"), profile.affinity, key)
