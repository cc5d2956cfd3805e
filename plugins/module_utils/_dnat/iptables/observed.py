# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tables as profiles, and what of them is no profile's. Pure."""

from __future__ import annotations

from typing import Dict, List, Mapping, NamedTuple, Optional, Set, Tuple

from ..._kernel.xtables.blob import Chains, Rule
from ..declared import LEVELS
from ..model import HOOKS, Destination, Log, Profile
from .layout import (
    EMPTY,
    FAMILIES,
    FILTER,
    NAT,
    PREFIX,
    REMARK,
    TABLES,
    WEIGHT,
    Layout,
    chain_of,
    described,
    filter_layout,
    is_ours,
    nat_layout,
    parts_of,
    shared_rules,
)
from .wire.entry import Part, matches_of, source_of, target_of
from .wire.extensions import comment_in, logged, translated_to

_KERNEL_CHAINS = ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
Where = Tuple[str, str]
"""Family and table."""


class Own(NamedTuple):
    """What of a table is ours: our chains, and by chain of the kernel the rules that lead in."""

    chains: Dict[str, List[Rule]]
    doors: Dict[str, List[Rule]]

    @property
    def layout(self) -> Layout:
        """The same without what was counted."""
        return Layout(
            {name: [each.body for each in rules] for name, rules in self.chains.items()},
            {name: [each.body for each in rules] for name, rules in self.doors.items()},
        )


class Ruleset(NamedTuple):
    """What of the tables is ours, the profiles that it makes, and what else is wrong with it."""

    own: Dict[Where, Own]
    profiles: Dict[str, Profile]
    damage: Tuple[str, ...]

    @property
    def exists(self) -> bool:
        return any(each.chains or each.doors for each in self.own.values())


def nothing() -> Ruleset:
    """Return the ruleset of a host without a table."""
    return Ruleset(
        {(family, table): Own({}, {}) for family in FAMILIES for table in TABLES}, {}, ()
    )


def observe(tables: Mapping[Where, Chains]) -> Ruleset:
    """Return the ruleset that tables make, as read_table gives them."""
    own = {where: _own(chains) for where, chains in tables.items()}
    found: Dict[str, Profile] = {}
    for family in FAMILIES:
        for profile in _profiles(family, own[family, NAT]):
            found.setdefault(profile.title, profile)
    wrong: Dict[str, Set[str]] = {}
    damage: Set[str] = set()
    for family in FAMILIES:
        here = [profile for profile in found.values() if profile.family == family]
        _compare_nat(family, own[family, NAT], here, wrong, damage)
        _compare_filter(family, own[family, FILTER], here, damage)
    for title, names in wrong.items():
        found[title] = found[title]._replace(damage=tuple(sorted(names)))
    return Ruleset(own, found, tuple(sorted(damage)))


def _own(chains: Chains) -> Own:
    ours = {name: rules for name, rules in chains.items() if is_ours(name)}
    doors = {}
    for name in _KERNEL_CHAINS:
        leading = [each for each in chains.get(name, ()) if is_ours(each.target)]
        if leading:
            doors[name] = leading
    return Own(ours, doors)


def _profiles(family: str, own: Own) -> List[Profile]:
    sources: Dict[str, Dict[str, List[bytes]]] = {}
    for hook in ("PREROUTING", "OUTPUT"):
        found = sources.setdefault(PREFIX + hook, {})
        for each in own.chains.get(PREFIX + hook, ()):
            found.setdefault(each.target, []).append(each.body)
    profiles = []
    for name, rules in own.chains.items():
        profile = _profile(family, rules) if rules else None
        if profile is None or profile.family != family or chain_of(profile.title) != name:
            continue
        if profile.sources:
            hooks = [PREFIX + hook.upper() for hook in HOOKS[profile.side]]
            bodies = [body for hook in hooks for body in sources[hook].get(name, ())]
            networks = tuple(sorted({source_of(family, body) for body in bodies}))
            profile = profile._replace(sources=networks)
        profiles.append(profile)
    return profiles


def _profile(family: str, rules: List[Rule]) -> Optional[Profile]:
    profile = described(_said(family, rules[0].body))
    if profile is None:
        return None
    destinations: Set[Destination] = set()
    for each in rules[1:]:
        said, _blank, rest = _said(family, each.body).partition(" ")
        if said == WEIGHT and each.target == "DNAT":
            address, number = translated_to(family, target_of(family, each.body))
            destinations.add(Destination(address, number, _number(rest)))
        elif said == WEIGHT:
            words = rest.split(" ")
            if len(words) == 3 and words[1].isdigit():
                destinations.add(Destination(words[0], int(words[1]), 0))
        elif said == REMARK:
            profile = profile._replace(comment=rest)
        elif said == "log" and each.target == "LOG":
            profile = profile._replace(log=_log(target_of(family, each.body), rest))
    return profile._replace(destinations=tuple(sorted(destinations)))


def _said(family: str, body: bytes) -> str:
    for match in matches_of(family, body):
        return comment_in(match)
    return ""


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0


def _log(target: Part, rate: str) -> Log:
    prefix, level = logged(target)
    number, _slash, per = rate.partition("/")
    return Log(prefix, LEVELS[level % len(LEVELS)], _number(number), per)


def _compare_nat(
    family: str, own: Own, profiles: List[Profile], wrong: Dict[str, Set[str]], damage: Set[str]
) -> None:
    wanted = shared_rules(profiles)
    for profile in profiles:
        name = chain_of(profile.title)
        if tuple([each.body for each in own.chains[name]]) != _chain(profile):
            wrong.setdefault(profile.title, set()).add("rules of chain %s differ" % name)
    names = {chain_of(profile.title) for profile in profiles} | set(wanted)
    for name in own.chains:
        if name not in names:
            damage.add("%s chain %s is too many" % (family, name))
    for name, rules in wanted.items():
        found = [each.body for each in own.chains.get(name, ())]
        if found == [body for body, _title in rules]:
            continue
        have = set(found)
        missing = {title for body, title in rules if body not in have}
        for title in missing:
            wrong.setdefault(title, set()).add("a rule of chain %s is missing" % name)
        theirs = {body for body, title in rules if title in missing}
        if [body for body, title in rules if title not in missing] != [
            body for body in found if body not in theirs
        ]:
            damage.add("%s rules of chain %s differ" % (family, name))
    _compare_doors(family, NAT, own, nat_layout(family, {name: [] for name in wanted}), damage)


def _chain(profile: Profile) -> Tuple[bytes, ...]:
    try:
        return parts_of(profile).chain
    except (KeyError, ValueError, ZeroDivisionError):
        # What was changed by hand may be what no profile can say.
        return ()


def _compare_filter(family: str, own: Own, profiles: List[Profile], damage: Set[str]) -> None:
    wanted = filter_layout(family, profiles)
    have = own.layout
    for name in sorted(set(have.chains) | set(wanted.chains)):
        if name not in wanted.chains:
            damage.add("%s chain %s is too many" % (family, name))
        elif have.chains.get(name) != wanted.chains[name]:
            damage.add("%s rules of chain %s differ" % (family, EMPTY))
    _compare_doors(family, FILTER, own, wanted, damage)


def _compare_doors(family: str, table: str, own: Own, wanted: Layout, damage: Set[str]) -> None:
    have = own.layout.doors
    for name in sorted(set(have) | set(wanted.doors)):
        if have.get(name) != wanted.doors.get(name):
            damage.add("%s jump from %s of table %s differs" % (family, name, table))
