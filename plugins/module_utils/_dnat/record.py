# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of profiles, and what a task makes of it. Pure.

Beside the profile it is how it may be treated: which connections go with its destinations, and
whether kernel parameters may be set for it. What they stand on is not recorded, for it follows.
"""

from __future__ import annotations

from typing import Any, Dict, Iterable, List, Mapping, NamedTuple

from .._converge.errors import InvalidInput
from .._converge.plan import Desired
from .._converge.resource import Key
from .._declare.item import Item
from .._record.keeping import Form
from .._record.text import Resources
from .declared import (
    UDP,
    VOCABULARY,
    Declaration,
    DeclaredProfile,
    read_declaration,
    refuse_clashes,
)
from .described import describe_profile
from .model import IPTABLES, NFTABLES, Profile
from .plan import leaving

KINDS = {NFTABLES: "dnat", IPTABLES: "dnat-iptables"}
"""The kind of record of each backend: each has profiles of its own."""


class RecordedProfile(NamedTuple):
    """A profile, and how it may be treated."""

    profile: Profile
    flush: str
    manage_sysctl: bool

    @property
    def key(self) -> Key:
        return self.profile.key

    @property
    def name(self) -> str:
        return self.profile.name

    def line(self) -> str:
        words = [self.profile.line()]
        words += ["%s %s" % (name, value) for name, value in _treatment(self).items()]
        return " ".join(words)


RecordTable = Mapping[Key, RecordedProfile]


def read_resources(resources: Resources) -> Dict[Key, RecordedProfile]:
    """Return the entries that a record's resources declare; raises InvalidInput."""
    table: Dict[Key, RecordedProfile] = {}
    for declared in read_declaration({"config": resources}).profiles:
        if declared.profile is None:
            raise InvalidInput(
                "dnat profile %s: state absent has no place in a record" % declared.title
            )
        table[declared.profile.key] = _recorded(declared, declared.profile)
    return table


def write_resources(table: RecordTable) -> Resources:
    """Return the resources that declare the entries, by name."""
    entries = sorted(table.values(), key=lambda each: each.profile.title)
    return [dict(describe_profile(each.profile), **_treatment(each)) for each in entries]


def form_of(backend: str) -> Form[RecordedProfile]:
    """Return how the record of a backend's profiles is understood."""
    return Form(KINDS[backend], read_resources, write_resources)


def desired_record(declaration: Declaration, have: RecordTable) -> Desired[RecordedProfile]:
    """Return what the record shall hold after a task.

    Raises InvalidInput for a clash with a recorded profile that stays, though the kernel may have
    lost it: they could not both come back.
    """
    wanted: Dict[Key, RecordedProfile] = {
        declared.profile.key: _recorded(declared, declared.profile)
        for declared in declaration.profiles
        if declared.profile is not None
    }
    leaves = leaving(declaration)
    staying = [
        entry.profile
        for key, entry in have.items()
        if key not in wanted and not leaves(entry.profile.title)
    ]
    try:
        if staying:
            refuse_clashes(declaration.profiles, staying)
    except InvalidInput as error:
        raise InvalidInput("%s; it is in the record: declare it absent" % error) from None
    return Desired(wanted, lambda entry: leaves(entry.profile.title))


def declaration_of(entries: Iterable[RecordedProfile], absent: bool = False) -> Declaration:
    """Return what declares the entries present, or absent."""
    profiles: List[DeclaredProfile] = []
    for profile, flush, manage in entries:
        item = Item({}, "", VOCABULARY)
        item.call(profile.name)
        kept = None if absent else profile
        profiles.append(DeclaredProfile(item, profile.title, kept, flush, manage))
    return Declaration(profiles)


def _recorded(declared: DeclaredProfile, profile: Profile) -> RecordedProfile:
    return RecordedProfile(profile, declared.flush, declared.manage_sysctl)


def _treatment(recorded: RecordedProfile) -> Dict[str, Any]:
    """Return the options that make the treatment; those with their usual values are left out."""
    options: Dict[str, Any] = {}
    if recorded.flush != UDP:
        options["flush"] = recorded.flush
    if not recorded.manage_sysctl:
        options["manage_sysctl"] = False
    return options
