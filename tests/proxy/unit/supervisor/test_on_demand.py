# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which names get a certificate when a client asks, and how often anybody is asked for one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from samples.config import snapshot as of_file
from sluice_proxy.ordering.model import NotObtained
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.snapshot.issuing import Issuing, OnDemand
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.snapshot.tls import Certificate, Pem
from sluice_proxy.supervisor import on_demand as module
from sluice_proxy.supervisor.ask_url import AskFailed
from sluice_proxy.supervisor.demand_rules import AGAIN, Refusals, Why
from sluice_proxy.supervisor.on_demand import OnDemandDesk

ROUTES = of_file(
    """
    listen: ['127.0.0.1:1']
    routes:
      - {name: shop, hosts: ['*.shop.test', www.test], targets: ['http://127.0.0.1:9']}
      - {name: all, targets: ['http://127.0.0.1:9']}
    """
).routes
ASK = "https://ask.test/may"


def in_force(settings: OnDemand | None, *held: str) -> Snapshot:
    certificates = tuple(
        Certificate(Pem(text=b"chain"), Pem(text=b"key"), hosts=(name,)) for name in held
    )
    return Snapshot(routes=ROUTES, certificates=certificates, issuing=Issuing(on_demand=settings))


class Edge:
    """Orders, and is asked for permission; what is ordered comes into force."""

    def __init__(self, settings: OnDemand | None = OnDemand(), *held: str) -> None:  # noqa: B008
        self.settings = settings
        self.now = 0.0
        self.held = list(held)
        self.demanded = 0
        self.ordered: list[str] = []
        self.asked: list[str] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.order: Callable[[str], Awaitable[None]] = self._issue
        self.permitted: bool | Exception = False
        self.desk = OnDemandDesk(self._order, self._ask, lambda: self.now)
        self.follow()

    def follow(self) -> None:
        self.desk.follow(in_force(self.settings, *self.held), self.demanded)

    async def _order(self, name: str) -> None:
        self.ordered.append(name)
        await self.go_on.wait()
        await self.order(name)

    async def _issue(self, name: str) -> None:
        self.held.append(name)
        self.demanded += 1
        self.follow()

    async def _ask(self, url: str, name: str, seconds: float) -> bool:
        assert (url, seconds) == (ASK, 5.0)
        self.asked.append(name)
        await asyncio.sleep(0)
        if isinstance(self.permitted, Exception):
            raise self.permitted
        return self.permitted

    async def get(self, *names: str) -> list[bool]:
        return list(await asyncio.gather(*map(self.desk.certificate, names)))


def test_a_name_of_a_route_gets_its_certificate_once() -> None:
    async def ask() -> None:
        edge = Edge()
        assert await edge.get("a.shop.test") == [True]
        assert await edge.get("a.shop.test") == [True]
        assert edge.ordered == ["a.shop.test"]
        assert edge.desk.counts == {"issued": 1}

    asyncio.run(ask())


def test_many_who_ask_for_one_name_wait_for_one_order() -> None:
    async def ask() -> None:
        edge = Edge()
        assert await edge.get(*["a.shop.test"] * 50) == [True] * 50
        assert edge.ordered == ["a.shop.test"]
        assert not edge.desk._under_way

    asyncio.run(ask())


def test_a_held_certificate_is_never_asked_about() -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(ask=ASK), "held.test", "*.wild.test")
        assert await edge.get("held.test", "a.wild.test") == [True, True]
        assert (edge.asked, edge.ordered) == ([], [])

    asyncio.run(ask())


@pytest.mark.parametrize("name", ["other.test", "a.b.shop.test", "shop.test"])
def test_a_name_of_no_route_is_not_ordered(name: str) -> None:
    async def ask() -> None:
        edge = Edge()
        assert await edge.get(name) == [False]
        assert edge.ordered == []
        assert edge.desk.counts == {Why.NOT_PERMITTED: 1}

    asyncio.run(ask())


