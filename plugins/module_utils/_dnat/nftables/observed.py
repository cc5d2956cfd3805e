# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the kernel lists of the table, as profiles, and what of it is no profile's. Pure."""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..._inet.address import IPV4, IPV6
from ..model import Log, Profile
from .elements import (
    Members,
    chains_led_to,
    is_remembered,
    lay_out,
    live_targets,
    read_destinations,
    read_profile_element,
    read_selector,
    read_sources,
    spot_of,
)
from .layout import Framing, framing_of, framing_with
from .places import PROFILES, SOURCES, TRAFFIC, Place, Treatment, read_chain_name, read_set_name
from .rules import Rules, read_log_rule
from .sets import differs, shape_of
from .wire.elements import Key, data_of, split_counter
from .wire.expressions import is_as_written
from .wire.messages import Header, SetShape

Titles = Dict[Place, Dict[bytes, str]]
"""Whose elements begin with a selector."""


class Listing(NamedTuple):
    """The table as the kernel lists it in a generation of the ruleset.

    ``flags`` are the table's; ``chains`` have a header and rules; ``sets`` a shape; ``elements``
    are those of the sets that are made as ours are, counters included.
    """

    generation: int
    flags: int
    chains: Dict[str, Tuple[Header, Rules]]
    sets: Dict[str, SetShape]
    elements: Dict[str, Members]


class Ruleset(NamedTuple):
    """The table as it is, None of it without ``exists``.

    ``sets`` are elements by set, ``counters`` what was counted beside them, as attributes.
    ``others`` are sets that are none of ours. ``treatments`` say how many profiles have each.
    ``strays`` are elements of no profile. ``unusable`` is set when a base chain or a set of ours
    is not made as it should be: then all is made anew.
    """

    exists: bool
    generation: int
    sets: Dict[str, Members]
    counters: Dict[str, Dict[Key, bytes]]
    others: Tuple[str, ...]
    chains: Dict[str, Tuple[Header, Rules]]
    profiles: Dict[str, Profile]
    treatments: Dict[Treatment, int]
    strays: Set[Tuple[str, Key]]
    unusable: bool
    damage: Tuple[str, ...]


def nothing(generation: int = 0) -> Ruleset:
    """Return the ruleset without a table."""
    return Ruleset(False, generation, {}, {}, (), {}, {}, {}, set(), False, ())


def is_usable(name: str, shape: SetShape) -> bool:
    """Tell whether a set is one of ours, so that its elements can be read."""
    return shape_of(name) is not None and not differs(name, shape)


def observe(listing: Listing) -> Ruleset:
    """Return the ruleset that a listing of the table describes."""
    seen = nothing(listing.generation)._replace(exists=True, chains=listing.chains)
    others = []
    misshapen = []
    for name, shape in listing.sets.items():
        if is_usable(name, shape):
            members, counters = without_counters(name, listing.elements[name])
            seen.sets[name] = members
            if counters:
                seen.counters[name] = counters
        elif shape_of(name) is None:
            others.append(name)
        else:
            misshapen.append(name)
    _read_profiles(seen)
    laid = lay_out(seen.profiles.values())
    wrong = _compare(seen, laid.sets)
    for title, names in wrong.items():
        profile = seen.profiles[title]
        seen.profiles[title] = profile._replace(damage=tuple(sorted(names)))
    used = chains_led_to(seen.sets)
    framing = framing_with(framing_of(laid.treatments), listing.chains, used)
    moved = [
        name
        for name, (header, _rules) in framing.chains.items()
        if name in listing.chains and listing.chains[name][0] != header
    ]
    seen = seen._replace(
        others=tuple(others),
        treatments=laid.treatments,
        unusable=bool(misshapen or moved or listing.flags),
    )
    damage = [
        *frame_damage(framing, listing.chains, listing.sets),
        *("set %s is made differently" % name for name in misshapen),
        *_stray_damage(seen, framing),
    ]
    if listing.flags:
        damage.append("the table has flags %#x" % listing.flags)
    return seen._replace(damage=tuple(sorted(damage)))


def frame_damage(
    framing: Framing,
    chains: Mapping[str, Tuple[Header, Rules]],
    sets: Mapping[str, object],
) -> List[str]:
    """Return what is wrong with chains, rules and sets that shall be as framed."""
    wrong = []
    for name, (header, rules) in framing.chains.items():
        if name not in chains:
            wrong.append("chain %s is missing" % name)
        elif chains[name][0] != header or not same_rules(chains[name][1], rules):
            wrong.append("rules of chain %s differ" % name)
    wanted = set(framing.sets)
    wrong += ["chain %s is too many" % name for name in chains if name not in framing.chains]
    wrong += ["set %s is missing" % name for name in framing.sets if name not in sets]
    wrong += ["set %s is too many" % name for name in sets if name not in wanted]
    return wrong


