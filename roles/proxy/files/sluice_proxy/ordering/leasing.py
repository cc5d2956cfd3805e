# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Work that one node of a fleet does at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

from ..fleet.shared import Lease, LeaseLost, Shared, Unreachable

SECONDS = 30.0
"""How long a lease lasts: after so long another node goes on with what a dead one began."""
EVERY = 10.0
"""Seconds after which it is renewed."""
AGAIN = 2.0
"""Seconds after which that is tried again while the store cannot be reached."""
RELEASING = 5.0
"""Seconds for which it is tried to give a lease back."""

T = TypeVar("T")


class HeldElsewhere(RuntimeError):
    """Another node is at it."""


async def under_lease(
    shared: Shared, name: str, holder: str, work: Callable[[Lease], Awaitable[T]]
) -> T:
    """Return what ``work`` returns, which is done under a lease that is renewed beside it.

    When the lease is lost, ``work`` is cancelled and LeaseLost raised; it is lost too when it could
    not be renewed in time. Raises HeldElsewhere and Unreachable when there is none.
    """
    lease = await shared.lease(name, holder, SECONDS)
    if lease is None:
        raise HeldElsewhere(name)
    doing = asyncio.ensure_future(work(lease))
    holding = asyncio.ensure_future(_hold(shared, lease))
    try:
        await asyncio.wait({doing, holding}, return_when=asyncio.FIRST_COMPLETED)
        return doing.result() if doing.done() else holding.result()
    finally:
        await _end(holding)
        await _end(doing)
        with suppress(Unreachable, TimeoutError):
            async with asyncio.timeout(RELEASING):
                await shared.release(lease)


async def _hold(shared: Shared, lease: Lease) -> NoReturn:
    """Renew a lease for ever; raises LeaseLost."""
    clock = asyncio.get_running_loop().time
    ends = clock() + SECONDS
    pause = EVERY
    while True:
        await asyncio.sleep(pause)
        begun = clock()
        try:
            async with asyncio.timeout(max(ends - begun, 0.0)):
                await shared.renew(lease, SECONDS)
        except (Unreachable, TimeoutError) as error:
            if clock() + AGAIN >= ends:
                raise LeaseLost(f"the lease {lease.name} could not be renewed in time") from error
            pause = AGAIN
        else:
            ends, pause = begun + SECONDS, EVERY


async def _end(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait for its end; what it raises was told already, or is of no use."""
    task.cancel()
    await asyncio.wait({task})
    if not task.cancelled():
        task.exception()
