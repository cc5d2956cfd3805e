# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From one ruleset to another, as edits of single tables. Pure."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Set, Tuple

from ..._kernel.xtables.blob import Rule
from ..._kernel.xtables.edits import (
    Append,
    CreateChain,
    DeleteChain,
    Edit,
    Flush,
    Insert,
    Remove,
)
from ..model import Profile
from .layout import (
    FAMILIES,
    FILTER,
    NAT,
    Layout,
    chain_of,
    filter_layout,
    nat_layout,
    parts_of,
    shared_rules,
)
from .observed import Own, Ruleset, Where
from .wire.entry import target_bytes

Counted = Tuple[int, int]


class Step(NamedTuple):
    """The edits of one table, which are written at once."""

    where: Where
    edits: List[Edit]


def steps(have: Ruleset, wanted: Mapping[str, Profile], touched: Set[str]) -> List[Step]:
    """Return the steps that make the ``wanted`` profiles, by title, of those there are.

    Only profiles whose titles are ``touched`` are written; damage of others stays. Stopping
    after any step leaves each profile as it was or as it shall be.
    """
    found: List[Step] = []
    for table, families in ((FILTER, FAMILIES), (NAT, _order(have, wanted))):
        for family in families:
            here = [profile for profile in wanted.values() if profile.family == family]
            own = have.own[family, table]
            if table == FILTER:
                target = filter_layout(family, here)
            else:
                target = _nat(family, own, here, touched)
            edits = edits_between(family, own, target)
            if edits:
                found.append(Step((family, table), edits))
    # What catches connections without a destination comes before they are led to it and goes
    # after them.
    going = [step for step in found if step.where[1] == FILTER and not _makes(step)]
    return [step for step in found if step not in going] + going


def edits_between(family: str, have: Own, wanted: Layout) -> List[Edit]:
    """Return the edits that turn our part of a table into another."""
    edits: List[Edit] = []
    for name in wanted.chains:
        if name not in have.chains:
            edits.append(CreateChain(name))
    for name, rules in wanted.chains.items():
        present = have.chains.get(name, [])
        if [each.body for each in present] == rules:
            continue
        if present:
            edits.append(Flush(name))
        edits += [Append(name, each) for each in _with_counts(family, present, rules)]
    for name in sorted(set(have.doors) | set(wanted.doors)):
        doors = have.doors.get(name, [])
        bodies = wanted.doors.get(name, [])
        if [each.body for each in doors] != bodies:
            edits += [Remove(name, each.body) for each in doors]
            edits += [Insert(name, body) for body in reversed(bodies)]
    surplus = [name for name in have.chains if name not in wanted.chains]
    edits += [Flush(name) for name in surplus if have.chains[name]]
    edits += [DeleteChain(name) for name in surplus]
    return edits


def _nat(family: str, own: Own, profiles: List[Profile], touched: Set[str]) -> Layout:
    chains: Dict[str, List[bytes]] = {}
    for profile in profiles:
        name = chain_of(profile.title)
        if profile.title in touched or not profile.damage:
            chains[name] = list(parts_of(profile).chain)
        else:
            chains[name] = [each.body for each in own.chains[name]]
    for name, rules in shared_rules(profiles).items():
        present = {each.body for each in own.chains.get(name, ())}
        damaged = {profile.title for profile in profiles if profile.damage}
        chains[name] = [
            body
            for body, title in rules
            if body in present or title in touched or title not in damaged
        ]
    return nat_layout(family, chains)


def _order(have: Ruleset, wanted: Mapping[str, Profile]) -> Tuple[str, ...]:
    """Return the families in an order in which a profile that moves comes before it goes."""
    first, second = FAMILIES
    for title, profile in wanted.items():
        before = have.profiles.get(title)
        if before is not None and before.family == first and profile.family == second:
            return second, first
    return FAMILIES


def _makes(step: Step) -> bool:
    return any(isinstance(edit, Append) for edit in step.edits)


def _with_counts(family: str, present: List[Rule], rules: List[bytes]) -> List[Rule]:
    """Return rules with what was counted before: of the same rule, or the same destination."""
    same: Dict[bytes, Counted] = {}
    moved: Dict[bytes, Counted] = {}
    bodies = set(rules)
    for each in present:
        if not any(each.counted):
            continue
        if each.body in bodies:
            same[each.body] = _sum(same.get(each.body), each.counted)
        elif each.target == "DNAT":
            target = target_bytes(family, each.body)
            moved[target] = _sum(moved.get(target), each.counted)
    found = []
    for body in rules:
        counted = same.pop(body, (0, 0))
        if moved:
            counted = _sum(moved.pop(target_bytes(family, body), None), counted)
        found.append(Rule(body, "", counted))
    return found


def _sum(first: object, second: Counted) -> Counted:
    if not isinstance(first, tuple):
        return second
    return first[0] + second[0], first[1] + second[1]
