# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes go to who orders, and what was obtained comes into force and into the store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from running.fake_enforcer import FakeEnforcer
from samples.config import FilesInMemory
from sluice_proxy.admin.edge import NotOrdered, NotRevoked
from sluice_proxy.config.loading import parse_base
from sluice_proxy.fleet.alone import Alone
from sluice_proxy.issuing.authority import self_signed
from sluice_proxy.issuing.issuer import Issuer
from sluice_proxy.issuing.leaves import decode_leaf
from sluice_proxy.ordering.counting import Numbers
from sluice_proxy.ordering.keeping import Arrived
from sluice_proxy.ordering.model import NotObtained, Obtained, OrderState, Standing, Wish
from sluice_proxy.ordering.validating import Validations
from sluice_proxy.snapshot.issuing import KeyType, Provider
from sluice_proxy.store.failures import StoreFull
from sluice_proxy.store.items import Key
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.supervisor.beside import Beside
from sluice_proxy.supervisor.certificates_by_order import Means, OrderedCertificates, Setting
from sluice_proxy.supervisor.declaring import Declaring
from sluice_proxy.supervisor.worker import Refused

START = datetime(2026, 5, 1, tzinfo=UTC)
CONFIG = """
store: /s
issuing:
  provider: acme
  acme: {terms_agreed: true, authorities: [{name: one, directory: "https://one.test/d"}]}
routes: [{name: a, hosts: [a.test, b.test], tls: auto}]
"""


@dataclass
class Keeps:
    """Who orders, by the hand of a test."""

    setting: Setting
    arrived: Arrived
    wishes: Mapping[str, Wish] = field(default_factory=dict)
    held: Mapping[str, Obtained] = field(default_factory=dict)
    renewed: list[str] = field(default_factory=list)
    revoked: list[tuple[Obtained, str]] = field(default_factory=list)
    refuses: str = ""
    closed: bool = False

    def wish(self, wishes: Mapping[str, Wish], held: Mapping[str, Obtained]) -> None:
        self.wishes, self.held = wishes, held

    async def demand(self, name: str, wish: Wish) -> Obtained:
        found = obtained(wish)
        await self.arrived({name: found})
        return found

    def state(self, name: str) -> OrderState | None:
        return OrderState(Standing.HELD if name in self.held else Standing.WAITING)

    async def renew(self, name: str) -> None:
        self.renewed.append(name)

    async def revoke(self, held: Obtained, reason: str) -> None:
        if self.refuses:
            raise NotObtained(self.refuses)
        self.revoked.append((held, reason))

    async def close(self) -> None:
        self.closed = True


def obtained(wish: Wish, authority: str = "one") -> Obtained:
    made = self_signed(wish.names, START, days=90)
    return Obtained(wish, authority, made.chain, made.key)


class Proxy:
    """What is declared, and who orders."""

    def __init__(self) -> None:
        self.now = START
        self.enforcer = FakeEnforcer()
        self.keepers: list[Keeps] = []
        self._beside = Beside(lambda: None)
        self.declaring = Declaring(
            self.enforcer,
            self._beside,
            asyncio.Lock(),
            lambda: None,
            Issuer({}, "desk"),
            lambda: self.now,
        )
        self.ordered = OrderedCertificates(
            self._open, self.declaring.take_in, self.declaring.make_for
        )
        self.declaring.followers.append(
            lambda composition: self.ordered.follow(composition.settled)
        )

    def _open(self, setting: Setting, arrived: Arrived) -> Means:
        keeper = Keeps(setting, arrived)
        self.keepers.append(keeper)
        return Means(Alone(), keeper, cast(Validations, None), Numbers, keeper.close)

    @property
    def keeper(self) -> Keeps:
        return self.keepers[-1]

    async def serve(self, config: str = CONFIG) -> None:
        # The store is in memory, whatever the file says.
        base = parse_base(config.encode(), file="edge.yml", files=FilesInMemory())
        base = replace(base, snapshot=replace(base.snapshot, store=None))
        await self.declaring.serve(base)
        composition = self.declaring.composition
        await self.ordered.serve(composition.snapshot, composition.settled)

    async def arrive(self, name: str, **changes: Any) -> Obtained:
        found = obtained(replace(self.keeper.wishes[name], **changes))
        await self.keeper.arrived({name: found})
        return found

    @property
    def chains(self) -> list[bytes | None]:
        """What is shown now."""
        return [one.chain.text for one in self.enforcer.shown[-1].certificates]

    async def close(self) -> None:
        await self.ordered.close()
        await self.declaring.close()
        self._beside.close()


def with_proxy(does: Callable[[Proxy], Awaitable[None]], config: str = CONFIG) -> None:
    async def run() -> None:
        proxy = Proxy()
        try:
            await proxy.serve(config)
            await does(proxy)
        finally:
            await proxy.close()

    asyncio.run(run())


def test_who_orders_is_told_what_is_wished_for_and_what_is_held() -> None:
    async def does(proxy: Proxy) -> None:
        assert proxy.keeper.wishes == {
            "auto a.test": Wish(("a.test",)),
            "auto b.test": Wish(("b.test",)),
        }
        assert proxy.keeper.held == {}
        found = await proxy.arrive("auto a.test")
        assert proxy.keeper.held == {"auto a.test": found}
        assert proxy.chains == [found.chain]
        assert proxy.ordered.state("auto a.test") == OrderState(Standing.HELD)
        assert proxy.ordered.state("auto b.test") == OrderState(Standing.WAITING)
        assert proxy.ordered.state("auto c.test") is None

    with_proxy(does)


