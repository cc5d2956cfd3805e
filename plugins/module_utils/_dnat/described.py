# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A profile as the options that declare it: the way back from model to module. Pure."""

from __future__ import annotations

from typing import Any, Dict, List

from .._inet.address import parse_address
from .model import Destination, Profile


def describe_profile(profile: Profile) -> Dict[str, Any]:
    """Return the options that declare a profile, with each default that it has."""
    found: Dict[str, Any] = {
        "name": profile.title,
        "address": profile.address,
        "port": profile.port,
        "protocol": profile.protocol,
        "side": profile.side,
        "destinations": [
            {"address": entry.address, "port": entry.port, "weight": entry.weight}
            for entry in ordered_destinations(profile)
        ],
        "balancing": profile.balancing,
        "affinity": profile.affinity,
        "masquerade": profile.masquerade,
        "on_empty": profile.on_empty,
    }
    if profile.sources:
        found["sources"] = list(profile.sources)
    if profile.log is not None:
        found["log"] = True
        found["log_prefix"] = profile.log.prefix
        found["log_level"] = profile.log.level
        found["log_rate"] = "%d/%s" % (profile.log.rate, profile.log.per)
    if profile.comment:
        found["comment"] = profile.comment
    return found


def ordered_destinations(profile: Profile) -> List[Destination]:
    """Return the destinations by address, then port."""
    return sorted(
        profile.destinations, key=lambda entry: (parse_address(entry.address), entry.port)
    )
