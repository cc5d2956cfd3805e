# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How profiles lie in xtables: chains, and the rules in them. Pure.

    nat     PREROUTING, OUTPUT  -> SLUICE-PREROUTING, SLUICE-OUTPUT
                                   address, protocol, port, source?  -> SLUICE-HASH
            SLUICE-HASH            what the profile is; log? remembered client? then a destination,
                                   or without one the host itself, at a port of no use
            POSTROUTING         -> SLUICE-POSTROUTING: masquerade
    filter  INPUT               -> SLUICE-EMPTY: reject or drop what came to a port of no use

REJECT is for the filter table only, and a DROP in nat cannot be restored by iptables-restore.
So connections without a destination are first led to the host itself.
"""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from itertools import accumulate
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple

from ..._inet.address import IPV4, IPV6
from ..declared import LEVELS
from ..model import (
    ALWAYS,
    BALANCINGS,
    CLIENT,
    DROP,
    EMPTY_VERDICTS,
    HOOKS,
    MASQUERADES,
    NEVER,
    PROTOCOLS,
    RANDOM,
    REJECT,
    ROUND_ROBIN,
    SERVER,
    SIDES,
    Destination,
    Profile,
)
from ..shares import gcd_of
from .limits import SECONDS
from .source_hash import slot_below
from .wire.entry import jump, rule
from .wire.extensions import (
    NEW,
    TRANSLATED,
    UNIT,
    called,
    comment,
    every,
    from_here,
    limit,
    log,
    masquerade,
    port,
    probability,
    program,
    redirect,
    reject,
    remember,
    remembered,
    state,
    translate,
)

FAMILIES = (IPV4, IPV6)
NAT, FILTER = "nat", "filter"
TABLES = (NAT, FILTER)
PREFIX = "SLUICE-"
"""What the names of all chains of ours begin with; a name has 28 characters at most."""

MASQUERADING = PREFIX + "POSTROUTING"
EMPTY = PREFIX + "EMPTY"
SPENT_PORTS = {REJECT: 9, DROP: 1}
"""Where connections without a destination are led to: discard and tcpmux, which nobody serves."""

OWNED = "sluice"
WEIGHT, REMARK = "weight", "remark"

_OWN = re.compile("%s(?:PREROUTING|OUTPUT|POSTROUTING|EMPTY|[0-9a-f]{16})" % PREFIX)

Rules = List[bytes]


class Layout(NamedTuple):
    """Our part of one table: chains by name, and by chain of the kernel the rules that lead in."""

    chains: Dict[str, Rules]
    doors: Dict[str, Rules]


Owned = Tuple[bytes, str]
"""A rule of a shared chain, with the title of the profile that it is for."""


class Parts(NamedTuple):
    """The rules of one profile: its own chain, and its rules in each of the shared ones."""

    chain: Tuple[bytes, ...]
    shared: Dict[str, Tuple[bytes, ...]]


def is_ours(name: str) -> bool:
    """Tell whether a chain has a name that we give."""
    return _OWN.fullmatch(name) is not None


@lru_cache(maxsize=65536)
def chain_of(title: str) -> str:
    """Return the name of a profile's chain."""
    return PREFIX + _digest(title)


@lru_cache(maxsize=65536)
def parts_of(profile: Profile) -> Parts:
    """Return the rules that make the profile."""
    shared = {}
    for hook in HOOKS[profile.side]:
        shared[PREFIX + hook.upper()] = tuple(_dispatch(profile))
    masquerading = tuple(_masquerade(profile))
    if masquerading:
        shared[MASQUERADING] = masquerading
    return Parts(tuple(_describe(profile) + _log(profile) + _balance(profile)), shared)


def shared_rules(profiles: Iterable[Profile]) -> Dict[str, List[Owned]]:
    """Return the rules of the shared chains of table nat, for profiles in the order of names."""
    found: Dict[str, List[Owned]] = {}
    for profile in sorted(profiles, key=lambda each: each.title):
        for name, rules in parts_of(profile).shared.items():
            found.setdefault(name, []).extend((each, profile.title) for each in rules)
    return found


def nat_layout(family: str, chains: Dict[str, Rules]) -> Layout:
    """Return chains of table nat with the rules that lead into the shared ones among them."""
    doors = {}
    for base in ("PREROUTING", "OUTPUT", "POSTROUTING"):
        if PREFIX + base in chains:
            matches = [comment(OWNED)]
            if base == "POSTROUTING":
                matches.append(state(TRANSLATED))
            doors[base] = [rule(family, jump(PREFIX + base), matches)]
    return Layout(chains, doors)


def filter_layout(family: str, profiles: Iterable[Profile]) -> Layout:
    """Return our part of table filter: something only when a profile has no destination left."""
    if all(profile.live for profile in profiles):
        return Layout({}, {})
    rules = []
    for protocol in PROTOCOLS:
        for verdict, number in SPENT_PORTS.items():
            if verdict == DROP:
                target = jump("DROP")
            else:
                target = reject(family, protocol == "tcp")
            matches = [port(protocol, number), state(TRANSLATED)]
            rules.append(rule(family, target, matches, protocol))
    door = rule(family, jump(EMPTY), [comment(OWNED), state(NEW)])
    return Layout({EMPTY: rules}, {"INPUT": [door]})


