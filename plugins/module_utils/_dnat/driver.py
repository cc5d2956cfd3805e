# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The thin edge of DNAT: kernel parameters, a backend for the profiles, stale connections."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Callable, Dict, List, Mapping, Optional, Sequence

from .._converge.errors import EdgeError
from .._converge.resource import Key, Operation, Refusal
from .flows import concerns_of, stale_flows
from .model import PARAMETERS, Entry, Parameter, Profile
from .ports import Backend, Connections, Parameters

Step = Operation[Entry]


class DnatDriver:
    """Reads and writes the profiles of the network namespace the process is in.

    ``flushes`` says by title of profile which connections go with its destinations.
    """

    def __init__(
        self,
        backend: Backend,
        sysctls: Parameters,
        connections: Callable[[], AbstractContextManager[Connections]],
        flushes: Mapping[str, str],
    ) -> None:
        self._backend = backend
        self._sysctls = sysctls
        self._connections = connections
        self._flushes = flushes
        self.warnings: List[str] = []
        """What did not work, but undoes nothing."""

    @property
    def framework(self) -> str:
        """The title of what the profiles stand on."""
        return self._backend.framework

    def limitation(self, profile: Profile) -> Optional[str]:
        """Return what of a profile the backend cannot do, None if it can do all."""
        return self._backend.limitation(profile)

    def read(self) -> Dict[Key, Entry]:
        framework, profiles = self._backend.read()
        found: Dict[Key, Entry] = {}
        for title in PARAMETERS:
            parameter = Parameter(title, self._sysctls.read(title))
            found[parameter.key] = parameter
        if framework is not None:
            found[framework.key] = framework
        for profile in profiles:
            found[profile.key] = profile
        return found

    def apply(self, operations: Sequence[Step]) -> List[Optional[Refusal]]:
        """Write; the profiles change as a whole or not at all."""
        answers: List[Optional[Refusal]] = []
        for operation in operations:
            if isinstance(operation.subject, Parameter):
                answers.append(self._set(operation))
        rest = [each for each in operations if not isinstance(each.subject, Parameter)]
        if not rest:
            return answers
        refusal = self._backend.commit(rest)
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
