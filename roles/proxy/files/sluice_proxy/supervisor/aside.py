# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long work beside the loop, which serves meanwhile."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

TURN = 0.0001
"""Seconds after which the work lets the loop go on when that has something to do."""

P = ParamSpec("P")
T = TypeVar("T")


async def aside(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what ``work`` returns, which runs in a thread and has to be safe there.

    One at a time: threads of Python share one interpreter, and how often it changes hands is set
    for all of them.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    finally:
        sys.setswitchinterval(usual)
