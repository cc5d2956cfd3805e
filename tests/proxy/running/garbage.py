# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What only the garbage collector would find, in a process where a worker runs."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from running.proxy import Proxy


@contextmanager
def left_to_the_collector(proxy: Proxy) -> Iterator[list[object]]:
    """Have a list that, after the block, names the types of what it left in cycles."""
    found: list[object] = []

    async def collect() -> None:
        # What the loop was about to let go goes first.
        gc.collect()

    proxy.run(collect())
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        yield found
        proxy.run(collect())
        found += [type(one).__name__ for one in gc.garbage]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
