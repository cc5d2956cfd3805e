# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What legacy xtables cannot do for a profile. Pure."""

from __future__ import annotations

from typing import Optional

from ..model import Profile
from .wire.extensions import LIMIT_SCALE, PREFIX_BYTES

SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}


def limitation(profile: Profile) -> Optional[str]:
    """Return what of the profile cannot be had and what to do instead, None if all can."""
    log = profile.log
    if log is not None:
        size = len(log.prefix.encode("utf-8"))
        if size > PREFIX_BYTES:
            return "log_prefix has %d bytes, and iptables keeps %d at most" % (size, PREFIX_BYTES)
        if log.rate > LIMIT_SCALE * SECONDS[log.per]:
            return "log_rate must be at most %d/second on iptables" % LIMIT_SCALE
    return None
