# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How profiles lie in the table. Pure.

A profile is elements only. Rules belong to classes of profiles that are treated alike, so their
number does not grow with the number of profiles:

    prerouting, output   ADDRESS . PROTOCOL . PORT vmap @profiles4_SIDE -> goto CLASS
    HOOK_again           the same, for a packet that met a commit
    CLASS                sources? log? affinity? then slot number -> destination, else on_empty
    account_HOOK         after translation: count for each destination, remember affinities
    postrouting          masquerade what the sets name
"""

from __future__ import annotations

from typing import Dict, Iterable, List, Mapping, NamedTuple, Tuple

from ..model import HOOKS, OUTPUT, PREROUTING
from .places import (
    AFFINITY,
    HAIRPINNED,
    MASQUERADED,
    PROFILES,
    SOURCES,
    TRAFFIC,
    Treatment,
    chain_of,
    slots_set,
    sticky_set,
)
from .rules import (
    Rules,
    account_rules,
    capture_rules,
    masquerade_rules,
    sets_of,
    treatment_rules,
)
from .wire.messages import PLAIN, Header

_PRIORITY_CAPTURE, _PRIORITY_AGAIN = -100, -99
_PRIORITY_ACCOUNT, _PRIORITY_MASQUERADE = -90, 100
_HOOK_NUMBERS = {PREROUTING: 0, OUTPUT: 3}  # NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT
_POSTROUTING = 4


class Framing(NamedTuple):
    """The sets and chains of the table: names, and by name header and rules."""

    sets: Tuple[str, ...]
    chains: Dict[str, Tuple[Header, Rules]]


def framing_of(treatments: Iterable[Treatment]) -> Framing:
    """Return the sets, chains and rules that treatments need, in the order of their making."""
    wanted = set(treatments)
    places = sorted({treatment.place for treatment in wanted})
    sticky = sorted({(each.place, each.affinity) for each in wanted if each.affinity})
    sets: List[str] = []
    for place in places:
        for kind in (PROFILES, TRAFFIC, SOURCES, MASQUERADED, HAIRPINNED):
            sets.append(place.set(kind))
    for place, protocol in sorted({(each.place, each.protocol) for each in wanted}):
        sets.append(slots_set(place, protocol))
    sets += [place.set(AFFINITY) for place in sorted({place for place, _seconds in sticky})]
    sets += [sticky_set(place, seconds) for place, seconds in sticky]
    chains: Dict[str, Tuple[Header, Rules]] = {}
    for treatment in sorted(wanted, key=chain_of):
        chains[chain_of(treatment)] = (PLAIN, treatment_rules(treatment))
    for hook in (PREROUTING, OUTPUT):
        here = [place for place in places if hook in HOOKS[place.side]]
        if here:
            number = _HOOK_NUMBERS[hook]
            # A packet sees the rules of the generation in which it entered a base chain, but the
            # elements of the present one. After a commit, an element may lead it to a chain that
            # had no rules before. In the next base chain it sees both anew.
            for name, priority in ((hook, _PRIORITY_CAPTURE), (hook + "_again", _PRIORITY_AGAIN)):
                chains[name] = (Header("nat", number, priority), capture_rules(here))
            account = Header("filter", number, _PRIORITY_ACCOUNT)
            chains["account_" + hook] = (account, account_rules(hook, here, sticky))
    if places:
        header = Header("nat", _POSTROUTING, _PRIORITY_MASQUERADE)
        chains["postrouting"] = (header, masquerade_rules(places))
    return Framing(tuple(sets), chains)


def framing_with(
    framing: Framing, chains: Mapping[str, Tuple[Header, Rules]], used: Iterable[str]
) -> Framing:
    """Return a framing that keeps those of the present ``chains`` that elements lead to.

    A damaged profile may lead to another chain than its other elements tell.
    """
    kept = {
        name: chains[name] for name in sorted(used) if name in chains and name not in framing.chains
    }
    found = {name for _header, rules in kept.values() for rule in rules for name in sets_of(rule)}
    return Framing(
        (*framing.sets, *sorted(found.difference(framing.sets))), {**framing.chains, **kept}
    )
