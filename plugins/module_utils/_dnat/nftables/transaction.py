# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one ruleset to another, as the messages of one transaction. Pure."""

from __future__ import annotations

from typing import Dict, Iterable, Iterator, List, Mapping, NamedTuple, Set, Tuple

from ..._kernel.nfnetlink import Message
from ..model import Profile
from .elements import Members, chains_led_to, is_remembered, lay_out, live_targets, spot_of
from .layout import Framing, framing_of, framing_with
from .observed import Ruleset, nothing, same_rules, stale_affinities
from .places import NAME, Place, Treatment, read_set_name, treatment_of
from .sets import shape_of
from .wire import elements as wire
from .wire import messages
from .wire.elements import Key, Rest

Spots = Dict[Place, Set[bytes]]
"""Selectors by place: where elements may change."""
Batch = Dict[str, List[Tuple[Key, Rest]]]
"""Elements by set."""

_NO_COUNT = wire.counter()


class Change(NamedTuple):
    """Messages, and the ruleset that they lead to: ``touched`` are keys by set."""

    messages: List[Message]
    result: Ruleset
    touched: Dict[str, List[Key]]


def change_of(have: Ruleset, before: Iterable[Profile], after: Iterable[Profile]) -> Change:
    """Return what replaces the profiles ``before`` by those ``after``.

    Chains and sets become what all profiles then need, wherever they differ; elements of no
    profile go. Those of other profiles are not touched.
    """
    old, new = list(before), list(after)
    generation = _generation_after(have.generation)
    profiles = _replaced(have.profiles, old, new)
    if not profiles:
        gone = [messages.delete_table(NAME)] if have.exists else []
        return Change(gone, nothing(generation), {})
    requests: List[Message] = []
    if have.unusable:
        requests.append(messages.delete_table(NAME))
        have = nothing()
        old, new = [], list(profiles.values())
    if not have.exists:
        requests.append(messages.new_table(NAME))
    treatments = _count(have.treatments, old, new)
    framing = framing_of(treatments)
    leaving, coming = _elements(have, _spots(have, [*old, *new]), new)
    sets = _sets_after(have, leaving, coming)
    framing = framing_with(framing, have.chains, chains_led_to(sets))
    requests += [*_make_sets(have, framing), *_make_chains(have, framing)]
    for name, elements in leaving.items():
        if name in framing.sets:
            requests += wire.delete(NAME, name, elements)
    for name, elements in coming.items():
        requests += wire.add(NAME, name, _counted(have, name, elements))
    requests += _take_frame_away(have, framing)
    result = nothing(generation)._replace(
        exists=True,
        sets={name: sets.get(name, {}) for name in framing.sets},
        counters=have.counters,
        chains=framing.chains,
        profiles=profiles,
        treatments=treatments,
    )
    return Change(requests, result, _touched(framing, [leaving, coming]))


def _generation_after(generation: int) -> int:
    """Return the number of the generation that a transaction makes; it is never 0."""
    return (generation + 1) & 0xFFFFFFFF or 1


def _replaced(
    profiles: Mapping[str, Profile], old: Iterable[Profile], new: Iterable[Profile]
) -> Dict[str, Profile]:
    found = dict(profiles)
    for profile in old:
        found.pop(profile.title, None)
    for profile in new:
        found[profile.title] = profile
    return found


def _touched(framing: Framing, batches: Iterable[Batch]) -> Dict[str, List[Key]]:
    found: Dict[str, List[Key]] = {}
    for batch in batches:
        for name, elements in batch.items():
            if name in framing.sets:
                found.setdefault(name, []).extend([key for key, _rest in elements])
    return found


def _count(
    treatments: Mapping[Treatment, int], old: Iterable[Profile], new: Iterable[Profile]
) -> Dict[Treatment, int]:
    found = dict(treatments)
    for profile in old:
        treatment = treatment_of(profile)
        found[treatment] = found.get(treatment, 0) - 1
    for profile in new:
        treatment = treatment_of(profile)
        found[treatment] = found.get(treatment, 0) + 1
    return {treatment: number for treatment, number in found.items() if number > 0}


