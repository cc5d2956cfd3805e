# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging profiles."""

from __future__ import annotations

from contextlib import ExitStack
from functools import lru_cache
from typing import Any, Dict, List, Mapping

from .._converge.collector import collector_paused
from .._converge.runner import converge
from .._kernel.conntrack import Conntrack
from .._kernel.lock import exclusive
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .._kernel.sysctl import Sysctls
from .._kernel.termination import termination_as_error
from .backends import chosen_backend, held_elsewhere, open_backend
from .declared import Declaration, read_declaration
from .driver import DnatDriver
from .model import HOOKS, Profile, spell
from .plan import IsLocal, arrange, desired_entries
from .ports import is_local

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
        require_capability(CAP_NET_ADMIN, "destination NAT")
        name = chosen_backend(params.get("backend"))
        backend = stack.enter_context(open_backend(name))
        if not check:
            stack.enter_context(exclusive("dnat"))
        driver = DnatDriver(backend, Sysctls(), Conntrack, flushes_of(declaration))
        refuse_held(declaration, held_elsewhere(name))
        result = run(driver, declaration, lru_cache(maxsize=None)(is_local), check, with_diff)
        return dict(result, backend=name)


def run(
    driver: DnatDriver, declaration: Declaration, local: IsLocal, check: bool, with_diff: bool
) -> Dict[str, Any]:
    """Converge with this driver; return the module's result."""
    for declared in declaration.profiles:
        reason = driver.limitation(declared.profile) if declared.profile is not None else None
        if reason is not None:
            raise declared.item.error(reason)
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


def refuse_held(declaration: Declaration, held: Mapping[str, List[Profile]]) -> None:
    """Raise InvalidInput for a profile whose name or packets another backend has already."""
    for other, profiles in held.items():
        by_title = {profile.title: profile for profile in profiles}
        taken = {(each.selector, hook): each for each in profiles for hook in HOOKS[each.side]}
        for declared in declaration.profiles:
            profile = declared.profile
            if profile is None:
                continue
            hooks = HOOKS[profile.side]
            found = by_title.get(profile.title)
            for hook in hooks:
                found = found or taken.get((profile.selector, hook))
            if found is not None:
                raise declared.item.error(
                    "backend %s holds dnat profile %s for %s %s already: remove it there first "
                    "(backend: %s, state: absent), or use backend: %s"
                    % (
                        other,
                        found.title,
                        found.protocol,
                        spell(found.address, found.port),
                        other,
                        other,
                    )
                )


def flushes_of(declaration: Declaration) -> Dict[str, str]:
    """Return by title of profile which connections go with its destinations."""
    return {declared.title: declared.flush for declared in declaration.profiles}
