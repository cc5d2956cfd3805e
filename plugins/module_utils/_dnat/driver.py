# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin edge of DNAT: one bulk read, one transaction for all profiles of a task."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Callable, Dict, List, Mapping, Optional, Sequence, Set

from .._converge.errors import EdgeError
from .._converge.resource import Key, Operation, Refusal
from .._kernel.nftables import NftablesRefused
from .flows import concerns_of, stale_flows
from .layout import FAMILY, NAME
from .model import PARAMETERS, Entry, Framework, Parameter, Profile
from .observed import Ruleset, nothing, observe
from .ports import Connections, Parameters, Tables
from .transaction import Spot, spot_of, stray_spots, transaction

Step = Operation[Entry]


class DnatDriver:
    """Reads and writes the profiles of the network namespace the process is in.

    ``flushes`` says by title of profile which connections go with its destinations.
    """

    def __init__(
        self,
        tables: Tables,
        sysctls: Parameters,
        connections: Callable[[], AbstractContextManager[Connections]],
        flushes: Mapping[str, str],
    ) -> None:
        self._tables = tables
        self._sysctls = sysctls
        self._connections = connections
        self._flushes = flushes
        self._seen: Ruleset = nothing()
        self.warnings: List[str] = []
        """What did not work, but undoes nothing."""

    @property
    def ruleset(self) -> Ruleset:
        """The table at the last read, with its counters."""
        return self._seen

    def read(self) -> Dict[Key, Entry]:
        self._seen = observe(self._tables.table(FAMILY, NAME))
        found: Dict[Key, Entry] = {}
        for title in PARAMETERS:
            parameter = Parameter(title, self._sysctls.read(title))
            found[parameter.key] = parameter
        if self._seen.exists:
            framework = Framework(self._seen.damage)
            found[framework.key] = framework
        for profile in self._seen.profiles.values():
            found[profile.key] = profile
        return found

    def apply(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        """Write; the table changes as a whole or not at all."""
        answers: List[Optional[Refusal]] = []
        for operation in operations:
            if isinstance(operation.subject, Parameter):
                answers.append(self._set(operation))
        rest = [each for each in operations if not isinstance(each.subject, Parameter)]
        if not rest:
            return answers
        refusal = self._commit(rest)
        if refusal is None:
            self._flush(rest)
        by_kind = iter(answers)
        return [
            next(by_kind) if isinstance(each.subject, Parameter) else refusal for each in operations
        ]

    def _set(self, operation: Step) -> Optional[Refusal]:
        entry = operation.after
        if not isinstance(entry, Parameter) or entry.value is None:
            return Refusal("this kernel has no such parameter")
        try:
            self._sysctls.write(entry.title, entry.value)
        except EdgeError as error:
            return Refusal(str(error))
        return None

    def _commit(self, operations: Sequence[Step]) -> Optional[Refusal]:
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

    def _flush(self, operations: Sequence[Step]) -> None:
        concerns = concerns_of(operations, self._flushes)
        if not concerns:
            return
        try:
            with self._connections() as connections:
                for family in sorted({end[0].family for _protocol, end in concerns}):
                    for flow in stale_flows(connections.flows(family), concerns):
                        connections.delete(flow)
        except (EdgeError, OSError) as error:
            self.warnings.append(
                "the profiles are in place, but stale connections may go on: %s" % error
            )
