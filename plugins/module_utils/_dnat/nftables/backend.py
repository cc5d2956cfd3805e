# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles in nftables: one bulk read, one transaction for all profiles of a task."""

from __future__ import annotations

from typing import List, Optional, Sequence, Set, Tuple

from ..._converge.resource import Operation, Refusal
from ..._kernel.nftables import NftablesRefused
from ..model import Entry, Framework, Profile
from ..ports import Counted, Tables
from .layout import FAMILY, NAME, TABLE, TRAFFIC, treatment_of
from .observed import Ruleset, nothing, observe
from .transaction import Spot, spot_of, stray_spots, transaction


class NftablesBackend:
    """The table of profiles in the network namespace the process is in."""

    framework = "table " + TABLE

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._seen: Ruleset = nothing()

    def read(self) -> Tuple[Optional[Framework], List[Profile]]:
        """Return the table, None where there is none, and the profiles in it."""
        self._seen = observe(self._tables.table(FAMILY, NAME))
        framework = Framework(self.framework, self._seen.damage) if self._seen.exists else None
        return framework, list(self._seen.profiles.values())

    def limitation(self, _profile: Profile) -> Optional[str]:
        """Return None: nftables can do all that can be declared."""
        return None

    def commit(self, operations: Sequence[Operation[Entry]]) -> Optional[Refusal]:
        """Change the table as a whole, or not at all."""
        wanted = dict(self._seen.profiles)
        spots: Set[Spot] = set()
        for operation in operations:
            for entry in (operation.before, operation.after):
                if isinstance(entry, Profile):
                    spots.add(spot_of(entry))
            if isinstance(operation.subject, Framework):
                spots |= stray_spots(self._seen)
            if isinstance(operation.before, Profile):
                wanted.pop(operation.before.title, None)
        for operation in operations:
            if isinstance(operation.after, Profile):
                wanted[operation.after.title] = operation.after
        commands = transaction(self._seen, wanted, spots)
        try:
            if commands:
                self._tables.run(commands)
        except NftablesRefused as error:
            return Refusal("nftables says: %s" % error, error.stale)
        return None

    def counted(self, profile: Profile) -> Counted:
        """Return packets and bytes by destination, as of the last read."""
        traffic = treatment_of(profile).place.set(TRAFFIC)
        found = {}
        for entry in profile.destinations:
            end = entry.address, entry.port
            found[end] = self._seen.counters.get((traffic, profile.selector, end), (0, 0))
        return found
