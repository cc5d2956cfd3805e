# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that contents may take."""

from __future__ import annotations

import asyncio

import pytest
from sluice_proxy.admin.refusal import Refusal
from sluice_proxy.admin.room import Room, take


def test_each_request_gives_back_what_it_took() -> None:
    room = Room(10)
    with room.used():
        take(4)
        take(6)
        assert room.taken == 10
    assert room.taken == 0


def test_what_is_beyond_the_room_is_refused_and_takes_nothing() -> None:
    room = Room(10)
    with room.used():
        take(10)
        with pytest.raises(Refusal) as caught:
            take(1)
        assert room.taken == 10

    assert caught.value.status == 503
    assert caught.value.headers == {"Retry-After": "1"}
    assert room.taken == 0


def test_requests_at_the_same_time_share_the_room() -> None:
    room = Room(10)
    refused = []

    async def request(size: int, turns: asyncio.Event) -> None:
        with room.used():
            try:
                take(size)
            except Refusal:
                refused.append(size)
            await turns.wait()

    async def scenario() -> None:
        end = asyncio.Event()
        tasks = [asyncio.create_task(request(size, end)) for size in (6, 5, 4)]
        await asyncio.sleep(0)
        assert room.taken == 10
        end.set()
        await asyncio.gather(*tasks)

    asyncio.run(scenario())
    assert (refused, room.taken) == ([5], 0)


def test_a_request_that_fails_gives_back_too() -> None:
    room = Room(10)

    def fail() -> None:
        with room.used():
            take(3)
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert room.taken == 0
