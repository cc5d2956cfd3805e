# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nodes of a fleet that order from fake authorities, in virtual time."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from sluice_proxy.ordering.keeper.keeper import USUAL, Keeper, Pace
from sluice_proxy.ordering.model import Obtained, OrderState, Standing, Wish
from sluice_proxy.snapshot.issuing import Acme, CertificateAuthority

from running.fake_authority import FakeAnswering, FakeAuthority, FakeConnections
from running.shared_in_memory import SharedInMemory, records_in_memory
from running.virtual_time import now

UNHURRIED = Pace(600.0, 3600.0)
"""For scenarios of weeks."""


def settings(*names: str, staging: tuple[str, ...] = (), **others: object) -> Acme:
    """Return settings with authorities by their names."""
    authorities = tuple(
        CertificateAuthority(name, f"https://{name}.test/directory", staging=name in staging)
        for name in (*names, *staging)
    )
    return Acme(authorities, **others)  # type: ignore[arg-type]


def wish(*names: str, **others: object) -> Wish:
    return Wish(names, **others)  # type: ignore[arg-type]


@dataclass
class Node:
    """A node: its keeper, what it shares, and what it has in force."""

    keeper: Keeper
    shared: SharedInMemory
    answering: FakeAnswering
    in_force: dict[str, Obtained] = field(default_factory=dict)
    batches: list[dict[str, Obtained]] = field(default_factory=list)
    refuses: list[Exception] = field(default_factory=list)

    async def arrived(self, obtained: Mapping[str, Obtained]) -> None:
        await asyncio.sleep(0.1)
        if self.refuses:
            raise self.refuses.pop()
        self.batches.append(dict(obtained))
        self.in_force.update(obtained)

    def wish(self, *names: str) -> None:
        """Wish for a certificate for each name, with the name as its id."""
        wishes = {name: Wish((name,)) for name in names}
        held = {name: one for name, one in self.in_force.items() if name in wishes}
        self.keeper.wish(wishes, held)

    def state(self, name: str) -> OrderState:
        state = self.keeper.state(name)
        assert state is not None
        return state

    async def until(self, name: str, *standings: Standing) -> OrderState:
        """Return the state of a wish as soon as it is one of these; it is being ordered before."""
        pause = 0.1
        while True:
            state = self.state(name)
            if state.standing in standings and (
                state.standing is not Standing.HELD or name in self.in_force
            ):
                return state
            await asyncio.sleep(pause)
            pause = min(1.1 * pause, 60.0)

    async def kill(self) -> None:
        """End it as a kill does: nothing that it shares is put in order."""
        self.shared.down = "this node is dead"
        await self.keeper.close()


class Fleet:
    """Nodes with the same records and the same authorities; to be made within virtual time."""

    def __init__(
        self,
        settings: Acme,
        nodes: int = 1,
        seconds: float = 90 * 86_400.0,
        pace: Pace = USUAL,
    ) -> None:
        self._pace = pace
        self.settings = settings
        self.records = records_in_memory(now)
        self.ca = {one.name: FakeAuthority(now, seconds) for one in settings.authorities}
        self._made = 0
        self.nodes = [self.node() for _unused in range(nodes)]
        for ca in self.ca.values():
            ca.answered = self._is_answered

    def node(self, settings: Acme | None = None) -> Node:
        """Return another node, or the same one after a restart."""
        self._made += 1
        shared, answering = SharedInMemory(self.records), FakeAnswering()
        numbers = random.Random(self._made)
        node: Node

        async def arrived(obtained: Mapping[str, Obtained]) -> None:
            await node.arrived(obtained)

        keeper = Keeper(
            settings or self.settings,
            shared,
            answering,
            arrived,
            f"node {self._made}",
            connections=FakeConnections(**self.ca),
            pace=self._pace,
            now=now,
            random=numbers.random,
        )
        node = Node(keeper, shared, answering)
        return node

    @property
    def orders(self) -> int:
        """How many orders all authorities took."""
        return sum(len(ca.names_ordered) for ca in self.ca.values())

    async def close(self) -> None:
        for node in self.nodes:
            await node.keeper.close()
        self.records.close()

    def _is_answered(self, type_: str, name: str) -> bool:
        return any(node.answering.answers(type_, name) for node in self.nodes)
