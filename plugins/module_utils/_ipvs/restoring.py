# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Services and servers as a record has them: brought back, compared, withdrawn.

Only what is recorded is touched, and the servers of services that are recorded with all of theirs.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Dict, Iterable, List, Tuple

from .._converge.collector import collector_paused
from .._converge.plan import Desired
from .._converge.resource import Key
from .._converge.runner import Outcome, converge
from .._kernel.lock import sole_writer
from .._kernel.termination import termination_as_error
from .access import LOCK, open_ipvs
from .driver import IpvsDriver
from .model import Entry, Server, Table, service_of
from .plan import arrange
from .record import RecordEntry, complete_services, plain


def restore_services(
    entries: Iterable[RecordEntry], check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    """Make the kernel have the recorded entries, in the current network namespace.

    Returns warnings, of which there are none, beside the outcome. Raises EdgeError; then the
    kernel is as it was, or the error says what could not be undone.
    """
    table: Dict[Key, RecordEntry] = {entry.key: entry for entry in entries}
    complete = complete_services(table)
    wanted = plain(table)

    def doomed(entry: Entry) -> bool:
        return isinstance(entry, Server) and entry.key.service in complete

    return _converge(wanted, Desired(wanted, doomed), check)


def withdraw_services(
    entries: Iterable[RecordEntry], check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    """Remove the recorded services, with all of their servers."""
    table: Dict[Key, RecordEntry] = {entry.key: entry for entry in entries}
    recorded = plain(table)
    services = {service_of(entry) for entry in recorded.values()}
    return _converge(recorded, Desired({}, lambda entry: service_of(entry) in services), check)


def _converge(
    recorded: Table, desired: Desired[Entry], check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    named = {service_of(entry) for entry in recorded.values()}
    with collector_paused(), termination_as_error(), ExitStack() as stack:
        transport = stack.enter_context(open_ipvs(check))
        stack.enter_context(sole_writer(LOCK, check))
        driver = IpvsDriver(transport, named)
        return converge(driver, lambda _have: desired, arrange, check), []
