# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The running proxy, as the admin API has it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from ..admin.status import FleetStatus, OrderStatus, Status, StoreStatus
from ..ordering.model import AuthorityStatus
from ..release import release
from ..resources.model import Batch, Declared, Outcome
from .all_numbers import ANSWER
from .authorities import Authorities
from .certificates_by_order import OrderedCertificates
from .changes import Changes
from .declaring import Declaring
from .enforcer import Enforcer
from .made_certificates import automatic_statuses, said_of
from .order_status import order_status, orders
from .status import Facts
from .status_asking import StatusDesk, worker_statuses
from .status_traffic import Rates


class LiveEdge:
    """An Edge: each part is somebody else's.

    ``render`` returns all numbers, ``serves`` whether clients are served, ``refused`` what the last
    refused change of the configuration file said.
    """

    def __init__(
        self,
        declaring: Declaring,
        ordered: OrderedCertificates,
        changes: Changes,
        enforcer: Enforcer,
        render: Callable[[], Awaitable[str]],
        serves: Callable[[], bool],
        refused: Callable[[], str],
    ) -> None:
        self._declaring = declaring
        self._ordered = ordered
        self._authorities = Authorities(lambda: ordered.keeping)
        self._changes = changes
        self._enforcer = enforcer
        self._render = render
        self._is_serving = serves
        self._refused = refused
        self._started = time.time()
        self._desk = StatusDesk(lambda: enforcer.workers.collect(ANSWER), self._facts)

    @property
    def declared(self) -> Declared:
        """All resources that are in force."""
        return self._declaring.composition.edition.declared

    async def change(self, batch: Batch) -> Outcome:
        """Keep and serve what a batch asks for, or change nothing."""
        return await self._changes.change(batch)

    async def plan(self, batch: Batch) -> Outcome:
        """Return what ``change`` would come to."""
        return await self._changes.plan(batch)

    async def status(self) -> Status:
        """Return how everything is at this moment."""
        return await self._desk.status()

    async def metrics(self) -> str:
        """Return all numbers in Prometheus' text format."""
        return await self._render()

    @property
    def serves(self) -> bool:
        """Whether clients are served."""
        return self._is_serving()

    @property
    def log_level(self) -> str:
        """The level of the error log."""
        return self._enforcer.log_level

    async def set_log_level(self, level: str) -> None:
        """Log at another level from now on, until the configuration is read again."""
        self._enforcer.set_log_level(level)

    def order(self, name: str) -> OrderStatus | None:
        """Return how the order for a certificate stands, None for one that is not ordered."""
        return order_status(name, self._declaring.composition.settled, self._ordered.state)

    async def renew(self, name: str) -> None:
        """Have a certificate ordered anew. Raises NotOrdered."""
        await self._ordered.renew(name)

    async def revoke(self, name: str, reason: str) -> None:
        """Have its authority revoke a certificate. Raises NotOrdered or NotRevoked."""
        await self._ordered.revoke(name, reason)

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        """Return how it stands with each authority, in their order. Raises OutOfReach."""
        return await self._authorities.all()

    async def roll_over(self, authority: str) -> AuthorityStatus:
        """Have a new key for the account at an authority. Raises as ``Authorities``."""
        return await self._authorities.roll_over(authority)

    async def deactivate(self, authority: str) -> AuthorityStatus:
        """Give the account at an authority up for good. Raises as ``Authorities``."""
        return await self._authorities.deactivate(authority)

    def local_ca(self) -> bytes | None:
        """Return the certificate of the local CA as PEM, None when there is none."""
        return self._declaring.composition.local_ca

    def _facts(self, rates: Rates) -> Facts:
        enforcer, composition = self._enforcer, self._declaring.composition
        now = datetime.now(UTC)
        return Facts(
            program=f"sluice-proxy {release()}",
            pid=os.getpid(),
            started=self._started,
            now=now.timestamp(),
            serves=self.serves,
            version=enforcer.version,
            refused=self._refused(),
            store=self._store(),
            snapshot=enforcer.snapshot,
            declared=composition.edition.declared,
            workers=worker_statuses(enforcer.workers, asyncio.get_running_loop().time()),
            said_of_certificates=said_of(composition.settled),
            healthy=dict(enforcer.health.states),
            log_level=enforcer.log_level,
            rates=rates,
            orders=dict(orders(composition.settled, self._ordered.state)),
            automatic=tuple(
                automatic_statuses(
                    composition.settled, now, composition.edition.base.snapshot.routes
                )
            ),
            fleet=self._fleet(),
        )

    def _fleet(self) -> FleetStatus:
        shared = self._ordered.shared
        if shared is None:
            return FleetStatus("none")
        return FleetStatus("alone" if self._ordered.fleet is None else "redis", shared.trouble)

    def _store(self) -> StoreStatus:
        kept = self._declaring.kept
        revision = self._declaring.composition.edition.declared.revision
        return StoreStatus(kept.kind, kept.path or "", revision, kept.said)
