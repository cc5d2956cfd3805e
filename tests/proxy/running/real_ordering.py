# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keeper that orders from real certificate authorities on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sluice_proxy.acme.validation.challenges import WELL_KNOWN, server_name, txt_name, txt_value
from sluice_proxy.acme.validation.tls_alpn import tls_alpn_certificate
from sluice_proxy.fleet.alone import Alone
from sluice_proxy.fleet.shared import Shared
from sluice_proxy.ordering.connections import Connections
from sluice_proxy.ordering.keeper.keeper import Keeper
from sluice_proxy.ordering.model import Obtained, OrderState, Standing, Wish
from sluice_proxy.ordering.validating import Answering, Challenge
from sluice_proxy.snapshot.issuing import Acme, ChallengeType

from running.acme_orders import QUICK
from running.challenge_dns import ChallengeDns
from running.challenge_responder import ChallengeResponder
from running.service import PATIENCE

PACE = replace(QUICK, exchange=2.0)


class Responding:
    """An Answering: puts answers where an authority on loopback comes to see them."""

    def __init__(self, responder: ChallengeResponder, dns: ChallengeDns | None = None) -> None:
        self._responder = responder
        self._dns = dns
        self.types = tuple(ChallengeType)[: 2 if dns is None else 3]

    async def publish(self, challenge: Challenge) -> None:
        if challenge.type is ChallengeType.HTTP_01:
            path = WELL_KNOWN + challenge.token
            self._responder.http[path] = challenge.key_authorization.encode()
        elif challenge.type is ChallengeType.TLS_ALPN_01:
            pair = tls_alpn_certificate(
                challenge.identifier, challenge.key_authorization, datetime.now(UTC)
            )
            self._responder.show(server_name(challenge.identifier), *pair)
        elif self._dns is not None:
            value = txt_value(challenge.key_authorization)
            self._dns.add_txt(txt_name(challenge.identifier), value)

    async def withdraw(self, challenge: Challenge) -> None:
        self._responder.http.pop(WELL_KNOWN + challenge.token, None)


class RealNode:
    """A keeper, and what it has in force."""

    def __init__(self, settings: Acme, shared: Shared, answering: Answering, name: str) -> None:
        self.in_force: dict[str, Obtained] = {}
        self.shared = shared
        self.keeper = Keeper(
            settings, shared, answering, self._arrived, name, connections=Connections(PACE)
        )

    async def _arrived(self, obtained: Mapping[str, Obtained]) -> None:
        self.in_force.update(obtained)

    def wish(self, *wishes: Wish) -> None:
        """Wish for certificates, by their first names."""
        self.keeper.wish({one.names[0]: one for one in wishes}, self.in_force)

    async def until(self, name: str, standing: Standing = Standing.HELD) -> OrderState:
        """Return how a certificate stands when it stands so."""
        async with asyncio.timeout(PATIENCE):
            while True:
                state = self.keeper.state(name)
                there = standing is not Standing.HELD or name in self.in_force
                if state is not None and state.standing is standing and there:
                    return state
                await asyncio.sleep(0.02)

    async def newer(self, name: str, than: Obtained) -> Obtained:
        """Return a certificate when it is in force in the place of another."""
        async with asyncio.timeout(PATIENCE):
            while self.in_force[name].chain == than.chain:
                await asyncio.sleep(0.02)
        return self.in_force[name]


@asynccontextmanager
async def real_node(
    settings: Acme, answering: Answering, store: Path | None = None
) -> AsyncIterator[RealNode]:
    """Yield a node alone; without a file ``store`` it forgets all but what it has in force."""
    shared = Alone(store)
    node = RealNode(settings, shared, answering, "the only node")
    try:
        yield node
    finally:
        await node.keeper.close()
        await shared.close()
