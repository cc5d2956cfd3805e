# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How long work takes, told alike for both sides of a comparison."""

from __future__ import annotations

import gc
import time
from typing import Callable


def timed(work: Callable[..., object], *arguments: object) -> float:
    """Return the seconds that ``work`` takes; garbage of before is collected first."""
    gc.collect()
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start
