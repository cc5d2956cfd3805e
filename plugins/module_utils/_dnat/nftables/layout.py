# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How profiles lie in the table: sets, chains, rules and elements as nft's own words. Pure.

A profile is elements only. Rules belong to classes of profiles that are treated alike, so their
number does not grow with the number of profiles:

    prerouting, output   ADDRESS . PROTOCOL . PORT vmap @profiles4_SIDE -> goto CLASS
    CLASS                sources? log? affinity? then slot number -> destination, else on_empty
    account_HOOK         after translation: count for each destination, remember affinities
    postrouting          masquerade what the sets name
"""

from __future__ import annotations

from functools import lru_cache
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple
from zlib import crc32

from ..._inet.address import IPV6
from ..model import (
    ALWAYS,
    BALANCINGS,
    CLIENT,
    DROP,
    EMPTY_VERDICTS,
    HAIRPIN,
    HOOKS,
    MASQUERADES,
    OUTPUT,
    PREROUTING,
    PROTOCOLS,
    PROXY,
    RANDOM,
    SERVER,
    SIDES,
    SOURCE_HASH,
    Log,
    Profile,
)
from ..shares import gcd_of, slot_count

TABLE = "inet sluice"
FAMILY, NAME = TABLE.split()
MOST_AFFINITIES = 262144
"""Clients that one map remembers; beyond that, new ones are balanced without affinity."""

_SEED = "0x736c6963"  # fixed: a client keeps its destination when rules are written anew
NAME_AND_COMMENT = ": "
_ORIGINS = {CLIENT: "fib saddr type local ", PROXY: "fib saddr type != local ", SERVER: ""}
"""Behind the hooks, who sent a packet tells which side's profile translated it."""

PROFILES, SLOTS, TRAFFIC = "profiles", "slots", "traffic"
SOURCES, MASQUERADED, HAIRPINNED = "sources", "masquerade", "hairpin"
STICKY, AFFINITY = "sticky", "affinity"
KINDS = (PROFILES, SLOTS, TRAFFIC, SOURCES, MASQUERADED, HAIRPINNED, STICKY, AFFINITY)

Rest = Tuple[object, ...]
"""What follows the selector in the key of an element."""
Value = object
Elements = Dict[str, Dict[Rest, Value]]
"""By set: the elements of one profile, by the rest of their key, with what they map to or say."""


class Place(NamedTuple):
    """Where a profile's elements lie: the sets of one digit (``4`` or ``6``) and one side."""

    digit: str
    side: str

    def set(self, kind: str) -> str:
        return "%s%s_%s" % (kind, self.digit, self.side)

    @property
    def network(self) -> str:
        return "ip6" if self.digit == "6" else "ip"


class Treatment(NamedTuple):
    """What profiles of one chain have in common."""

    place: Place
    protocol: str
    balancing: str
    slots: int
    masquerade: str
    on_empty: str
    affinity: int
    restricted: bool
    log: Optional[Log]

    @property
    def chain(self) -> str:
        """The chain's name; all but the log can be read from it."""
        words = [
            self.place.side + self.place.digit,
            self.protocol,
            self.balancing,
            str(self.slots),
            self.masquerade,
            self.on_empty,
            str(self.affinity),
        ]
        if self.restricted:
            words.append("sources")
        if self.log is not None:
            words.append("log%08x" % crc32(repr(tuple(self.log)).encode()))
        return ".".join(words)


Header = Tuple[str, str, int]
"""The type, hook and priority of a base chain; empty words for other chains."""
PLAIN: Header = ("", "", 0)


class Framing(NamedTuple):
    """The sets and chains of the table, each by name: definition, and header with rules."""

    sets: Dict[str, str]
    chains: Dict[str, Tuple[Header, Tuple[str, ...]]]


@lru_cache(maxsize=None)
def place_of(family: str, side: str) -> Place:
    """Return where profiles of a family and side lie."""
    return Place("6" if family == IPV6 else "4", side)


def treatment_of(profile: Profile) -> Treatment:
    """Return how the profile's connections are treated."""
    return Treatment(
        place_of(profile.family, profile.side),
        profile.protocol,
        profile.balancing,
        slot_count(tuple([entry.weight for entry in profile.destinations])),
        profile.masquerade,
        profile.on_empty,
        profile.affinity,
        bool(profile.sources),
        profile.log,
    )


@lru_cache(maxsize=None)
def read_chain_name(name: str) -> Optional[Treatment]:
    """Return the treatment a chain's name tells, without its log; None for another chain."""
    words = name.split(".")
    if len(words) < 7 or words[0][:-1] not in SIDES or words[0][-1] not in "46":
        return None
    where, protocol, balancing, slots, masquerade, on_empty, affinity = words[:7]
    known = (
        protocol in PROTOCOLS
        and balancing in BALANCINGS
        and masquerade in MASQUERADES
        and on_empty in EMPTY_VERDICTS
    )
    if not known or not (slots.isdigit() and affinity.isdigit()):
        return None
    return Treatment(
        Place(where[-1], where[:-1]),
        protocol,
        balancing,
        int(slots),
        masquerade,
        on_empty,
        int(affinity),
        "sources" in words[7:],
        None,
    )


