# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether IPVS is in the kernel, asked without bringing it in."""

from __future__ import annotations

import os

_TABLE = "/proc/thread-self/net/ip_vs"


def ipvs_is_loaded(table: str = _TABLE) -> bool:
    """Tell whether the current network namespace has IPVS.

    Asking for its netlink family instead would load it: the kernel looks for a module of that
    family by itself (net/netlink/genetlink.c, ctrl_getfamily).
    """
    return os.path.exists(table)
