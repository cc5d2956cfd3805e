# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging profiles."""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from typing import Any, Dict, Mapping

from .._converge.collector import collector_paused
from .._converge.runner import converge
from .._kernel.conntrack import Conntrack
from .._kernel.lock import exclusive
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.routing import is_local
from .._kernel.sysctl import Sysctls
from .._kernel.termination import termination_as_error
from .backends import NFTABLES, open_backend
from .declared import Declaration, read_declaration
from .driver import DnatDriver
from .plan import IsLocal, arrange, desired_entries

TITLE = "DNAT"


def converge_profiles(params: Mapping[str, Any], check: bool, with_diff: bool) -> Dict[str, Any]:
    """Converge the profiles that a module's parameters declare; return the module's result.

    Raises EdgeError; then the kernel is as it was, or the error says what could not be undone.
    """
    declaration = read_declaration(params)
    with ExitStack() as stack:
        stack.enter_context(collector_paused())
        stack.enter_context(termination_as_error())
        stack.enter_context(network_namespace(params.get("netns")))
        # Reading a table needs it too.
        require_capability(CAP_NET_ADMIN, "nftables")
        backend = stack.enter_context(open_backend(NFTABLES))
        if not check:
            stack.enter_context(exclusive("dnat"))
        driver = DnatDriver(backend, Sysctls(), Conntrack, flushes_of(declaration))
        return run(driver, declaration, lru_cache(maxsize=None)(is_local), check, with_diff)


def run(
    driver: DnatDriver, declaration: Declaration, local: IsLocal, check: bool, with_diff: bool
) -> Dict[str, Any]:
    """Converge with this driver; return the module's result."""
    outcome = converge(
        driver,
        lambda have: desired_entries(declaration, driver.framework, have, local),
        arrange,
        check,
    )
    result = outcome.as_result(TITLE, with_diff)
    if driver.warnings:
        result["warnings"] = list(driver.warnings)
    return result


def flushes_of(declaration: Declaration) -> Dict[str, str]:
    """Return by title of profile which connections go with its destinations."""
    return {declared.title: declared.flush for declared in declaration.profiles}
