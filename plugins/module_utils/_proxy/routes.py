# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging routes, draining their targets where that is declared."""

from __future__ import annotations

import time
from typing import Any, Collection, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from .._converge.collector import collector_paused
from .._converge.draining import DrainTimeout, with_undone
from .._converge.errors import EdgeError
from .._converge.waiting import Clock
from .._kernel.termination import termination_as_error
from .absent import AbsentProxy
from .declared.route import (
    DRAINED,
    FAIL,
    FORCE,
    DeclaredRoute,
    RoutesDeclared,
    read_routes,
)
from .draining import Drained, TargetId, too_slow, wait_until_drained
from .driver import Api, Outcome, ProxyDriver, converged
from .model import ROUTE, Batch, Change, Entry
from .opening import open_socket, purge_of
from .targets import drained, names_of_targets

TITLE = "routes of the proxy"
CLOCK = Clock(time.monotonic, time.sleep)


def converge_routes(
    params: Mapping[str, Any], check: bool, with_diff: bool, clock: Clock = CLOCK
) -> Dict[str, Any]:
    """Converge the routes that a module's parameters declare; return the module's result.

    Raises EdgeError; then the proxy has what it had, or the error says what could not be undone.
    """
    with collector_paused(), termination_as_error():
        declared = read_routes(params)
        api = open_socket(params, check)
        task = RoutesTask(declared, ProxyDriver(api))
        waited: List[Drained] = []
        if check or not task.drains:
            outcome = converged(task.proxy, task.batch, check)
        else:
            outcome, waited = _converge_draining(task, api, clock)
    result = outcome.as_result(TITLE, with_diff)
    if isinstance(api, AbsentProxy):
        result["warnings"] = [api.warning]
    return dict(result, drained=[each.as_result() for each in waited])


class RoutesTask:
    """A task about routes: what is declared, and the changes that it takes at a running proxy."""

    def __init__(self, declared: RoutesDeclared, proxy: ProxyDriver) -> None:
        self.declared = declared
        self.proxy = proxy
        self._drained = [entry for entry in declared.routes if declared.drains(entry)]

    @property
    def drains(self) -> bool:
        """Whether the task may have to wait."""
        return bool(self._drained)

    def batch(self, quiet: Collection[str] = ()) -> Batch:
        """Return all that is declared; routes in ``quiet`` stay for now, all targets draining."""
        declared = self.declared
        purges, purged_at = purge_of(self.proxy, ROUTE, declared.owner, declared.purge)
        read_at, present = self._present()
        changes = [
            _change(declared, entry, present.get(entry.name), entry.name in quiet)
            for entry in declared.routes
        ]
        made = tuple(change for change in changes if change is not None)
        revisions = [each for each in (purged_at, read_at) if each is not None]
        return Batch(ROUTE, made, purges, declared.labels, min(revisions, default=None))

    def targets(self) -> List[TargetId]:
        """Return the targets that exist and are to be drained."""
        _revision, present = self._present()
        return [
            TargetId(entry.name, target)
            for entry in self._drained
            if entry.name in present
            for target in _drained_targets(entry, present[entry.name])
        ]

    def leaving(self) -> Set[str]:
        """Return the routes that go after a drain."""
        return {entry.name for entry in self._drained if entry.state != DRAINED}

    def _present(self) -> Tuple[Optional[int], Dict[str, Entry]]:
        if not self._drained:
            return None, {}
        revision, found = self.proxy.read(ROUTE, [entry.name for entry in self._drained])
        return revision, {entry.id: entry for entry in found}


def _change(
    declared: RoutesDeclared, entry: DeclaredRoute, present: Optional[Entry], quiet: bool
) -> Optional[Change]:
    if entry.state != DRAINED and not quiet:
        return declared.change(entry)
    if present is None:
        return None
    document = drained(present.document, _drained_targets(entry, present))
    return Change(ROUTE, entry.name, document)


def _drained_targets(entry: DeclaredRoute, present: Entry) -> Sequence[str]:
    there = names_of_targets(present.document)
    if entry.state != DRAINED:
        return there
    return [target for target in entry.targets if target in there]


def _converge_draining(task: RoutesTask, api: Api, clock: Clock) -> Tuple[Outcome, List[Drained]]:
    draining = task.declared.draining
    leaving = task.leaving()
    try:
        task.proxy.converge(lambda: task.batch(leaving))
        waited = wait_until_drained(api, task.targets(), draining.timeout, clock)
        late = [each for each in waited if each.timed_out]
        if late and draining.on_timeout == FAIL:
            undone, kept = task.proxy.undo()
            raise DrainTimeout(too_slow(late, draining.timeout, kept), waited, undone, kept)
        staying = set() if draining.on_timeout == FORCE else {each.target.route for each in late}
        if leaving - staying:
            task.proxy.converge(lambda: task.batch(leaving & staying))
    except DrainTimeout:
        raise
    except (EdgeError, OSError) as error:
        raise with_undone(error, *task.proxy.undo()) from None
    except BaseException:
        task.proxy.undo()
        raise
    return Outcome(task.proxy.made), waited
