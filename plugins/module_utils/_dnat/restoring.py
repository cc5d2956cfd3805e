# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Profiles as a record has them: brought back, compared, withdrawn.

Only what is recorded is touched. The kernel parameters that profiles need are set again; they stay
when profiles are withdrawn, for others may need them too.
"""

from __future__ import annotations

from typing import Iterable, List, Tuple

from .._converge.collector import collector_paused
from .._converge.runner import Outcome
from .._kernel.termination import termination_as_error
from .declared import Declaration
from .host import open_host
from .model import Entry
from .record import RecordedProfile, declaration_of


def restore_profiles(
    backend: str, entries: Iterable[RecordedProfile], check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    """Make the kernel have the recorded profiles, in the current network namespace.

    Returns warnings beside the outcome. Raises EdgeError; then the kernel is as it was, or the
    error says what could not be undone.
    """
    return _converge(declaration_of(entries), backend, check)


def withdraw_profiles(
    backend: str, entries: Iterable[RecordedProfile], check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    """Remove the recorded profiles."""
    return _converge(declaration_of(entries, absent=True), backend, check)


def _converge(
    declaration: Declaration, backend: str, check: bool
) -> Tuple[Outcome[Entry], List[str]]:
    with collector_paused(), termination_as_error(), open_host(backend, declaration, check) as host:
        outcome = host.converge(check)
        return outcome, host.warnings