def described(text: str) -> Optional[Profile]:
    """Return the profile that the first rule of a chain describes, without what has other rules.

    ``sources`` holds one empty word when there are some, ``log`` an empty prefix.
    """
    words = text.split(" ")
    if len(words) < 14 or words[0] != OWNED:
        return None
    title, protocol, address, number, side, balancing = words[1:7]
    affinity, how, verdict = words[8], words[10], words[12]
    known = (
        protocol in PROTOCOLS
        and side in SIDES
        and balancing in BALANCINGS
        and how in MASQUERADES
        and verdict in EMPTY_VERDICTS
        and number.isdigit()
        and affinity.isdigit()
    )
    if not known:
        return None
    return Profile(
        title=title,
        family=IPV6 if ":" in address else IPV4,
        address=address,
        protocol=protocol,
        port=int(number),
        side=side,
        balancing=balancing,
        affinity=int(affinity),
        masquerade=how,
        on_empty=verdict,
        sources=("",) if words[13] == "restricted" else (),
    )


def description(profile: Profile) -> str:
    """Return what the first rule of a profile's chain says."""
    return "%s %s %s %s %d %s %s affinity %d masquerade %s empty %s %s" % (
        OWNED,
        profile.title,
        profile.protocol,
        profile.address,
        profile.port,
        profile.side,
        profile.balancing,
        profile.affinity,
        profile.masquerade,
        profile.on_empty,
        "restricted" if profile.sources else "open",
    )


def _describe(profile: Profile) -> Rules:
    said = [description(profile)]
    if profile.comment:
        said.append("%s %s" % (REMARK, profile.comment))
    for entry in profile.destinations:
        if not entry.weight:
            said.append("%s %s %d 0" % (WEIGHT, entry.address, entry.port))
    return [rule(profile.family, jump(""), [comment(text)]) for text in said]


def _log(profile: Profile) -> Rules:
    wanted = profile.log
    if wanted is None:
        return []
    matches = [
        comment("log %d/%s" % (wanted.rate, wanted.per)),
        limit(wanted.rate, SECONDS[wanted.per]),
    ]
    target = log(wanted.prefix, LEVELS.index(wanted.level))
    return [rule(profile.family, target, matches)]


def _balance(profile: Profile) -> Rules:
    live, family = profile.live, profile.family
    if not live:
        target = redirect(family, SPENT_PORTS[profile.on_empty])
        return [rule(family, target, [], profile.protocol)]
    rules = []
    if profile.affinity:
        for entry in live:
            matches = [
                comment("affinity"),
                remembered(family, _list(profile, entry), profile.affinity),
            ]
            rules.append(_translate(profile, entry, matches))
    for entry, chance in _turns(profile):
        matches = [comment("%s %d" % (WEIGHT, entry.weight)), *chance]
        if profile.affinity:
            matches.append(remember(family, _list(profile, entry)))
        rules.append(_translate(profile, entry, matches))
    return rules


def _translate(profile: Profile, entry: Destination, matches: List[bytes]) -> bytes:
    target = translate(entry.address, entry.port)
    return rule(profile.family, target, matches, profile.protocol)


def _turns(profile: Profile) -> List[Tuple[Destination, List[bytes]]]:
    """Return who gets a connection in which case, each case of those that are left over."""
    live = profile.live
    if profile.balancing == RANDOM:
        return list(zip(live, _chances(live)))
    unit = gcd_of(entry.weight for entry in live)
    shares = [entry.weight // unit for entry in live]
    slots = sum(shares)
    if profile.balancing == ROUND_ROBIN:
        order = sorted(
            ((2 * turn + 1) / (2 * share), place)
            for place, share in enumerate(shares)
            for turn in range(share)
        )
        return [
            (live[place], [every(slots - number)] if number < slots - 1 else [])
            for number, (_when, place) in enumerate(order)
        ]
    ends = list(accumulate(shares))
    matches = [[program(slot_below(profile.family, end, slots))] for end in ends[:-1]]
    return list(zip(live, [*matches, []]))


def _chances(live: Tuple[Destination, ...]) -> List[List[bytes]]:
    left = sum(entry.weight for entry in live)
    found: List[List[bytes]] = []
    for entry in live[:-1]:
        found.append([probability(chance(entry.weight, left))])
        left -= entry.weight
    return [*found, []]


def chance(weight: int, left: int) -> int:
    """Return weight / left in units of the statistic match, rounded to the nearest."""
    return (2 * weight * UNIT + left) // (2 * left)


def _list(profile: Profile, entry: Destination) -> str:
    """Return the name of the list of clients that a destination keeps."""
    words = "%s %s %d" % (profile.title, entry.address, entry.port)
    return "sluice-" + _digest(words)


def _digest(words: str) -> str:
    return sha256(words.encode("utf-8")).hexdigest()[:16]


def _dispatch(profile: Profile) -> Rules:
    matches = [comment(profile.title), port(profile.protocol, profile.port)]
    return [
        rule(
            profile.family,
            jump(chain_of(profile.title)),
            matches,
            profile.protocol,
            source,
            profile.address,
        )
        for source in profile.sources or ("",)
    ]


def _masquerade(profile: Profile) -> Rules:
    if profile.masquerade == NEVER or not profile.destinations:
        return []
    matches = [comment(profile.title), called(profile.address, profile.port)]
    if profile.side != SERVER:
        # Who sent a packet tells which side's profile translated it.
        matches.append(from_here(profile.side == CLIENT))
    target = masquerade(profile.family)
    if profile.masquerade == ALWAYS:
        sources = [""]
    else:
        sources = sorted({entry.address for entry in profile.destinations})
    return [rule(profile.family, target, matches, profile.protocol, each) for each in sources]
