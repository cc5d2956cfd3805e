# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The status, asked for: when the numbers are looked at, and who waits for what."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from samples.status import facts
from sluice_proxy.admin.status import Status
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.supervisor.status_asking import KEPT, LEAST, StatusDesk

CONFIG = "listen: [127.0.0.1:80]"


class Leaping(asyncio.SelectorEventLoop):
    """A loop whose time passes at once when there is nothing to do but wait."""

    def __init__(self) -> None:
        super().__init__(_NoWaiting(self))
        self.now = 1000.0

    def time(self) -> float:
        return self.now


class _NoWaiting(selectors.SelectSelector):
    def __init__(self, loop: Leaping) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        self._loop.now += timeout or 0.0
        return super().select(0)


class Proxy:
    """Ten requests a second, and how often their number was asked."""

    def __init__(self) -> None:
        self.looks: list[float] = []
        self.takes = 0.0
        self.in_flight = 0
        self._loop = asyncio.get_running_loop()
        self.desk = StatusDesk(self.collect, lambda rates: facts(CONFIG, rates=rates))

    async def collect(self) -> Metrics:
        self.looks.append(self._loop.time())
        await asyncio.sleep(self.takes)
        made = Metrics()
        counts = made.of("route", "target").durations.counts
        counts[3] = round(10 * self._loop.time())
        made.in_flight = {("route", "target"): self.in_flight}
        return made

    async def asked_after(self, seconds: float) -> Status:
        await asyncio.sleep(seconds)
        return await self.desk.status()


def run(scenario: Callable[[Proxy], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scenario(Proxy())

    with asyncio.Runner(loop_factory=Leaping) as runner:
        runner.run(whole())


def test_nothing_is_looked_at_as_long_as_nobody_asks() -> None:
    async def scenario(proxy: Proxy) -> None:
        await asyncio.sleep(100)
        assert proxy.looks == []

    run(scenario)


def test_who_asks_first_waits_for_a_second_look() -> None:
    async def scenario(proxy: Proxy) -> None:
        found = await proxy.asked_after(0)
        assert proxy.looks == pytest.approx([1000, 1000 + LEAST])
        assert found.traffic.per_second == pytest.approx(10, abs=0.1)

    run(scenario)


@pytest.mark.parametrize("pause", [0.0, 0.3, LEAST, 5.0, KEPT - 2 * LEAST])
def test_who_asks_again_waits_no_more(pause: float) -> None:
    async def scenario(proxy: Proxy) -> None:
        await proxy.asked_after(0)
        for number in range(30):
            found = await proxy.asked_after(pause)
            assert len(proxy.looks) == 3 + number
            assert found.traffic.per_second == pytest.approx(10, abs=0.6)

    run(scenario)


def test_rates_are_of_the_last_seconds_however_often_they_are_asked_for() -> None:
    async def scenario(proxy: Proxy) -> None:
        await proxy.asked_after(0)
        for _unused in range(100):
            await proxy.asked_after(0.1)
            before, after, seconds = await proxy.desk._sampling.looks()
            assert LEAST <= seconds <= 2 * LEAST + 0.1
            assert after is not before

    run(scenario)


def test_old_looks_are_forgotten_and_not_compared_with() -> None:
    async def scenario(proxy: Proxy) -> None:
        await proxy.asked_after(0)
        await asyncio.sleep(KEPT + 1)
        assert proxy.desk._sampling._latest is None
        found = await proxy.asked_after(100)
        assert len(proxy.looks) == 4
        assert found.traffic.per_second == pytest.approx(10, abs=0.1)

    run(scenario)


def test_however_many_ask_one_document_is_made_at_a_time() -> None:
    async def scenario(proxy: Proxy) -> None:
        await proxy.asked_after(0)
        proxy.takes = 0.5
        asking = [proxy.asked_after(0.01 * number) for number in range(40)]
        found = await asyncio.gather(*asking)
        # The first gets one, and all who came while it was made the next.
        assert len(proxy.looks) == 4
        assert len(set(map(id, found))) == 2
        assert proxy.desk._making is None

    run(scenario)


def test_what_is_told_is_never_older_than_the_question() -> None:
    async def scenario(proxy: Proxy) -> None:
        await proxy.asked_after(0)
        proxy.takes = 0.5
        first = asyncio.create_task(proxy.desk.status())
        await asyncio.sleep(0.6 * proxy.takes)
        proxy.in_flight = 7
        looks = len(proxy.looks)
        asked = asyncio.get_running_loop().time()
        found = await proxy.desk.status()
        assert proxy.looks[looks] >= asked
        assert found.traffic.in_flight == 7
        await first

    run(scenario)


def test_one_who_goes_away_takes_nothing_from_the_others() -> None:
    async def scenario(proxy: Proxy) -> None:
        leaving, staying = (asyncio.create_task(proxy.desk.status()) for _unused in range(2))
        await asyncio.sleep(0.1)
        leaving.cancel()
        assert (await staying).serves

    run(scenario)


def test_what_goes_wrong_once_is_tried_anew_the_next_time() -> None:
    async def scenario(proxy: Proxy) -> None:
        wrong = [RuntimeError("this went wrong")]

        async def collect() -> Metrics:
            if wrong:
                raise wrong.pop()
            return await proxy.collect()

        desk = StatusDesk(collect, lambda rates: facts(CONFIG, rates=rates))
        with pytest.raises(RuntimeError, match="this went wrong"):
            await desk.status()
        assert (await desk.status()).serves

    run(scenario)
