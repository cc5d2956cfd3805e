# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual addresses as a record has them: taken again, compared, given up.

Only what is recorded is touched.
"""

from __future__ import annotations

from typing import Iterable, List, Tuple

from .._converge.runner import Outcome
from .._kernel.lock import sole_writer
from .._kernel.termination import termination_as_error
from .addresses import LOCK, open_host
from .model import VirtualAddress
from .record import RecordedAddress, declaration_of


def restore_addresses(
    entries: Iterable[RecordedAddress], check: bool
) -> Tuple[Outcome[VirtualAddress], List[str]]:
    """Take the recorded addresses in the current network namespace, and announce them.

    Returns warnings beside the outcome. Raises EdgeError; then the kernel is as it was, or the
    error says what could not be undone.
    """
    return _converge(entries, False, check)


def withdraw_addresses(
    entries: Iterable[RecordedAddress], check: bool
) -> Tuple[Outcome[VirtualAddress], List[str]]:
    """Give the recorded addresses up."""
    return _converge(entries, True, check)


def _converge(
    entries: Iterable[RecordedAddress], absent: bool, check: bool
) -> Tuple[Outcome[VirtualAddress], List[str]]:
    declaration = declaration_of(entries, absent)
    with termination_as_error(), open_host(check) as host:
        with sole_writer(LOCK, check):
            outcome = host.converge(declaration, check)
        return outcome, [] if check else host.announce(declaration, outcome)