def elements_of(profile: Profile) -> Elements:
    """Return the elements that make the profile; a set that gets none is left out."""
    place = place_of(profile.family, profile.side)
    said = profile.title
    if profile.comment:
        said += NAME_AND_COMMENT + profile.comment
    found: Elements = {place.set(PROFILES): {(): (treatment_of(profile).chain, said)}}
    if profile.destinations:
        found[place.set(TRAFFIC)] = {
            (entry.address, entry.port): "weight %d" % entry.weight
            for entry in profile.destinations
        }
    live = profile.live
    if live:
        found[slots_set(place, profile.protocol)] = _slots(profile)
    if profile.sources:
        found[place.set(SOURCES)] = {(network,): None for network in profile.sources}
    if profile.masquerade == ALWAYS:
        found[place.set(MASQUERADED)] = {(): None}
    elif profile.masquerade == HAIRPIN and profile.destinations:
        found[place.set(HAIRPINNED)] = {(entry.address,): None for entry in profile.destinations}
    if profile.affinity:
        found[sticky_set(place, profile.affinity)] = {(): None}
    return found


def sticky_set(place: Place, seconds: int) -> str:
    """Return the set of profiles whose clients are remembered for ``seconds``."""
    return "%s_%d" % (place.set(STICKY), seconds)


def slots_set(place: Place, protocol: str) -> str:
    """Return the map of slots for profiles of a protocol."""
    return "%s_%s" % (place.set(SLOTS), protocol)


