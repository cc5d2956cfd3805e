# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shall be, given what is: the declaration held against the host. Pure."""

from __future__ import annotations

from typing import Callable, Container, Dict, List, Mapping, Sequence, Set

from .._converge.errors import InvalidInput
from .._converge.plan import Desired
from .._converge.resource import Key, Operation, State
from .._inet.address import IPV6
from .declared import Declaration, DeclaredProfile, refuse_clashes
from .model import (
    CLIENT,
    HOOKS,
    IP6_FORWARD,
    IP_FORWARD,
    ROUTE_LOCALNET,
    Entry,
    Framework,
    Parameter,
    Profile,
    spell,
)

_ON = "1"

IsLocal = Callable[[str], bool]
"""Tells whether an address is one of this host's."""


def desired_entries(
    declaration: Declaration, framework: str, have: State[Entry], is_local: IsLocal
) -> Desired[Entry]:
    """Return the wanted profiles and what they need, and which others shall go.

    ``framework`` is the title of what profiles stand on.

    Raises InvalidInput for a clash with a profile that stays, and for a kernel parameter that
    would have to be set although the task may not.
    """
    wanted: Dict[Key, Entry] = {
        declared.profile.key: declared.profile
        for declared in declaration.profiles
        if declared.profile is not None
    }
    leaves = leaving(declaration)

    def goes(entry: Entry) -> bool:
        return isinstance(entry, Profile) and leaves(entry.title)

    staying = [
        entry
        for key, entry in have.items()
        if isinstance(entry, Profile) and key not in wanted and not goes(entry)
    ]
    if staying:
        refuse_clashes(declaration.profiles, staying)
    parameters = _parameters(declaration, have, is_local)
    result: Dict[Key, Entry] = {each.key: each for each in parameters}
    if wanted or staying:
        whole = Framework(framework)
        result[whole.key] = whole
    result.update(wanted)
    return Desired(result, lambda entry: goes(entry) or isinstance(entry, Framework))


def leaving(declaration: Declaration) -> Callable[[str], bool]:
    """Return what tells by title whether a profile that is not wanted goes."""
    named = {declared.title for declared in declaration.profiles} | set(declaration.ignore)
    absent = {each.title for each in declaration.profiles if each.profile is None}
    return lambda title: title in absent or (declaration.purge and title not in named)


def refuse_held(declaration: Declaration, held: Mapping[str, List[Profile]]) -> None:
    """Raise InvalidInput for a profile whose name or packets another backend has already."""
    for other, profiles in held.items():
        by_title = {profile.title: profile for profile in profiles}
        taken = {(each.selector, hook): each for each in profiles for hook in HOOKS[each.side]}
        for declared in declaration.profiles:
            profile = declared.profile
            if profile is None:
                continue
            hooks = HOOKS[profile.side]
            found = by_title.get(profile.title)
            for hook in hooks:
                found = found or taken.get((profile.selector, hook))
            if found is not None:
                raise declared.item.error(
                    "backend %s holds dnat profile %s for %s %s already: remove it there first "
                    "(backend: %s, state: absent), or use backend: %s"
                    % (
                        other,
                        found.title,
                        found.protocol,
                        spell(found.address, found.port),
                        other,
                        other,
                    )
                )


def arrange(
    operations: Sequence[Operation[Entry]], _have: State[Entry]
) -> List[List[Operation[Entry]]]:
    """Return the stages: kernel parameters, then the table as one transaction."""
    parameters = [each for each in operations if isinstance(each.subject, Parameter)]
    return [parameters, [each for each in operations if not isinstance(each.subject, Parameter)]]


def needed_parameters(profile: Profile, is_local: IsLocal, known: Container[str] = ()) -> Set[str]:
    """Return the kernel parameters without which a profile's connections go nowhere.

    Those ``known`` to be needed may be left out: to find out takes a call for each destination.
    """
    targets = [entry.address for entry in profile.destinations]
    needed = set()
    forward = IP6_FORWARD if profile.family == IPV6 else IP_FORWARD
    asked = profile.side != CLIENT and forward not in known
    if asked and not all(is_local(target) for target in targets):
        needed.add(forward)
    if profile.family != IPV6:
        captures_loopback = profile.address.startswith("127.")
        to_loopback = [target.startswith("127.") for target in targets]
        if captures_loopback:
            crosses = not all(to_loopback)
        else:
            crosses = profile.side != CLIENT and any(to_loopback)
        if crosses:
            needed.add(ROUTE_LOCALNET)
    return needed


def _parameters(declaration: Declaration, have: State[Entry], is_local: IsLocal) -> List[Parameter]:
    needing: Dict[str, List[DeclaredProfile]] = {}
    settled: Set[str] = set()
    for declared in declaration.profiles:
        if declared.profile is not None:
            for title in needed_parameters(declared.profile, is_local, settled):
                needing.setdefault(title, []).append(declared)
                if declared.manage_sysctl or _is_set(title, have):
                    settled.add(title)
    found = []
    for title, profiles in sorted(needing.items()):
        if not _is_set(title, have) and not any(each.manage_sysctl for each in profiles):
            raise InvalidInput(
                "dnat profile %s needs sysctl %s = 1: set it, or leave manage_sysctl at true"
                % (profiles[0].title, title)
            )
        found.append(Parameter(title, _ON))
    return found


def _is_set(title: str, have: State[Entry]) -> bool:
    wanted = Parameter(title, _ON)
    return have.get(wanted.key) == wanted
