# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What ``nft -j list table`` says, as profiles, and what of it is no profile's. Pure."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..._inet.address import IPV4, IPV6
from ..model import Destination, Log, Profile, Selector
from .layout import (
    AFFINITY,
    NAME_AND_COMMENT,
    PLAIN,
    PROFILES,
    SOURCES,
    TRAFFIC,
    Header,
    Place,
    Rest,
    Value,
    elements_of,
    framing_of,
    mark_in,
    place_of,
    place_of_set,
    read_chain_name,
)

Members = Dict[Selector, Dict[Rest, Value]]
Counters = Dict[Tuple[str, Selector, Rest], Tuple[int, int]]


class Ruleset(NamedTuple):
    """The table as it is.

    ``sets`` are elements by set and selector, ``keywords`` say whether it is a set or a map;
    ``chains`` are headers and the rules' marks; ``logs`` what the log rule of a chain says.
    ``exists`` is false without a table. ``strays`` are elements of no profile, as set and selector.
    """

    exists: bool
    sets: Dict[str, Members]
    keywords: Dict[str, str]
    chains: Dict[str, Tuple[Header, List[str]]]
    logs: Dict[str, Log]
    counters: Counters
    profiles: Dict[str, Profile]
    strays: Set[Tuple[str, Selector]]
    damage: Tuple[str, ...]

    @property
    def unusable(self) -> bool:
        """Tell whether a base chain of ours is not where ours are: then all is made anew."""
        wanted = framing_of(self.profiles.values()).chains
        return any(
            name in wanted and wanted[name][0] != header
            for name, (header, _marks) in self.chains.items()
        )


def nothing() -> Ruleset:
    """Return the ruleset without a table."""
    return Ruleset(False, {}, {}, {}, {}, {}, {}, set(), ())


def observe(objects: Optional[Iterable[Mapping[str, Any]]]) -> Ruleset:
    """Return the ruleset that libnftables-json(5) objects of the table describe."""
    if objects is None:
        return nothing()
    seen = nothing()._replace(exists=True)
    for entry in objects:
        for kind, content in entry.items():
            if kind in ("set", "map"):
                seen.keywords[content["name"]] = kind
                seen.sets[content["name"]] = _members(content, seen.counters)
            elif kind == "chain":
                seen.chains[content["name"]] = (_header(content), [])
            elif kind == "rule":
                seen.chains[content["chain"]][1].append(str(content.get("comment", "")))
                _read_log(content, seen.logs)
    _read_profiles(seen)
    _find_strays(seen)
    return seen._replace(damage=_damage(seen))


def _header(chain: Mapping[str, Any]) -> Header:
    if "hook" not in chain:
        return PLAIN
    kind = str(chain.get("type"))
    if chain.get("policy") != "accept":
        kind += " policy %s" % chain.get("policy")
    return kind, str(chain["hook"]), int(chain.get("prio", 0))


def _members(content: Mapping[str, Any], counters: Counters) -> Members:
    found: Members = {}
    name = content["name"]
    is_map = "map" in content
    is_sources = name.startswith(SOURCES)
    for entry in content.get("elem", ()):
        key: Any = entry[0] if is_map else entry
        value: Any = entry[1] if is_map else None
        inner = key.get("elem")
        if inner is not None:
            key = inner["val"]
        parts = key["concat"]
        selector = (parts[0], parts[1], parts[2])
        rest = (_network(parts[3]),) if is_sources else tuple(parts[3:])
        if is_map:
            if "concat" in value:
                value = tuple(value["concat"])
            else:
                said = inner.get("comment", "") if inner is not None else ""
                value = (value.get("goto", {}).get("target", ""), said)
        elif inner is not None:
            value = inner.get("comment")
            if "counter" in inner:
                counter = inner["counter"]
                counters[name, selector, rest] = (counter["packets"], counter["bytes"])
        members = found.get(selector)
        if members is None:
            found[selector] = {rest: value}
        else:
            members[rest] = value
    return found


def _network(part: Any) -> str:
    if isinstance(part, str):
        return part + ("/128" if ":" in part else "/32")
    if "prefix" in part:
        return "%s/%d" % (part["prefix"]["addr"], part["prefix"]["len"])
    return "%s-%s" % tuple(part["range"])


def _read_log(rule: Mapping[str, Any], logs: Dict[str, Log]) -> None:
    expressions = {
        name: content
        for expression in rule.get("expr", ())
        if isinstance(expression, dict)
        for name, content in expression.items()
    }
    log, limit = expressions.get("log"), expressions.get("limit")
    if isinstance(log, dict) and isinstance(limit, dict):
        logs[rule["chain"]] = Log(
            log.get("prefix", ""), log.get("level", "warn"), limit["rate"], limit["per"]
        )