def _spots(have: Ruleset, profiles: Iterable[Profile]) -> Spots:
    found: Spots = {}
    for profile in profiles:
        place, selector = spot_of(profile)
        found.setdefault(place, set()).add(selector)
    for name, key in have.strays:
        said = read_set_name(name)
        if said is not None:
            found.setdefault(said.place, set()).add(key[: said.place.selector_size])
    return found


def _elements(have: Ruleset, spots: Spots, profiles: List[Profile]) -> Tuple[Batch, Batch]:
    """Return the elements that go and those that come at the spots, where ``profiles`` will be."""
    target = lay_out(profiles).sets
    live: Dict[Place, Dict[bytes, Set[bytes]]] = {
        place: {selector: set() for selector in selectors} for place, selectors in spots.items()
    }
    for profile in profiles:
        if profile.affinity:
            place, selector = spot_of(profile)
            live[place][selector] = live_targets(profile)
    leaving: Batch = {}
    coming: Batch = {}
    for name, found in have.sets.items():
        said = read_set_name(name)
        if said is None or said.place not in spots:
            continue
        size = said.place.selector_size
        gone: List[Tuple[Key, Rest]]
        if is_remembered(name):
            gone = [(key, b"") for key in stale_affinities(found, live[said.place], size)]
        else:
            gone = _leaving(found, target.get(name, {}), spots[said.place], size)
        if gone:
            leaving[name] = gone
    for name, wanted in target.items():
        there = have.sets.get(name, {})
        new = [(key, rest) for key, rest in wanted.items() if there.get(key) != rest]
        if new:
            coming[name] = new
    return leaving, coming


def _leaving(
    found: Members, kept: Members, selectors: Set[bytes], size: int
) -> List[Tuple[Key, Rest]]:
    return [
        (key, rest)
        for key, rest in found.items()
        if key[:size] in selectors and kept.get(key) != rest
    ]


def _counted(
    have: Ruleset, name: str, elements: List[Tuple[Key, Rest]]
) -> Iterable[Tuple[Key, Rest]]:
    """Return elements with their counters: what was counted before a change of weight goes on."""
    shape = shape_of(name)
    if shape is None or not shape.counted:
        return elements
    known = have.counters.get(name, {})
    return [(key, known.get(key, _NO_COUNT) + rest) for key, rest in elements]


def _sets_after(have: Ruleset, leaving: Batch, coming: Batch) -> Dict[str, Members]:
    found = dict(have.sets)
    for name in {*leaving, *coming}:
        members = dict(have.sets.get(name, {}))
        for key, _rest in leaving.get(name, ()):
            del members[key]
        members.update(coming.get(name, ()))
        found[name] = members
    return found


def _make_sets(have: Ruleset, framing: Framing) -> Iterator[Message]:
    for identity, name in enumerate(framing.sets, 1):
        shape = shape_of(name)
        if name not in have.sets and shape is not None:
            yield messages.new_set(NAME, name, shape, identity)


def _make_chains(have: Ruleset, framing: Framing) -> Iterator[Message]:
    for name, (header, _rules) in framing.chains.items():
        if name not in have.chains:
            yield messages.new_chain(NAME, name, header)
    for name, (_header, rules) in framing.chains.items():
        present = have.chains[name][1] if name in have.chains else []
        if same_rules(present, rules):
            continue
        if present:
            yield messages.delete_rules(NAME, name)
        for rule in rules:
            yield messages.new_rule(NAME, name, rule)
    for name in have.chains:
        if name not in framing.chains:
            yield messages.delete_rules(NAME, name)


def _take_frame_away(have: Ruleset, framing: Framing) -> Iterator[Message]:
    # Sets first: elements of a map hold on to the chains that they lead to.
    for name in [*have.sets, *have.others]:
        if name not in framing.sets:
            yield messages.delete_set(NAME, name)
    for name in have.chains:
        if name not in framing.chains:
            yield messages.delete_chain(NAME, name)
