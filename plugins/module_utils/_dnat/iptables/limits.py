# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What legacy xtables cannot do for a profile. Pure."""

from __future__ import annotations

from typing import Optional

from ..model import SOURCE_HASH, Profile
from ..shares import slot_count
from .wire.extensions import LIMIT_SCALE, MOST_NODES, PREFIX_BYTES

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def limitation(profile: Profile) -> Optional[str]:
    """Return what of the profile cannot be had and what to do instead, None if all can."""
    slots = slot_count(tuple([entry.weight for entry in profile.destinations]))
    if profile.balancing == SOURCE_HASH and slots > MOST_NODES:
        return (
            "the weights need %d slots, and source_hash on iptables has %d at most: use smaller "
            "numbers with a common factor, or balancing: random" % (slots, MOST_NODES)
        )
    log = profile.log
    if log is not None:
        size = len(log.prefix.encode("utf-8"))
        if size > PREFIX_BYTES:
            return "log_prefix has %d bytes, and iptables keeps %d at most" % (size, PREFIX_BYTES)
        if log.rate > LIMIT_SCALE * SECONDS[log.per]:
            return "log_rate must be at most %d/second on iptables" % LIMIT_SCALE
    return None