def same_rules(found: Rules, written: Rules) -> bool:
    """Tell whether the rules of a chain are those that were written."""
    return len(found) == len(written) and all(map(is_as_written, found, written))


def without_counters(name: str, members: Members) -> Tuple[Members, Dict[Key, bytes]]:
    """Return elements without counters, and the counters."""
    shape = shape_of(name)
    if shape is None or not shape.counted:
        return members, {}
    bare: Members = {}
    counters: Dict[Key, bytes] = {}
    for key, rest in members.items():
        counters[key], bare[key] = split_counter(rest)
    return bare, counters


def stale_affinities(found: Members, live: Mapping[bytes, Set[bytes]], size: int) -> Iterator[Key]:
    """Yield the remembered clients whose destination gets no new connections any more.

    ``live`` are the destinations of the profiles that are asked about, by selector; ``size`` is
    the length of a selector.
    """
    for key, rest in found.items():
        targets = live.get(key[:size])
        if targets is not None and data_of(rest) not in targets:
            yield key


def _read_profiles(seen: Ruleset) -> None:
    logs = _read_logs(seen.chains)
    for name in sorted(seen.sets):
        said = read_set_name(name)
        if said is None or said.kind != PROFILES:
            continue
        place = said.place
        targets = read_destinations(place, seen.sets.get(place.set(TRAFFIC), {}))
        sources = read_sources(place, seen.sets.get(place.set(SOURCES), {}))
        family = IPV6 if place.digit == "6" else IPV4
        for key, rest in seen.sets[name].items():
            chain, title, comment = read_profile_element(rest)
            treatment = read_chain_name(chain)
            selector = read_selector(place, key) if key else None
            if treatment is None or treatment.place != place or selector is None:
                continue
            if not title or title in seen.profiles:
                continue
            address, protocol, port = selector
            seen.profiles[title] = Profile(
                title,
                family,
                address,
                protocol,
                port,
                place.side,
                tuple(sorted(targets.get(key, ()))),
                treatment.balancing,
                treatment.affinity,
                treatment.masquerade,
                tuple(sorted(sources.get(key, ()))) if treatment.restricted else (),
                treatment.on_empty,
                logs.get(chain),
                comment,
            )


def _read_logs(chains: Mapping[str, Tuple[Header, Rules]]) -> Dict[str, Log]:
    found = {}
    for name, (_header, rules) in chains.items():
        for rule in rules:
            try:
                found[name] = read_log_rule(rule)
            except ValueError:
                continue
            break
    return found


def _compare(seen: Ruleset, wanted: Mapping[str, Members]) -> Dict[str, Set[str]]:
    """Return by title the sets whose elements are not what the profile needs; note strays."""
    wrong: Dict[str, Set[str]] = {}
    owners: Titles = {}

    def owner_of(place: Place, key: Key) -> Optional[str]:
        if not owners:
            owners.update(_owners(seen.profiles))
        return owners.get(place, {}).get(key[: place.selector_size])

    for name in sorted(set(seen.sets) | set(wanted)):
        said = read_set_name(name)
        if said is None:
            continue
        place = said.place
        found = seen.sets.get(name, {})
        if is_remembered(name):
            differing = _forgettable(seen, place, found)
        else:
            needed = wanted.get(name, {})
            if found == needed:
                continue
            differing = {key for key, _rest in found.items() ^ needed.items()}
        for key in differing:
            title = owner_of(place, key)
            if title is not None:
                wrong.setdefault(title, set()).add(name)
            elif key in found:
                seen.strays.add((name, key))
    return wrong


def _forgettable(seen: Ruleset, place: Place, found: Members) -> Set[Key]:
    """Return the remembered clients that lead nowhere, those of no profile included."""
    if not found:
        return set()
    live: Dict[bytes, Set[bytes]] = {key[: place.selector_size]: set() for key in found}
    for profile in seen.profiles.values():
        if profile.affinity:
            where, selector = spot_of(profile)
            if where == place and selector in live:
                live[selector] = live_targets(profile)
    return set(stale_affinities(found, live, place.selector_size))


def _owners(profiles: Mapping[str, Profile]) -> Titles:
    found: Titles = {}
    for title, profile in profiles.items():
        place, selector = spot_of(profile)
        found.setdefault(place, {})[selector] = title
    return found


def _stray_damage(seen: Ruleset, framing: Framing) -> Iterator[str]:
    for name, key in seen.strays:
        said = read_set_name(name)
        if said is None or name not in framing.sets:
            continue
        selector = read_selector(said.place, key) if key else None
        words = "%s . %s . %d" % selector if selector is not None else key.hex() or "*"
        yield "element %s of %s is no profile's" % (words, name)
