# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles in nftables: one bulk read, one transaction for all profiles of a task."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ..._converge.resource import Operation, Refusal
from ..._kernel.nfnetlink import NetfilterRefused
from ..model import Entry, Framework, Profile
from ..ports import Counted, Netfilter
from .elements import pack_end, spot_of
from .observed import Ruleset, nothing, observe
from .places import FAMILY, NAME, TRAFFIC
from .reading import is_confirmed, read_listing
from .transaction import Change, change_of
from .wire.elements import read_counter


class NftablesBackend:
    """The table of profiles in the network namespace the process is in."""

    framework = "table %s %s" % (FAMILY, NAME)

    def __init__(self, netfilter: Netfilter) -> None:
        self._netfilter = netfilter
        self._seen: Ruleset = nothing()
        self._made: Optional[Change] = None

    def read(self) -> Tuple[Optional[Framework], List[Profile]]:
        """Return the table, None where there is none, and the profiles in it.

        After a commit, only what it touched is read when nobody else has written since.
        """
        made, self._made = self._made, None
        if made is None or not is_confirmed(self._netfilter, made):
            generation, listing = read_listing(self._netfilter)
            self._seen = nothing(generation) if listing is None else observe(listing)
        framework = Framework(self.framework, self._seen.damage) if self._seen.exists else None
        return framework, list(self._seen.profiles.values())

    def limitation(self, _profile: Profile) -> Optional[str]:
        """Return None: nftables can do all that can be declared."""
        return None

    def commit(self, operations: Sequence[Operation[Entry]]) -> Optional[Refusal]:
        """Change the table as a whole, or not at all."""
        before = [each.before for each in operations if isinstance(each.before, Profile)]
        after = [each.after for each in operations if isinstance(each.after, Profile)]
        change = change_of(self._seen, before, after)
        if not change.messages:
            return None
        try:
            self._netfilter.commit(change.messages, self._seen.generation)
        except NetfilterRefused as error:
            return Refusal("nftables says: %s" % error, error.stale)
        self._made, self._seen = change, change.result
        return None

    def counted(self, profile: Profile) -> Counted:
        """Return packets and bytes by destination, as of the last read."""
        place, selector = spot_of(profile)
        counters = self._seen.counters.get(place.set(TRAFFIC), {})
        found = {}
        for entry in profile.destinations:
            key = pack_end(selector, entry.address, entry.port)
            found[entry.address, entry.port] = read_counter(counters.get(key, b""))
        return found
