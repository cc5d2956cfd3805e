# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles in legacy xtables: one read of each table, one commit of each that changes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Dict, List, Optional, Protocol, Sequence, Set, Tuple

from ..._converge.resource import Operation, Refusal
from ..._kernel.xtables.blob import Chains
from ..._kernel.xtables.edits import Edit
from ..._kernel.xtables.writing import XtablesRefused
from ..model import Entry, Framework, Profile
from ..ports import Counted
from .layout import FAMILIES, NAT, TABLES, chain_of
from .limits import limitation
from .observed import Ruleset, Where, nothing, observe
from .transaction import edits_between, steps
from .wire.entry import target_of
from .wire.extensions import translated_to


class Tables(Protocol):
    """Tables of legacy xtables; Xtables is one."""

    def read(self, family: str, table: str) -> Chains: ...

    def lock(self) -> AbstractContextManager[None]: ...

    def commit(self, family: str, table: str, edits: Sequence[Edit]) -> None: ...


class IptablesBackend:
    """The chains of profiles in the network namespace the process is in."""

    framework = "iptables chains SLUICE"

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._seen: Ruleset = nothing()

    def read(self) -> Tuple[Optional[Framework], List[Profile]]:
        """Return what is ours of the tables, None without anything, and the profiles there."""
        self._seen = self._look()
        framework = Framework(self.framework, self._seen.damage) if self._seen.exists else None
        return framework, list(self._seen.profiles.values())

    def _look(self) -> Ruleset:
        return observe(
            {
                (family, table): self._tables.read(family, table)
                for family in FAMILIES
                for table in TABLES
            }
        )

    def limitation(self, profile: Profile) -> Optional[str]:
        """Return what of the profile xtables cannot do, None if it can do all."""
        return limitation(profile)

    def commit(self, operations: Sequence[Operation[Entry]]) -> Optional[Refusal]:
        """Change the tables one after the other; after a refusal, put back those that were."""
        wanted = dict(self._seen.profiles)
        touched: Set[str] = set()
        for operation in operations:
            if isinstance(operation.subject, Profile):
                touched.add(operation.subject.title)
                wanted.pop(operation.subject.title, None)
        for operation in operations:
            if isinstance(operation.after, Profile):
                wanted[operation.after.title] = operation.after
        with self._tables.lock():
            present = self._look()
            if _rules(present) != _rules(self._seen):
                return Refusal("another program changed the chains meanwhile", stale=True)
            done: List[Where] = []
            for where, edits in steps(present, wanted, touched):
                try:
                    self._tables.commit(*where, edits)
                except XtablesRefused as error:
                    reason = "iptables says: %s" % error
                    kept = self._put_back(present, done)
                    if kept:
                        return Refusal("%s; %s" % (reason, kept))
                    return Refusal(reason, error.stale)
                done.append(where)
        return None

    def _put_back(self, before: Ruleset, done: List[Where]) -> str:
        """Undo the commits that were done; return what could not be undone, or nothing."""
        for where in reversed(done):
            edits = edits_between(where[0], self._look().own[where], before.own[where].layout)
            try:
                self._tables.commit(*where, edits)
            except XtablesRefused as error:
                return "the %s table %s could not be put back: %s" % (*where, error)
        return ""

    def counted(self, profile: Profile) -> Counted:
        """Return packets and bytes that opened connections, by destination, as of the last read."""
        found: Dict[Tuple[str, int], Tuple[int, int]] = {}
        chains = self._seen.own[profile.family, NAT].chains
        for each in chains.get(chain_of(profile.title), ()):
            if each.target == "DNAT":
                end = translated_to(profile.family, target_of(profile.family, each.body))
                packets, size = found.get(end, (0, 0))
                found[end] = packets + each.counted[0], size + each.counted[1]
        return found


def _rules(seen: Ruleset) -> Dict[Where, object]:
    return {where: own.layout for where, own in seen.own.items()}
