# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work under a lease, which is renewed beside it."""

from __future__ import annotations

import asyncio

import pytest
from running.shared_in_memory import SharedInMemory, records_in_memory
from running.virtual_time import now, pass_time
from sluice_proxy.fleet.shared import Lease, LeaseLost, Unreachable
from sluice_proxy.ordering.leasing import SECONDS, HeldElsewhere, under_lease


async def long(lease: Lease) -> str:
    await asyncio.sleep(10 * SECONDS)
    return f"done with {lease.name}"


async def failing(lease: Lease) -> str:
    raise ValueError(lease.name)


def test_long_work_keeps_it_and_gives_it_back() -> None:
    async def scenario() -> None:
        shared = SharedInMemory(records_in_memory(now))
        working = asyncio.create_task(under_lease(shared, "it", "one", long))
        for _turn in range(9):
            await asyncio.sleep(SECONDS)
            with pytest.raises(HeldElsewhere):
                await under_lease(shared, "it", "two", long)
        assert await working == "done with it"
        assert await shared.lease("it", "two", SECONDS) is not None
        shared.records.close()

    pass_time(scenario())


def test_it_is_given_back_when_work_fails_or_is_cancelled() -> None:
    async def scenario() -> None:
        shared = SharedInMemory(records_in_memory(now))
        with pytest.raises(ValueError, match="it"):
            await under_lease(shared, "it", "one", failing)
        working = asyncio.create_task(under_lease(shared, "it", "two", long))
        await asyncio.sleep(1)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert await shared.lease("it", "three", SECONDS) is not None
        shared.records.close()

    pass_time(scenario())


def test_work_is_cancelled_when_another_has_it() -> None:
    async def scenario() -> None:
        shared = SharedInMemory(records_in_memory(now))
        ended: list[float] = []

        async def work(lease: Lease) -> None:
            try:
                await long(lease)
            finally:
                ended.append(now())

        working = asyncio.create_task(under_lease(shared, "it", "one", work))
        await asyncio.sleep(1)
        # As if this node had slept for long.
        shared.records.release(Lease("it", shared.records.lease("it", "one", 1).fence))  # type: ignore[union-attr]
        assert shared.records.lease("it", "two", 10 * SECONDS) is not None
        begun = now()
        with pytest.raises(LeaseLost):
            await working
        assert ended
        assert ended[0] - begun <= SECONDS
        assert shared.records.lease("it", "three", SECONDS) is None
        shared.records.close()

    pass_time(scenario())


@pytest.mark.parametrize(("seconds", "lost"), [(15, False), (45, True)])
def test_a_short_absence_of_the_store_is_borne_and_a_long_one_is_a_loss(
    seconds: float, lost: bool
) -> None:
    async def scenario() -> None:
        shared = SharedInMemory(records_in_memory(now))
        working = asyncio.create_task(under_lease(shared, "it", "one", long))
        await asyncio.sleep(12)
        shared.down = "it starts anew"
        await asyncio.sleep(seconds)
        shared.down = ""
        if lost:
            with pytest.raises(LeaseLost, match="could not be renewed in time"):
                await working
        else:
            assert await working == "done with it"
        shared.records.close()

    pass_time(scenario())


def test_without_the_store_there_is_none() -> None:
    async def scenario() -> None:
        shared = SharedInMemory(records_in_memory(now))
        shared.down = "no route to host"
        with pytest.raises(Unreachable):
            await under_lease(shared, "it", "one", long)
        shared.records.close()

    pass_time(scenario())
