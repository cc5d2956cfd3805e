# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asking again and again, over an upgrade of the proxy."""

from __future__ import annotations

import time

from ..ending import NotReachable
from .api import Api, Json

PATIENCE = 30.0
"""Seconds that the proxy may not answer for, as in an upgrade."""


def status_in_time(api: Api, pause: float, end: float | None = None) -> Json:
    """Return the status, which a proxy that is being upgraded may not tell at once.

    It is asked for each ``pause`` seconds, for PATIENCE, and not after ``end``, by the monotonic
    clock; raises NotReachable then.
    """
    last = time.monotonic() + PATIENCE
    if end is not None:
        last = min(last, end)
    while True:
        try:
            return api.status()
        except NotReachable:
            if time.monotonic() >= last:
                raise
        time.sleep(pause)
