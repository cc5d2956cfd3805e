# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An edge without a data plane: what is declared is planned and kept as in the proxy, in memory."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sluice_proxy.admin.edge import NoAuthority, NotInForce, NotOrdered, OutOfReach
from sluice_proxy.admin.status import (
    CertificateStatus,
    FleetStatus,
    ListenerStatus,
    OrderStatus,
    RouteStatus,
    Status,
    StoreStatus,
    TargetStatus,
    Traffic,
    WorkerStatus,
)
from sluice_proxy.config.files import FilesBeside
from sluice_proxy.config.loading import parse_base
from sluice_proxy.issuing.authority import new_authority, read_authority, self_signed
from sluice_proxy.issuing.constraints import Constraints
from sluice_proxy.ordering.model import AccountStatus, AuthorityStatus
from sluice_proxy.resources.composing import routes_of
from sluice_proxy.resources.edition import edition_of_file, with_made
from sluice_proxy.resources.meaning import Meaning, OfLocalCa, Ordered, SelfSigned
from sluice_proxy.resources.model import Batch, Declared, Kind, Outcome
from sluice_proxy.resources.planning import Plan, finished, plan
from sluice_proxy.routes.model.route import Route
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.tls.certificates import read_certificate

DAY = 86_400


class FakeEdge:
    """The edge of a configuration ``text``; files in it are taken from ``folder``.

    ``failing`` is raised by the next changes, as long as it is set. ``serves`` may be set.
    """

    def __init__(self, text: str = "", folder: Path = Path("/")) -> None:
        self._files = FilesBeside(folder)
        base = parse_base(text.encode(), file="edge.yml", files=self._files)
        self._edition = edition_of_file(base)
        self._store = MemoryStore()
        self._changing = asyncio.Lock()
        self._authority = read_authority(
            new_authority(datetime.now(UTC), host="test", constraints=Constraints())
        )
        self.failing: Exception | None = None
        self.orders: dict[str, OrderStatus] = {}
        """How orders stand, by the ids of certificates."""
        self.renewed: list[str] = []
        self.revoked: list[tuple[str, str]] = []
        self.of_authorities: dict[str, AuthorityStatus] = {}
        """How it stands with authorities, by their names."""
        self.serves = True
        self.log_level = "info"

    @property
    def declared(self) -> Declared:
        return self._edition.declared

    async def change(self, batch: Batch) -> Outcome:
        async with self._changing:
            # As in the proxy, others come in between.
            await asyncio.sleep(0)
            planned = self._planned(batch)
            if self.failing is not None:
                raise self.failing
            applied = self._store.apply(planned.changes, {})
            self._edition, outcome = finished(planned, applied)
            return outcome

    async def plan(self, batch: Batch) -> Outcome:
        return self._planned(batch).outcome

    async def set_log_level(self, level: str) -> None:
        if self.failing is not None:
            raise NotInForce("the workers do not answer")
        self.log_level = level

    def order(self, name: str) -> OrderStatus | None:
        known = self.orders.get(name)
        meaning = self._edition.meanings[Kind.CERTIFICATE].get(name)
        if known is None and isinstance(meaning, Ordered):
            # Its authority issues at once.
            return OrderStatus("held", "one")
        return known

    async def renew(self, name: str) -> None:
        self._refuse_others(name)
        self.renewed.append(name)

    async def revoke(self, name: str, reason: str) -> None:
        self._refuse_others(name)
        if self.failing is not None:
            raise self.failing
        self.revoked.append((name, reason))

    def _refuse_others(self, name: str) -> None:
        if self.order(name) is None:
            raise NotOrdered(f"certificate {name} is none that is ordered")

    async def authorities(self) -> tuple[AuthorityStatus, ...]:
        if isinstance(self.failing, OutOfReach):
            raise OutOfReach(str(self.failing))
        return tuple(self.of_authorities.values())

    async def roll_over(self, authority: str) -> AuthorityStatus:
        account = self._account(authority)
        return self._with_account(authority, replace(account, thumbprint=account.thumbprint[::-1]))

    async def deactivate(self, authority: str) -> AuthorityStatus:
        self._account(authority)
        return self._with_account(authority, None)

    def _account(self, authority: str) -> AccountStatus:
        if not self.of_authorities:
            raise NotOrdered("nothing is ordered")
        if authority not in self.of_authorities:
            raise NoAuthority(f"there is no authority {authority!r}")
        if self.failing is not None:
            raise self.failing
        account = self.of_authorities[authority].account
        if account is None:
            raise NotOrdered(f"there is no account at {authority}")
        return account

    def _with_account(self, authority: str, account: AccountStatus | None) -> AuthorityStatus:
        self.of_authorities[authority] = replace(self.of_authorities[authority], account=account)
        return self.of_authorities[authority]

    def local_ca(self) -> bytes | None:
        return self._authority.pem

    async def metrics(self) -> str:
        return "# HELP sluice_up Whether it is up.\n# TYPE sluice_up gauge\nsluice_up 1\n"

    async def status(self) -> Status:
        now = time.time()
        declared = self.declared
        return Status(
            program="0.1.0",
            pid=4711,
            started=now - DAY,
            now=now,
            serves=self.serves,
            version=7,
            refused="",
            store=StoreStatus("memory", "", declared.revision),
            fleet=FleetStatus("none"),
            listeners=(ListenerStatus("0.0.0.0:80", tls=False), ListenerStatus("[::]:443", True)),
            workers=(WorkerStatus(4712, "serving", 3, 0.2),),
            routes=tuple(self._route(route) for route in routes_of(self._edition)),
            certificates=tuple(
                CertificateStatus(
                    one.id,
                    one.origin,
                    one.leaf.provider,
                    one.leaf.names,
                    one.leaf.fingerprint,
                    one.leaf.not_after,
                    (one.leaf.not_after - now) / DAY,
                )
                for one in declared.of_kind[Kind.CERTIFICATE].values()
                if one.leaf is not None
            ),
            access_log=None,
            error_log="-",
            log_level=self.log_level,
            traffic=Traffic(12.5, 0.5, 0.005, 0.1, 100_000, 2),
        )

    def _planned(self, batch: Batch) -> Plan:
        planned = plan(self._edition, batch, self._files)
        made = {}
        now = datetime.now(UTC)
        for name, meaning in planned.edition.meanings[Kind.CERTIFICATE].items():
            if name in planned.edition.made:
                continue
            if isinstance(meaning, SelfSigned):
                made[name] = self_signed(meaning.names, now, days=meaning.days).configured
            elif isinstance(meaning, OfLocalCa | Ordered):
                made[name] = self._authority.issue(meaning.names, now).configured
        read = {name: read_certificate(one, _no_file) for name, one in made.items()}
        made = {**planned.edition.made, **read}
        meanings = planned.edition.meanings[Kind.CERTIFICATE]
        providers = {name: _provider(meanings[name]) for name in made if name in meanings}
        return Plan(
            planned.operations,
            planned.unchanged,
            planned.changes,
            with_made(planned.edition, made, providers),
        )

    def _route(self, route: Route) -> RouteStatus:
        actions = {"redirect": route.redirect, "page": route.page, "targets": route.targets}
        return RouteStatus(
            name=route.name,
            origin=self.declared.of_kind[Kind.ROUTE][route.name].origin,
            hosts=tuple(map(str, route.hosts)),
            paths=tuple(map(str, route.paths)),
            action=next((name for name, is_there in actions.items() if is_there), "nothing"),
            traffic=Traffic(),
            targets=tuple(
                TargetStatus(one.name, one.weight, one.state.value, "unchecked", Traffic())
                for one in route.targets
            ),
        )


def _provider(meaning: Meaning) -> str:
    if isinstance(meaning, Ordered):
        return "acme"
    return "self_signed" if isinstance(meaning, SelfSigned) else "local_ca"


def _no_file(path: str) -> bytes:
    raise FileNotFoundError(path)
