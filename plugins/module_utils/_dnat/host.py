# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""This host's profiles as one declaration sees them: converged, and taken back."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Dict, Iterator, List, Mapping

from .._converge.plan import Plan
from .._converge.resource import Operation
from .._converge.runner import Outcome, converge, revert
from .._kernel.conntrack import Conntrack
from .._kernel.lock import sole_writer
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.routing import is_local
from .._kernel.sysctl import Sysctls
from .backends import held_elsewhere, open_backend
from .declared import Declaration
from .driver import DnatDriver
from .model import Entry, Framework, Profile
from .plan import IsLocal, arrange, desired_entries, refuse_held


class Host:
    """The profiles of this host, as one declaration sees them."""

    def __init__(self, driver: DnatDriver, declaration: Declaration, local: IsLocal) -> None:
        self._driver = driver
        self._declaration = declaration
        self._local = local

    def converge(self, check: bool) -> Outcome[Entry]:
        """Bring the host's profiles to the declaration, or, in check, only predict it.

        Raises InvalidInput for a profile that the backend cannot hold.
        """
        for declared in self._declaration.profiles:
            if declared.profile is not None:
                reason = self._driver.limitation(declared.profile)
                if reason is not None:
                    raise declared.item.error(reason)
        return converge(
            self._driver,
            lambda have: desired_entries(
                self._declaration, self._driver.framework, have, self._local
            ),
            arrange,
            check,
        )

    def take_back(self, outcome: Outcome[Entry]) -> None:
        """Bring the profiles that an outcome changed back to what had been there.

        Damage that was mended stays mended. Connections that were cut do not come back.
        """
        stages = tuple(tuple(_undamaged(each) for each in stage) for stage in outcome.plan.stages)
        revert(self._driver, Outcome(outcome.observed, Plan(stages)), arrange)

    @property
    def warnings(self) -> List[str]:
        """What did not work, but undoes nothing."""
        return list(self._driver.warnings)


@contextmanager
def open_host(backend: str, declaration: Declaration, check: bool) -> Iterator[Host]:
    """Open this host's profiles in the current network namespace, for one writer at a time.

    Raises Unavailable when the host lacks the backend, or the process the right to read it, and
    InvalidInput for a profile that another backend holds.
    """
    # Reading a table needs it too.
    require_capability(CAP_NET_ADMIN, "destination NAT")
    with ExitStack() as stack:
        opened = stack.enter_context(open_backend(backend, writes=not check))
        stack.enter_context(sole_writer("dnat", check))
        refuse_held(declaration, held_elsewhere(backend))
        driver = DnatDriver(opened, Sysctls(), Conntrack, flushes_of(declaration))
        yield Host(driver, declaration, lru_cache(maxsize=None)(is_local))


def flushes_of(declaration: Declaration) -> Mapping[str, str]:
    """Return by title of profile which connections go with its destinations."""
    flushes: Dict[str, str] = {each.title: each.flush for each in declaration.profiles}
    return flushes


def _undamaged(operation: Operation[Entry]) -> Operation[Entry]:
    before = operation.before
    if isinstance(before, (Profile, Framework)):
        before = before._replace(damage=())
    return Operation(before, operation.after)
