# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The garbage collector while very many values are made, of which none is garbage."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused(*, kept: bool = False) -> Iterator[None]:
    """Keep the garbage collector from going through new values, all in use, again and again.

    With ``kept`` it does not do so afterwards either, when it would hold up everything for a
    quarter of a second: what is made is in use for long, and free of cycles, so that it goes
    without the collector. What else is garbage at this moment must be little, and is kept too.
    """
    was_on = gc.isenabled()
    if kept:
        gc.collect(1)
    gc.disable()
    try:
        yield
        if kept:
            gc.freeze()
    finally:
        if was_on:
            gc.enable()