def _slots(profile: Profile) -> Dict[Rest, Value]:
    live = profile.live
    unit = gcd_of(entry.weight for entry in live)
    found: Dict[Rest, Value] = {}
    for entry in live:
        target = (entry.address, entry.port)
        for _slot in range(entry.weight // unit):
            found[(len(found),)] = target
    return found


def framing_of(profiles: Iterable[Profile]) -> Framing:
    """Return the sets, chains and rules that the profiles need, in the order of their making."""
    treatments = {treatment_of(profile) for profile in profiles}
    places = sorted({treatment.place for treatment in treatments})
    sticky = sorted({(each.place, each.affinity) for each in treatments if each.affinity})
    sets: Dict[str, str] = {}
    for place in places:
        sets.update(_sets(place))
    for place, protocol in sorted({(each.place, each.protocol) for each in treatments}):
        sets[slots_set(place, protocol)] = _slots_map(place, protocol)
    for place in sorted({place for place, _seconds in sticky}):
        sets[place.set(AFFINITY)] = _affinity_map(place)
    for place, seconds in sticky:
        sets[sticky_set(place, seconds)] = "set { type %s; }" % _key_type(place)
    chains: Dict[str, Tuple[Header, Tuple[str, ...]]] = {}
    for treatment in sorted(treatments, key=lambda each: each.chain):
        chains[treatment.chain] = (PLAIN, tuple(_treatment_rules(treatment)))
    for hook in (PREROUTING, OUTPUT):
        here = [place for place in places if hook in HOOKS[place.side]]
        if here:
            rules = [_rule("%s vmap @%s" % (_key(each), each.set(PROFILES))) for each in here]
            chains[hook] = (("nat", hook, -100), tuple(rules))
            rules = _account_rules(hook, here, sticky)
            chains["account_" + hook] = (("filter", hook, -90), tuple(rules))
    if places:
        chains["postrouting"] = (("nat", "postrouting", 100), tuple(_masquerade_rules(places)))
    return Framing(sets, chains)


def _key(place: Place) -> str:
    return "%s daddr . meta l4proto . th dport" % place.network


def _called(place: Place) -> str:
    """The key of the same packet once it was translated."""
    return "ct original %s daddr . meta l4proto . ct original proto-dst" % place.network


def _sets(place: Place) -> Dict[str, str]:
    key = _key_type(place)
    target = "%s . inet_service" % _address_type(place)
    return {
        place.set(PROFILES): "map { type %s : verdict; }" % key,
        place.set(TRAFFIC): "set { type %s . %s; counter; }" % (key, target),
        place.set(SOURCES): "set { type %s . %s; flags interval; }" % (key, _address_type(place)),
        place.set(MASQUERADED): "set { type %s; }" % key,
        place.set(HAIRPINNED): "set { type %s . %s; }" % (key, _address_type(place)),
    }


def _slots_map(place: Place, protocol: str) -> str:
    # Only typeof can say what numgen and jhash give, and then it has to say what a port is too.
    # With th, nft 1.0.6 takes no rules on a map that exists already; with a protocol, the rules
    # match only that one.
    words = _key(place), place.network, protocol
    return "map { typeof %s . numgen inc mod 2 : %s daddr . %s dport; }" % words


def _affinity_map(place: Place) -> str:
    address = _address_type(place)
    return "map { type %s . %s : %s . inet_service; flags dynamic,timeout; size %d; }" % (
        _key_type(place),
        address,
        address,
        MOST_AFFINITIES,
    )


def _address_type(place: Place) -> str:
    return "ipv6_addr" if place.digit == "6" else "ipv4_addr"


def _key_type(place: Place) -> str:
    return "%s . inet_proto . inet_service" % _address_type(place)


def _treatment_rules(treatment: Treatment) -> List[str]:
    place = treatment.place
    key, net = _key(place), place.network
    rules = []
    if treatment.restricted:
        rules.append("%s . %s saddr != @%s return" % (key, net, place.set(SOURCES)))
    if treatment.log is not None:
        rules.append('limit rate %d/%s log prefix "%s" level %s' % _log_words(treatment.log))
    if treatment.affinity:
        rules.append("dnat %s to %s . %s saddr map @%s" % (net, key, net, place.set(AFFINITY)))
    if treatment.slots:
        number = _number(treatment)
        slots = slots_set(place, treatment.protocol)
        to_slot = "dnat %s to %s . %%s map @%s" % (net, key, slots)
        # A packet that meets a commit may draw a slot that is gone; the first is always there.
        rules += [to_slot % number, to_slot % "numgen inc mod 1"]
    if treatment.on_empty == DROP:
        rules.append("drop")
    else:
        rules += ["meta l4proto tcp reject with tcp reset", "reject with icmpx port-unreachable"]
    return [_rule(rule) for rule in rules]


def _log_words(log: Log) -> Tuple[int, str, str, str]:
    return log.rate, log.per, log.prefix, log.level


def _number(treatment: Treatment) -> str:
    if treatment.slots > 1 and treatment.balancing == SOURCE_HASH:
        net = treatment.place.network
        return "jhash %s saddr mod %d seed %s" % (net, treatment.slots, _SEED)
    mode = "random" if treatment.balancing == RANDOM else "inc"
    return "numgen %s mod %d" % (mode, treatment.slots)


def _account_rules(hook: str, places: List[Place], sticky: List[Tuple[Place, int]]) -> List[str]:
    # What the host sends to itself comes by both hooks; it is counted as it leaves.
    once = 'iifname != "lo" ' if hook == PREROUTING else ""
    rules = []
    for place in places:
        net = place.network
        target = "%s daddr . th dport" % net
        for protocol in PROTOCOLS:
            # nft finds out what a port of the original direction is from the match before it.
            start = "ct status dnat %smeta l4proto %s %s" % (once, protocol, _called(place))
            rules.append("%s . %s @%s" % (start, target, place.set(TRAFFIC)))
            for _place, seconds in sticky:
                if _place == place:
                    rules.append(
                        "ct state new %s @%s update @%s { %s . %s saddr timeout %ds : %s }"
                        % (
                            start,
                            sticky_set(place, seconds),
                            place.set(AFFINITY),
                            _called(place),
                            net,
                            seconds,
                            target,
                        )
                    )
    return [_rule(rule) for rule in rules]


def _masquerade_rules(places: List[Place]) -> List[str]:
    rules = []
    for place in places:
        for protocol in PROTOCOLS:
            start = "ct status dnat %smeta l4proto %s %s" % (
                _ORIGINS[place.side],
                protocol,
                _called(place),
            )
            rules.append("%s @%s masquerade" % (start, place.set(MASQUERADED)))
            rules.append(
                "%s . %s saddr @%s masquerade" % (start, place.network, place.set(HAIRPINNED))
            )
    return [_rule(rule) for rule in rules]


def _rule(text: str) -> str:
    """Return a rule that says, in a comment, which rule it is."""
    return '%s comment "%s"' % (text, rule_mark(text))


def rule_mark(text: str) -> str:
    """Return what tells a rule apart from any other, and from one made by hand."""
    return "sluice %08x" % crc32(text.encode())


def place_of_set(name: str) -> Optional[Place]:
    """Return where a set belongs, None for one that is not of our naming."""
    kind, _line, rest = name.partition("_")
    side = rest.partition("_")[0]
    if kind[:-1] in KINDS and kind[-1] in "46" and side in SIDES:
        return Place(kind[-1], side)
    return None


def mark_in(rule: str) -> str:
    """Return the mark that a rule of ours carries."""
    return rule.rpartition(' comment "')[2][:-1]