def test_names_of_the_configuration_and_those_that_a_url_permits_are_ordered() -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(names=(parse_host_pattern(".more.test"),), ask=ASK))
        assert await edge.get("a.b.more.test") == [True]
        assert edge.asked == []
        edge.permitted = True
        assert await edge.get("customer.test") == [True]
        assert edge.asked == ["customer.test"]
        assert edge.ordered == ["a.b.more.test", "customer.test"]

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("permitted", "why"), [(False, Why.NOT_PERMITTED), (AskFailed("dead"), Why.ASK_FAILED)]
)
def test_a_name_that_is_not_permitted_is_not_asked_about_again_for_a_while(
    permitted: bool | Exception, why: Why
) -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(ask=ASK))
        edge.permitted = permitted
        for _unused in range(3):
            assert await edge.get("customer.test") == [False]
        assert edge.asked == ["customer.test"]
        assert edge.desk.counts == {why: 1, Why.REMEMBERED: 2}

        edge.permitted = True
        edge.now += AGAIN[why]
        assert await edge.get("customer.test") == [True]

    asyncio.run(ask())


def test_that_nobody_can_be_asked_is_logged_once_and_so_is_that_it_goes_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(ask=ASK))
        edge.permitted = AskFailed("the URL ask is dead")
        await edge.get("a.test", "b.test", "c.test")
        edge.permitted = False
        await edge.get("d.test", "e.test")

    asyncio.run(ask())
    assert [record.getMessage() for record in caplog.records] == [
        "names get no certificate on demand: the URL ask is dead",
        "permission for names on demand is given again",
    ]


def test_what_no_authority_certifies_is_not_looked_at() -> None:
    names = ["*.shop.test", "a_b.shop.test", "A.shop.test", "192.0.2.1", "", "x" * 300, "[::1]"]

    async def ask() -> None:
        edge = Edge(OnDemand(ask=ASK))
        edge.permitted = True
        assert await edge.get(*names) == [False] * len(names)
        assert (edge.asked, edge.ordered) == ([], [])
        assert edge.desk.counts == {Why.NO_NAME: len(names)}

    asyncio.run(ask())


def test_an_authority_that_refuses_is_not_asked_again_for_a_while() -> None:
    async def ask() -> None:
        edge = Edge()

        async def refuse(name: str) -> None:
            raise NotObtained("the authority does not want to")

        edge.order = refuse
        assert await edge.get("a.shop.test") == [False]
        assert await edge.get("a.shop.test") == [False]
        assert edge.ordered == ["a.shop.test"]
        assert edge.desk.counts == {Why.NOT_OBTAINED: 1, Why.REMEMBERED: 1}

    asyncio.run(ask())


def test_nobody_waits_longer_than_the_configuration_says() -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(wait=0.01))
        edge.go_on.clear()
        assert await edge.get("a.shop.test", "b.shop.test") == [False, False]
        assert edge.desk.counts == {Why.SLOW: 2}
        # The order went on.
        edge.now += AGAIN[Why.SLOW]
        await edge._issue("a.shop.test")
        assert await edge.get("a.shop.test") == [True]

    asyncio.run(ask())


def test_a_certificate_that_came_is_waited_for_until_it_is_in_force() -> None:
    async def ask() -> None:
        edge = Edge()

        async def only_obtained(name: str) -> None:
            return

        edge.order = only_obtained
        waiting = asyncio.ensure_future(edge.get("a.shop.test"))
        for _unused in range(5):
            await asyncio.sleep(0)
        edge.follow()
        await asyncio.sleep(0)
        assert not waiting.done()
        await edge._issue("a.shop.test")
        assert await waiting == [True]

    asyncio.run(ask())


def test_no_more_names_than_may_have_certificates_by_this() -> None:
    async def ask() -> None:
        edge = Edge(OnDemand(most=2))
        edge.go_on.clear()
        waiting = asyncio.ensure_future(
            edge.get("a.shop.test", "b.shop.test", "c.shop.test", "d.shop.test")
        )
        for _unused in range(5):
            await asyncio.sleep(0)
        edge.go_on.set()
        assert await waiting == [True, True, False, False]
        assert await edge.get("e.shop.test") == [False]
        assert edge.desk.counts == {"issued": 2, Why.TOO_MANY: 3}

    asyncio.run(ask())


