# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging virtual addresses, and telling the neighbours about the new ones."""

from __future__ import annotations

import math
import time
from contextlib import ExitStack, contextmanager
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from .._converge.plan import Desired
from .._converge.resource import Key, State
from .._converge.runner import Outcome, converge, revert
from .._inet.address import IPV6
from .._kernel.lock import sole_writer
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.rtnetlink import Rtnetlink
from .._kernel.sysctl import Sysctls
from .._kernel.termination import termination_as_error
from .._record.keeping import Keeper, Runtime
from .._record.store import Store
from .announce import Announcement
from .declared import Declaration, read_declaration
from .desired import desired_addresses
from .driver import VipDriver
from .model import Manner, VirtualAddress
from .plan import arrange
from .ports import Kernel, Neighbours, Parameters, RealNeighbours
from .record import FORM, RecordedAddress, RecordTable, desired_record

TITLE = "virtual addresses"
LOCK = "vip"
"""The kind of lock (_kernel/lock.py) that everything holds that writes addresses."""


def converge_addresses(
    params: Mapping[str, Any], check: bool, with_diff: bool, store: Optional[Store] = None
) -> Dict[str, Any]:
    """Converge the addresses that a module's parameters declare; return the module's result.

    Raises EdgeError; then kernel and record are as they were, or the error says what could not be
    undone.
    """
    declaration = read_declaration(params)
    keeper = Keeper(FORM, params, store or Store())

    def record(seen: State[VirtualAddress]) -> Callable[[RecordTable], Desired[RecordedAddress]]:
        return lambda have: desired_record(declaration, have, seen)

    with ExitStack() as stack:
        stack.enter_context(termination_as_error())
        if not keeper.parts.runtime:
            return keeper.run(check, None, record).as_result(TITLE, with_diff)
        stack.enter_context(network_namespace(params.get("netns")))
        host = stack.enter_context(open_host(check))
        runtime = Runtime(lambda: host.converge(declaration, check), host.take_back)
        with sole_writer(LOCK, check):
            done = keeper.run(check, runtime, record)
        warnings: List[str] = []
        if done.outcome is not None and not check:
            warnings = host.announce(declaration, done.outcome)
    result = done.as_result(TITLE, with_diff)
    if warnings:
        result["warnings"] = warnings
    return result


@contextmanager
def open_host(check: bool) -> Iterator[Host]:
    """Open the current network namespace's addresses; raises Unavailable without the right."""
    if not check:
        require_capability(CAP_NET_ADMIN, "vip")
    with Rtnetlink() as kernel:
        yield Host(kernel, Sysctls(), RealNeighbours())


class Host:
    """This host as virtual addresses see it."""

    def __init__(self, kernel: Kernel, sysctls: Parameters, neighbours: Neighbours) -> None:
        self._kernel = kernel
        self._sysctls = sysctls
        self._neighbours = neighbours

    def converge(self, declaration: Declaration, check: bool) -> Outcome[VirtualAddress]:
        """Bring the host's addresses to the declaration, or, in check, only predict it."""
        driver = VipDriver(self._kernel, self._sysctls, self._neighbours, _manners(declaration))
        looks: List[float] = []

        def declare(have: State[VirtualAddress]) -> Desired[VirtualAddress]:
            looks.append(time.monotonic())
            elapsed = math.ceil(looks[-1] - looks[0])
            return desired_addresses(declaration, have, driver.interfaces.keys(), elapsed)

        return converge(driver, declare, arrange, check)

    def take_back(self, outcome: Outcome[VirtualAddress]) -> None:
        """Bring the addresses that an outcome changed back to what had been there."""
        driver = VipDriver(self._kernel, self._sysctls, self._neighbours, {})
        revert(driver, outcome, arrange)

    def announce(self, declaration: Declaration, outcome: Outcome[VirtualAddress]) -> List[str]:
        """Announce the addresses that are new; return warnings, for they are in place anyway."""
        manners = _manners(declaration)
        taken = [
            operation.after
            for operation in outcome.plan
            if operation.after is not None
            and (operation.before is None or operation.before.duplicate)
            and manners[operation.after.key].announce_count
        ]
        if not taken:
            return []
        links = {link.name: link for link in self._kernel.links()}
        announcements = []
        for entry in taken:
            link = links.get(entry.interface)
            if link is not None and link.resolves and link.carries:
                manner = manners[entry.key]
                announcements.append(
                    Announcement(
                        link,
                        entry.address,
                        manner.announce_count,
                        manner.announce_interval,
                        self._is_router(entry),
                    )
                )
        try:
            self._neighbours.announce(announcements)
        except OSError as error:
            return ["the new addresses are in place, but not announced: %s" % error]
        return []

    def _is_router(self, entry: VirtualAddress) -> bool:
        if entry.address.family != IPV6:
            return False
        return self._sysctls.read("net/ipv6/conf/%s/forwarding" % entry.interface) == "1"


def _manners(declaration: Declaration) -> Dict[Key, Manner]:
    return {declared.entry.key: declared.manner for declared in declaration.addresses}
