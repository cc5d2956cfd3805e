# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one ruleset to another, as the commands of one nft transaction. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, Optional, Sequence, Set, Tuple

from ..model import Profile, Selector
from .layout import (
    AFFINITY,
    PLAIN,
    PROFILES,
    TABLE,
    TRAFFIC,
    Elements,
    Framing,
    Header,
    Place,
    Rest,
    Value,
    elements_of,
    framing_of,
    mark_in,
    place_of_set,
    treatment_of,
)
from .observed import Ruleset, nothing, stale_affinities

Spot = Tuple[Place, Selector]
Lines = List[str]


def transaction(have: Ruleset, wanted: Mapping[str, Profile], spots: Iterable[Spot]) -> str:
    """Return the commands that make the elements at ``spots`` those of the ``wanted`` profiles.

    ``wanted`` are all profiles by title. Chains and sets become what these profiles need, wherever
    they differ. Elements at other spots are not touched.
    """
    if not wanted:
        return "delete table %s\n" % TABLE if have.exists else ""
    lines: Lines = []
    if have.unusable:
        lines.append("delete table " + TABLE)
        have = nothing()
        spots = {spot_of(profile) for profile in wanted.values()}
    if not have.exists:
        lines.append("add table " + TABLE)
    framing = framing_of(wanted.values())
    leaving, coming = _elements(have, wanted, spots)
    lines += _make_frame(have, framing)
    lines += _element_lines("delete", leaving)
    lines += _element_lines("add", coming)
    lines += _take_frame_away(have, framing)
    return "".join(line + "\n" for line in lines)


def spot_of(profile: Profile) -> Spot:
    """Return where the elements of a profile are."""
    return treatment_of(profile).place, profile.selector


def stray_spots(have: Ruleset) -> Set[Spot]:
    """Return where elements are that belong to no profile."""
    found = set()
    for name, selector in have.strays:
        place = place_of_set(name)
        if place is not None:
            found.add((place, selector))
    return found


def _elements(
    have: Ruleset, wanted: Mapping[str, Profile], spots: Iterable[Spot]
) -> Tuple[Dict[str, Lines], Dict[str, Lines]]:
    owners = {spot_of(profile): profile for profile in wanted.values()}
    names: Dict[Optional[Place], List[str]] = {}
    for name in have.sets:
        names.setdefault(place_of_set(name), []).append(name)
    leaving: Dict[str, Lines] = {}
    coming: Dict[str, Lines] = {}
    for place, selector in spots:
        owner = owners.get((place, selector))
        target: Elements = elements_of(owner) if owner is not None else {}
        for name in names.get(place, ()):
            found = have.sets[name].get(selector)
            if not found:
                continue
            if name.startswith(AFFINITY):
                gone: Sequence[Rest] = stale_affinities(owner, found)
            else:
                kept = target.get(name, {})
                gone = [rest for rest, value in found.items() if kept.get(rest, _NONE) != value]
            if gone:
                leaving.setdefault(name, []).extend(_key(selector, rest) for rest in gone)
        for name, members in target.items():
            found = have.sets.get(name, {}).get(selector, {})
            for rest, value in members.items():
                if found.get(rest, _NONE) != value:
                    counted = have.counters.get((name, selector, rest))
                    text = _element(name, selector, rest, value, counted)
                    coming.setdefault(name, []).append(text)
    return leaving, coming


_NONE = object()


def _key(selector: Selector, rest: Rest) -> str:
    return " . ".join([selector[0], selector[1], str(selector[2]), *map(str, rest)])


def _element(
    name: str,
    selector: Selector,
    rest: Rest,
    value: Value,
    counted: Optional[Tuple[int, int]],
) -> str:
    key = _key(selector, rest)
    if name.startswith(TRAFFIC):
        # What was counted before a change of weight goes on.
        return '%s counter packets %d bytes %d comment "%s"' % (key, *(counted or (0, 0)), value)
    if isinstance(value, tuple):
        if name.startswith(PROFILES):
            return '%s comment "%s" : goto %s' % (key, value[1], value[0])
        return "%s : %s . %s" % (key, value[0], value[1])
    return key


def _element_lines(verb: str, elements: Mapping[str, Lines]) -> Lines:
    return [
        "%s element %s %s { %s }" % (verb, TABLE, name, ", ".join(texts))
        for name, texts in elements.items()
    ]


def _make_frame(have: Ruleset, framing: Framing) -> Lines:
    lines = []
    for name, definition in framing.sets.items():
        if name not in have.sets:
            keyword, _blank, body = definition.partition(" ")
            lines.append("add %s %s %s %s" % (keyword, TABLE, name, body))
    for name, (header, _rules) in framing.chains.items():
        if name not in have.chains:
            lines.append("add chain %s %s%s" % (TABLE, name, _spelled(header)))
    for name, (header, rules) in framing.chains.items():
        present = have.chains.get(name, (header, []))[1]
        if present == [mark_in(rule) for rule in rules]:
            continue
        if present:
            lines.append("flush chain %s %s" % (TABLE, name))
        lines += ["add rule %s %s %s" % (TABLE, name, rule) for rule in rules]
    lines += [
        "flush chain %s %s" % (TABLE, name) for name in have.chains if name not in framing.chains
    ]
    return lines


def _take_frame_away(have: Ruleset, framing: Framing) -> Lines:
    # Sets first: elements of a map hold on to the chains that they lead to.
    lines = [
        "delete %s %s %s" % (have.keywords[name], TABLE, name)
        for name in have.sets
        if name not in framing.sets
    ]
    return lines + [
        "delete chain %s %s" % (TABLE, name) for name in have.chains if name not in framing.chains
    ]


def _spelled(header: Header) -> str:
    if header == PLAIN:
        return ""
    return " { type %s hook %s priority %d; policy accept; }" % header
