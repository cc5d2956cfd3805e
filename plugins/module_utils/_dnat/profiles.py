# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging profiles: a module's parameters in, its result out."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Callable, Dict, List, Mapping, Optional

from .._converge.collector import collector_paused
from .._converge.plan import Desired
from .._converge.resource import State
from .._converge.runner import Outcome
from .._kernel.netns import network_namespace
from .._kernel.termination import termination_as_error
from .._record.keeping import Keeper, Runtime
from .._record.store import Store
from .backends import chosen_backend
from .declared import read_declaration
from .host import open_host
from .importing import with_imported
from .model import AUTO, Entry
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
    with collector_paused():
        declaration = read_declaration(params)
    wish = params.get("backend")

    def record(_seen: State[Entry]) -> Callable[[RecordTable], Desired[RecordedProfile]]:
        return lambda have: desired_record(declaration, have)

    with ExitStack() as stack:
        stack.enter_context(collector_paused())
        stack.enter_context(termination_as_error())
        # A namespace may come up at boot only; what the host uses can be seen inside alone.
        if params.get("runtime") is not False or wish == AUTO:
            stack.enter_context(network_namespace(params.get("netns")))
        backend = chosen_backend(wish)
        keeper = Keeper(form_of(backend), params, store or Store())
        if not keeper.parts.runtime:
            done = keeper.run(check, None, record)
            return _result(done.as_result(TITLE, with_diff), backend, complaints)
        host = stack.enter_context(open_host(backend, declaration, check))

        def converge_recordable() -> Outcome[Entry]:
            # Connections that go with a profile do not come back: refuse before, not after.
            desired_record(declaration, keeper.have)
            return host.converge(check)

        done = keeper.run(check, Runtime(converge_recordable, host.take_back), record)
        return _result(done.as_result(TITLE, with_diff), backend, complaints + host.warnings)


def _result(result: Dict[str, Any], backend: str, warnings: List[str]) -> Dict[str, Any]:
    found = dict(result, backend=backend)
    return dict(found, warnings=warnings) if warnings else found