def test_who_is_slow_to_permit_names_holds_up_no_name_of_a_route(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MOST_ASKED", 3)

    async def ask() -> None:
        edge = Edge(OnDemand(ask=ASK))
        strangers = [f"{number}.stranger.test" for number in range(5)]
        assert await edge.get(*strangers, "a.shop.test") == [False] * 5 + [True]
        assert edge.asked == strangers[:3]
        assert edge.desk.counts == {"issued": 1, Why.NOT_PERMITTED: 3, Why.BUSY: 2}

    asyncio.run(ask())


def test_no_more_names_are_ordered_at_once_than_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ORDERED", 3)

    async def ask() -> None:
        edge = Edge()
        names = [f"{number}.shop.test" for number in range(5)]
        edge.go_on.clear()
        waiting = asyncio.ensure_future(edge.get(*names))
        for _unused in range(5):
            await asyncio.sleep(0)
        edge.go_on.set()
        assert await waiting == [True] * 3 + [False] * 2
        assert edge.desk.counts == {"issued": 3, Why.BUSY: 2}
        # That was nobody's fault.
        assert await edge.get(*names) == [True] * 5

    asyncio.run(ask())


def test_names_are_looked_at_anew_when_other_ones_may_have_certificates() -> None:
    async def ask() -> None:
        edge = Edge()
        assert await edge.get("new.test") == [False]
        edge.held.append("something.test")
        edge.follow()
        assert await edge.get("new.test") == [False]
        assert edge.desk.counts == {Why.NOT_PERMITTED: 1, Why.REMEMBERED: 1}

        edge.settings = OnDemand(names=(parse_host_pattern("new.test"),))
        edge.follow()
        assert await edge.get("new.test") == [True]

    asyncio.run(ask())


def test_nothing_is_ordered_where_all_certificates_are_there_ahead() -> None:
    async def ask() -> None:
        edge = Edge(None, "held.test")
        assert await edge.get("a.shop.test") == [False]
        assert edge.ordered == []
        assert edge.desk.counts == {Why.OFF: 1}

    asyncio.run(ask())


def test_an_order_that_ends_after_the_configuration_forbade_it_gives_nothing() -> None:
    async def ask() -> None:
        edge = Edge()

        async def forbidden(name: str) -> None:
            edge.settings = None
            edge.follow()

        edge.order = forbidden
        assert await edge.get("a.shop.test") == [False]

    asyncio.run(ask())


def test_who_asked_and_went_away_takes_the_certificate_from_nobody() -> None:
    async def ask() -> None:
        edge = Edge()
        edge.go_on.clear()
        gone = asyncio.ensure_future(edge.desk.certificate("a.shop.test"))
        stays = asyncio.ensure_future(edge.desk.certificate("a.shop.test"))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        edge.go_on.set()
        assert await stays

    asyncio.run(ask())


def test_at_the_end_nobody_is_waited_for() -> None:
    async def ask() -> None:
        edge = Edge()
        edge.go_on.clear()
        waiting = asyncio.ensure_future(edge.desk.certificate("a.shop.test"))
        await asyncio.sleep(0)
        await edge.desk.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert await edge.get("b.shop.test") == [False]

    asyncio.run(ask())


def test_what_came_of_names_is_counted() -> None:
    async def ask() -> None:
        edge = Edge()
        await edge.get("a.shop.test", "other.test")
        counters = edge.desk.metrics().counters
        name = "sluice_on_demand_names_total"
        assert counters == {
            (name, (("result", "issued"),)): 1,
            (name, (("result", "not_permitted"),)): 1,
        }

    asyncio.run(ask())


def test_names_that_got_nothing_are_bounded() -> None:
    refusals = Refusals(most=2)
    for name in ("a", "b", "a", "c"):
        refusals.remember(name, Why.NOT_PERMITTED, 0.0)

    assert len(refusals) == 2
    assert [refusals.has(name, 0.0) for name in "abc"] == [True, False, True]
    assert not refusals.has("a", AGAIN[Why.NOT_PERMITTED])
    assert len(refusals) == 1