def test_what_arrived_is_in_the_store_and_read_from_it_again() -> None:
    async def does(proxy: Proxy) -> None:
        found = await proxy.arrive("auto a.test")
        item = proxy.declaring.kept.contents.items[Key("issued", "auto a.test")]
        leaf = decode_leaf(item.document)
        assert (leaf.issued.chain, leaf.issued.key, leaf.authority) == (
            found.chain,
            found.key,
            "one",
        )

    with_proxy(does)


def test_what_cannot_be_in_force_is_told_to_who_orders_and_shown_when_it_comes_again() -> None:
    async def does(proxy: Proxy) -> None:
        proxy.enforcer.refuses = True
        with pytest.raises(Refused):
            await proxy.arrive("auto a.test")
        assert proxy.keeper.held == {}
        proxy.enforcer.refuses = False
        await proxy.arrive("auto b.test")
        assert list(proxy.keeper.held) == ["auto a.test", "auto b.test"]

    with_proxy(does)


def test_what_the_store_does_not_take_is_shown_nevertheless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_arguments: object) -> None:
        raise StoreFull("edge.db", "the disk is full")

    async def does(proxy: Proxy) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(MemoryStore, "apply", full)
            found = await proxy.arrive("auto a.test")
        assert proxy.chains == [found.chain]
        await proxy.declaring.renew()
        assert Key("issued", "auto a.test") in proxy.declaring.kept.contents.items

    with_proxy(does)


def test_what_nobody_wishes_for_any_more_is_not_shown() -> None:
    async def does(proxy: Proxy) -> None:
        late = obtained(Wish(("gone.test",)))
        await proxy.keeper.arrived({"auto gone.test": late, "demand gone.test": late})
        await proxy.arrive("auto a.test", key_type=KeyType.RSA_2048)
        assert len(proxy.enforcer.shown) == 1
        assert proxy.keeper.held == {}

    with_proxy(does)


def test_a_chain_that_is_none_changes_nothing_for_others() -> None:
    async def does(proxy: Proxy) -> None:
        wishes = proxy.keeper.wishes
        good = obtained(wishes["auto a.test"])
        bad = replace(obtained(wishes["auto b.test"]), key=good.key)
        await proxy.keeper.arrived({"auto a.test": good, "auto b.test": bad})
        assert list(proxy.keeper.held) == ["auto a.test"]

    with_proxy(does)


def test_one_that_expired_is_not_held_any_more() -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.arrive("auto a.test")
        proxy.now = START + timedelta(days=91)
        await proxy.declaring.renew()
        assert proxy.chains == []
        assert proxy.keeper.held == {}
        assert list(proxy.keeper.wishes) == ["auto a.test", "auto b.test"]

    with_proxy(does)


def test_who_orders_stays_over_a_change_of_something_else() -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.serve(CONFIG.replace("b.test", "c.test"))
        assert len(proxy.keepers) == 1
        assert list(proxy.keeper.wishes) == ["auto a.test", "auto c.test"]
        assert proxy.keeper.renewed == []

    with_proxy(does)


def test_another_authority_replaces_who_orders_and_what_is_missing_is_ordered_at_once() -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.arrive("auto a.test")
        await proxy.serve(CONFIG.replace("one.test", "two.test"))
        former, now = proxy.keepers
        assert former.closed
        assert not now.closed
        assert list(now.held) == ["auto a.test"]
        assert now.renewed == ["auto b.test"]

    with_proxy(does)


def test_with_another_provider_nothing_is_ordered() -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.serve(CONFIG.replace("provider: acme", "provider: self_signed"))
        assert [one.closed for one in proxy.keepers] == [True]
        assert proxy.ordered.state("auto a.test") is None
        with pytest.raises(NotOrdered):
            await proxy.ordered.renew("auto a.test")
        with pytest.raises(NotObtained, match="may have no certificate"):
            await proxy.ordered.demand("c.test")

    with_proxy(does)


def test_for_development_a_name_on_demand_has_one_of_the_local_ca_at_once(tmp_path: Path) -> None:
    local = f"issuing: {{provider: local_ca, folder: {tmp_path}/ca, on_demand: {{names: .a.test}}}}"

    async def does(proxy: Proxy) -> None:
        await proxy.ordered.demand("x.a.test")
        await proxy.ordered.demand("y.a.test")
        shown = [one.hosts for one in proxy.enforcer.shown[-1].certificates]
        assert shown == [("x.a.test",), ("y.a.test",)]
        leaf = proxy.declaring.composition.leaves["demand x.a.test"]
        assert leaf.provider is Provider.LOCAL_CA
        with pytest.raises(NotObtained, match="may have no certificate"):
            await proxy.ordered.demand("x.other.test")
        await proxy.declaring.renew()
        assert len(proxy.enforcer.shown) == 3, "nothing is made twice"

    with_proxy(does, local)


def test_a_name_on_demand_is_in_force_before_who_waits_goes_on() -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.ordered.demand("x.a.test")
        (shown,) = proxy.enforcer.shown[-1].certificates
        assert shown.hosts == ("x.a.test",)
        assert proxy.keeper.wishes["demand x.a.test"] == Wish(("x.a.test",))

    on_demand = CONFIG.replace("provider: acme", "on_demand: {names: .a.test}\n  provider: acme")
    with_proxy(does, on_demand)


def test_only_what_is_held_is_revoked_and_what_the_authority_says_is_told() -> None:
    async def does(proxy: Proxy) -> None:
        with pytest.raises(NotOrdered):
            await proxy.ordered.revoke("auto a.test", "superseded")
        found = await proxy.arrive("auto a.test")
        await proxy.ordered.revoke("auto a.test", "superseded")
        assert proxy.keeper.revoked == [(found, "superseded")]
        proxy.keeper.refuses = "one: unauthorized"
        with pytest.raises(NotRevoked, match="one: unauthorized"):
            await proxy.ordered.revoke("auto a.test", "superseded")

    with_proxy(does)
