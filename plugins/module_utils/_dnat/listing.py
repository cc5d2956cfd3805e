# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing profiles as declarations, with what was counted for each destination beside them."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from .._converge.errors import InvalidInput
from .._kernel.netns import network_namespace
from .._kernel.preflight import CAP_NET_ADMIN, require_capability
from .backends import chosen_backend, open_backend
from .described import describe_profile, ordered_destinations
from .model import Profile
from .ports import Backend, Counted


def list_profiles(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the profiles that a module's parameters select; reads only.

    Raises InvalidInput for the name of a profile that does not exist.
    """
    name = params.get("name")
    with network_namespace(params.get("netns")):
        require_capability(CAP_NET_ADMIN, "destination NAT")
        chosen = chosen_backend(params.get("backend"))
        with open_backend(chosen, writes=False) as backend:
            found = describe(backend, None if name is None else str(name))
        return dict(found, backend=chosen)


def describe(backend: Backend, only: Optional[str] = None) -> Dict[str, Any]:
    """Return the result's keys for the profiles of a backend, or for one of them.

    Raises InvalidInput for the name of a profile that does not exist.
    """
    framework, found = backend.read()
    profiles = [profile for profile in found if only in (None, profile.title)]
    profiles.sort(key=lambda profile: profile.title)
    if only is not None and not profiles:
        raise InvalidInput("dnat profile %s does not exist on this host" % only)
    return {
        "profiles": [describe_profile(profile) for profile in profiles],
        "details": [_detail(profile, backend.counted(profile)) for profile in profiles],
        "damage": [] if framework is None else list(framework.damage),
    }


def _detail(profile: Profile, counted: Counted) -> Dict[str, Any]:
    destinations = []
    for entry in ordered_destinations(profile):
        packets, size = counted.get((entry.address, entry.port), (0, 0))
        destinations.append(
            {
                "address": entry.address,
                "port": entry.port,
                "weight": entry.weight,
                "packets": packets,
                "bytes": size,
            }
        )
    return {
        "name": profile.title,
        "family": profile.family,
        "destinations": destinations,
        "packets": sum(entry["packets"] for entry in destinations),
        "bytes": sum(entry["bytes"] for entry in destinations),
        "damage": list(profile.damage),
    }
