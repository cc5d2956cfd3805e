# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shall be, given what is: the declaration held against the host. Pure."""

from __future__ import annotations

from typing import Callable, Container, Dict, List, Sequence, Set

from .._converge.errors import InvalidInput
from .._converge.plan import Desired
from .._converge.resource import Key, Operation, State
from .._inet.address import IPV6
from .declared import Declaration, clash_reason, clashes
from .model import (
    CLIENT,
    IP6_FORWARD,
    IP_FORWARD,
    ROUTE_LOCALNET,
    Entry,
    Framework,
    Parameter,
    Profile,
)

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
    wanted: Dict[Key, Entry] = {}
    named: Set[str] = set()
    absent: Set[str] = set()
    for declared in declaration.profiles:
        named.add(declared.title)
        if declared.profile is None:
            absent.add(declared.title)
        else:
            wanted[declared.profile.key] = declared.profile

    def goes(entry: Entry) -> bool:
        if not isinstance(entry, Profile):
            return False
        if entry.title in absent:
            return True
        return declaration.purge and entry.title not in named | set(declaration.ignore)

    staying = [
        entry
        for key, entry in have.items()
        if isinstance(entry, Profile) and key not in wanted and not goes(entry)
    ]
    _refuse_clashes(declaration, staying)
    parameters = _parameters(declaration, have, is_local)
    result: Dict[Key, Entry] = {each.key: each for each in parameters}
    if wanted or staying:
        whole = Framework(framework)
        result[whole.key] = whole
    result.update(wanted)
    return Desired(result, lambda entry: goes(entry) or isinstance(entry, Framework))


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


def _refuse_clashes(declaration: Declaration, staying: List[Profile]) -> None:
    if not staying:
        return
    declared = {entry.title: entry.item for entry in declaration.profiles}
    wanted = [entry.profile for entry in declaration.profiles if entry.profile is not None]
    for first, second in clashes(staying + wanted):
        if second.title in declared:
            raise declared[second.title].error(clash_reason(first, second))


def _parameters(declaration: Declaration, have: State[Entry], is_local: IsLocal) -> List[Parameter]:
    found = []
    missing: Dict[str, str] = {}
    for declared in declaration.profiles:
        if declared.profile is not None:
            for title in sorted(needed_parameters(declared.profile, is_local, missing)):
                missing.setdefault(title, declared.title)
    for title, profile in sorted(missing.items()):
        wanted = Parameter(title, "1")
        if have.get(wanted.key) != wanted and not declaration.manage_sysctl:
            raise InvalidInput(
                "dnat profile %s needs sysctl %s = 1: set it, or leave manage_sysctl at true"
                % (profile, title)
            )
        found.append(wanted)
    return found