def _read_profiles(seen: Ruleset) -> None:
    for name in sorted(seen.sets):
        place = place_of_set(name)
        if place is None or not name.startswith(PROFILES):
            continue
        sets = {
            other: members for other, members in seen.sets.items() if place_of_set(other) == place
        }
        for selector, members in seen.sets[name].items():
            value = members.get(())
            if isinstance(value, tuple):
                profile = _profile(seen, place, selector, str(value[0]), str(value[1]))
                if profile is not None and profile.title not in seen.profiles:
                    damage = _differences(profile, sets)
                    if damage:
                        profile = profile._replace(damage=tuple(damage))
                    seen.profiles[profile.title] = profile


def _profile(
    seen: Ruleset, place: Place, selector: Selector, chain: str, said: str
) -> Optional[Profile]:
    treatment = read_chain_name(chain)
    title, _colon, comment = said.partition(NAME_AND_COMMENT)
    if treatment is None or treatment.place != place or not title:
        return None
    targets = seen.sets.get(place.set(TRAFFIC), {}).get(selector, {})
    sources: Tuple[str, ...] = ()
    if treatment.restricted:
        members = seen.sets.get(place.set(SOURCES), {}).get(selector, {})
        sources = tuple(sorted(str(rest[0]) for rest in members))
    return Profile(
        title=title,
        family=IPV6 if place.digit == "6" else IPV4,
        address=selector[0],
        protocol=selector[1],
        port=selector[2],
        side=place.side,
        destinations=_destinations(targets),
        balancing=treatment.balancing,
        affinity=treatment.affinity,
        masquerade=treatment.masquerade,
        sources=sources,
        on_empty=treatment.on_empty,
        log=seen.logs.get(chain),
        comment=comment,
    )


def _destinations(targets: Mapping[Rest, Value]) -> Tuple[Destination, ...]:
    found = []
    for rest, said in targets.items():
        word, _blank, weight = str(said).partition(" ")
        number = int(weight) if word == "weight" and weight.isdigit() else 0
        found.append(Destination(str(rest[0]), int(str(rest[1])), number))
    return tuple(sorted(found))


def _differences(profile: Profile, sets: Mapping[str, Members]) -> List[str]:
    """Return the sets whose elements are not those that the profile needs."""
    wanted = elements_of(profile)
    selector = profile.selector
    wrong = []
    for name, members in sets.items():
        found = members.get(selector)
        if name.startswith(AFFINITY):
            if found and stale_affinities(profile, found):
                wrong.append(name)
        elif (found or None) != wanted.get(name):
            wrong.append(name)
    wrong.extend(name for name in wanted if name not in sets)
    return sorted(wrong)


def stale_affinities(profile: Optional[Profile], found: Mapping[Rest, Value]) -> List[Rest]:
    """Return the remembered clients whose destination gets no new connections any more."""
    live: Set[Tuple[str, int]] = set()
    if profile is not None and profile.affinity:
        live = {(entry.address, entry.port) for entry in profile.live}
    return [rest for rest, target in found.items() if target not in live]


def _find_strays(seen: Ruleset) -> None:
    owned: Dict[Optional[Place], Set[Selector]] = {}
    for profile in seen.profiles.values():
        place = place_of(profile.family, profile.side)
        owned.setdefault(place, set()).add(profile.selector)
    for name, members in seen.sets.items():
        mine = owned.get(place_of_set(name), set())
        seen.strays.update((name, selector) for selector in members if selector not in mine)


def _damage(seen: Ruleset) -> Tuple[str, ...]:
    wanted = framing_of(seen.profiles.values())
    wrong = []
    for name, (header, rules) in wanted.chains.items():
        if name not in seen.chains:
            wrong.append("chain %s is missing" % name)
        elif seen.chains[name] != (header, [mark_in(rule) for rule in rules]):
            wrong.append("rules of chain %s differ" % name)
    wrong += ["chain %s is too many" % name for name in seen.chains if name not in wanted.chains]
    wrong += ["set %s is missing" % name for name in wanted.sets if name not in seen.sets]
    wrong += ["set %s is too many" % name for name in seen.sets if name not in wanted.sets]
    wrong += [
        "element %s . %s . %d of %s is no profile's" % (*selector, name)
        for name, selector in seen.strays
        if name in wanted.sets
    ]
    return tuple(sorted(wrong))
