# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging profiles."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import lru_cache
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from .._converge.collector import collector_paused
from .._converge.plan import Desired, Plan
from .._converge.resource import Operation
from .._converge.runner import Outcome, converge, revert
from .._kernel.conntrack import Conntrack
from .._kernel.lock import exclusive
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.sysctl import Sysctls
from .._kernel.termination import termination_as_error
from .._record.keeping import Keeper, Runtime
from .._record.store import Store
from .backends import NFTABLES, open_backend
from .declared import Declaration, read_declaration
from .driver import DnatDriver
from .importing import with_imported
from .model import Entry, Framework, Profile
from .plan import IsLocal, arrange, desired_entries
from .ports import is_local
from .record import RecordedProfile, RecordTable, desired_record, form_of

TITLE = "DNAT"


def converge_profiles(
    params: Mapping[str, Any], check: bool, with_diff: bool, store: Optional[Store] = None
) -> Dict[str, Any]:
    """Converge the profiles that a module's parameters declare; return the module's result.

    Raises EdgeError; then kernel and record are as they were, or the error says what could not be
    undone.
    """
    params, complaints = with_imported(params)
    declaration = read_declaration(params)
    keeper = Keeper(form_of(NFTABLES), params, store or Store())

    def record(_seen: Any) -> Callable[[RecordTable], Desired[RecordedProfile]]:
        return lambda have: desired_record(declaration, have)

    with ExitStack() as stack:
        stack.enter_context(collector_paused())
        stack.enter_context(termination_as_error())
        if not keeper.parts.runtime:
            recorded = keeper.run(check, None, record).as_result(TITLE, with_diff)
            return _with_warnings(recorded, complaints)
        stack.enter_context(network_namespace(params.get("netns")))
        host = stack.enter_context(open_host(NFTABLES, declaration, check))

        def converge_recordable() -> Outcome[Entry]:
            # Connections that go with a profile do not come back: refuse before, not after.
            desired_record(declaration, keeper.have)
            return host.converge(check)

        done = keeper.run(check, Runtime(converge_recordable, host.take_back), record)
        return _with_warnings(done.as_result(TITLE, with_diff), complaints + host.warnings)


class Host:
    """The profiles of this host, as one declaration sees them."""

    def __init__(self, driver: DnatDriver, declaration: Declaration, local: IsLocal) -> None:
        self._driver = driver
        self._declaration = declaration
        self._local = local

    def converge(self, check: bool) -> Outcome[Entry]:
        """Bring the host's profiles to the declaration, or, in check, only predict it."""
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

    Raises Unavailable when the host lacks the backend, or the process the right to read it.
    """
    # Reading a table needs it too.
    require_capability(CAP_NET_ADMIN, backend)
    with ExitStack() as stack:
        opened = stack.enter_context(open_backend(backend))
        if not check:
            stack.enter_context(exclusive("dnat"))
        driver = DnatDriver(opened, Sysctls(), Conntrack, flushes_of(declaration))
        yield Host(driver, declaration, lru_cache(maxsize=None)(is_local))


def run(
    driver: DnatDriver, declaration: Declaration, local: IsLocal, check: bool, with_diff: bool
) -> Dict[str, Any]:
    """Converge with this driver; return the module's result."""
    host = Host(driver, declaration, local)
    result = host.converge(check).as_result(TITLE, with_diff)
    return _with_warnings(result, host.warnings)


def flushes_of(declaration: Declaration) -> Dict[str, str]:
    """Return by title of profile which connections go with its destinations."""
    return {declared.title: declared.flush for declared in declaration.profiles}


def _with_warnings(result: Dict[str, Any], warnings: List[str]) -> Dict[str, Any]:
    return dict(result, warnings=warnings) if warnings else result


def _undamaged(operation: Operation[Entry]) -> Operation[Entry]:
    before = operation.before
    if isinstance(before, (Profile, Framework)):
        before = before._replace(damage=())
    return Operation(before, operation.after)
