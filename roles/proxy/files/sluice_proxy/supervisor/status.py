# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status document: how everything is at one moment. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..admin.status import (
    CertificateStatus,
    FleetStatus,
    ListenerStatus,
    OrderStatus,
    RouteStatus,
    Status,
    StoreStatus,
    TargetStatus,
    WorkerStatus,
)
from ..resources.model import Declared, Kind, Leaf, Origin, Resource
from ..routes.model.route import Route
from ..snapshot.snapshot import Snapshot
from .status_traffic import NOTHING, Rates

_DAY = 86400.0
_NOT_MADE = Leaf("", (), "", "", 0.0, 0.0, "", "")


@dataclass(frozen=True, slots=True)
class Facts:
    """What the supervisor knows at one moment; times in seconds since 1970.

    ``healthy`` has the targets that active checks ask, by route and target. ``declared`` has
    the certificates, and tells which routes came by the API; ``said_of_certificates`` has by id
    what went wrong when one was last to be made, and ``orders`` how those stand that are ordered.
    ``automatic`` are those for routes and on demand, without their orders.
    ``log_level`` is the one that is in use.
    """

    program: str
    pid: int
    started: float
    now: float
    serves: bool
    version: int
    refused: str
    store: StoreStatus
    snapshot: Snapshot
    declared: Declared
    workers: tuple[WorkerStatus, ...]
    said_of_certificates: Mapping[str, str]
    healthy: Mapping[tuple[str, str], bool]
    log_level: str
    rates: Rates
    fleet: FleetStatus
    orders: Mapping[str, OrderStatus] = field(default_factory=dict)
    automatic: tuple[CertificateStatus, ...] = ()


def status_of(facts: Facts) -> Status:
    """Return the document: routes in the snapshot's order, certificates in that of their ids,
    with those of routes behind."""
    snapshot = facts.snapshot
    logs = snapshot.logs
    declared = facts.declared.of_kind
    return Status(
        program=facts.program,
        pid=facts.pid,
        started=facts.started,
        now=facts.now,
        serves=facts.serves,
        version=facts.version,
        refused=facts.refused,
        store=facts.store,
        fleet=facts.fleet,
        listeners=tuple(
            ListenerStatus(str(listener.address), listener.tls) for listener in snapshot.listeners
        ),
        workers=facts.workers,
        routes=tuple(_routes(facts)),
        certificates=(
            *(_certificate(one, facts) for one in declared[Kind.CERTIFICATE].values()),
            *(replace(one, order=facts.orders.get(one.id)) for one in facts.automatic),
        ),
        access_log=logs.access.path,
        error_log=logs.error.path,
        log_level=facts.log_level,
        traffic=facts.rates.whole,
    )


def _routes(facts: Facts) -> Iterator[RouteStatus]:
    traffic = facts.rates.routes
    declared = facts.declared.of_kind[Kind.ROUTE]
    for route in facts.snapshot.routes:
        name = route.name
        resource = declared.get(name)
        yield RouteStatus(
            name,
            Origin.FILE if resource is None else resource.origin,
            tuple(map(str, route.hosts)),
            tuple(map(str, route.paths)),
            _action(route),
            traffic.get(name, NOTHING),
            tuple(_targets(route, facts)),
        )


def _action(route: Route) -> str:
    redirect = route.redirect
    if redirect is not None and not redirect.only_plain:
        return "redirect"
    if route.page is not None:
        return "page"
    if route.targets:
        return "targets"
    return "nothing" if redirect is None else "redirect"


def _targets(route: Route, facts: Facts) -> Iterator[TargetStatus]:
    for target in route.targets:
        name = target.name
        key = (route.name, name)
        healthy = facts.healthy.get(key)
        yield TargetStatus(
            name,
            target.weight,
            target.state.value,
            "unchecked" if healthy is None else "healthy" if healthy else "unhealthy",
            facts.rates.targets.get(key, NOTHING),
        )


def _certificate(resource: Resource, facts: Facts) -> CertificateStatus:
    leaf = resource.leaf or _NOT_MADE
    return CertificateStatus(
        resource.id,
        resource.origin,
        leaf.provider or str(resource.document.get("provider", "")),
        leaf.names,
        leaf.fingerprint,
        leaf.not_after,
        round((leaf.not_after - facts.now) / _DAY, 3) if leaf.not_after else 0.0,
        facts.said_of_certificates.get(resource.id, ""),
        None if resource.origin is Origin.FILE else facts.orders.get(resource.id),
    )
