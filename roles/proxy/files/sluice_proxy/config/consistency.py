# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What no section can see alone: places that do not go together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sluice_proxy.config.problems import Path
from sluice_proxy.routes.matching.rivals import Rivalry, Rivals
from sluice_proxy.routes.matching.table import compile_routes
from sluice_proxy.routes.model.host_pattern import HostPattern
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Target
from sluice_proxy.snapshot.admin import Admin
from sluice_proxy.snapshot.listening import Listener
from sluice_proxy.snapshot.observing import Metrics
from sluice_proxy.snapshot.tls import HostPolicy, TlsSettings

Complaint = tuple[Path, str]


def complaints(
    listeners: Sequence[Listener],
    metrics: Metrics | None,
    admin: Admin | None,
    routes: Sequence[Route],
    tls: TlsSettings,
) -> Iterator[Complaint]:
    """Yield where values do not go together, and why."""
    yield from _listeners(listeners, metrics, admin)
    yield from _names(routes)
    yield from _targets(routes)
    yield from _rivals(routes)
    yield from _tls_hosts(tls)


def route_policies(routes: Sequence[Route]) -> tuple[tuple[HostPolicy, ...], list[Rivalry]]:
    """Return the TLS policies that routes set for their hosts, and where two differ.

    TLS is there before a request: routes of one host cannot have it differently.
    """
    found: dict[HostPattern, tuple[int, TlsPolicy]] = {}
    differing: list[Rivalry] = []
    for index, route in enumerate(routes):
        if route.tls is None:
            continue
        for host in route.hosts:
            first, policy = found.setdefault(host, (index, route.tls))
            if policy != route.tls:
                message = (
                    f"routes {routes[first].name!r} and {route.name!r} want different TLS for host"
                    f" {host}: make them the same"
                )
                differing.append(Rivalry(first, index, message))
    return tuple(HostPolicy(host, policy) for host, (_unused, policy) in found.items()), differing


def twice_among(targets: Sequence[Target]) -> list[tuple[int, str]]:
    """Return the places of targets that are there before already, and what is to be done."""
    names = [target.name for target in targets]
    if len(set(names)) == len(names):
        return []
    return [
        (place, f"{name} is here twice: leave one out, and give the other a weight")
        for place, name in enumerate(names)
        if name in names[:place]
    ]


def _listeners(
    listeners: Sequence[Listener], metrics: Metrics | None, admin: Admin | None
) -> Iterator[Complaint]:
    seen: dict[str, str] = {}
    for index, listener in enumerate(listeners):
        address, here = str(listener.address), f"listen[{index}]"
        first = seen.setdefault(address, here)
        if first != here:
            yield ("listen", index), f"{address} is listened to already by {first}"
    if metrics is not None:
        first = seen.setdefault(str(metrics.address), "metrics")
        if first != "metrics":
            yield ("metrics", "address"), f"{metrics.address} is that of {first}: use another"
    for index, place in enumerate(() if admin is None else admin.addresses):
        here = f"admin.listen[{index}]"
        first = seen.setdefault(str(place), here)
        if first != here:
            yield ("admin", "listen", index), f"{place} is that of {first}: use another"


def _names(routes: Sequence[Route]) -> Iterator[Complaint]:
    seen: dict[str, int] = {}
    for index, route in enumerate(routes):
        first = seen.setdefault(route.name, index)
        if first != index:
            message = f"the name {route.name!r} is that of routes[{first}] too: change one of them"
            yield ("routes", index, "name"), message


def _targets(routes: Sequence[Route]) -> Iterator[Complaint]:
    for index, route in enumerate(routes):
        for place, message in twice_among(route.targets):
            yield ("routes", index, "targets", place), message


def _rivals(routes: Sequence[Route]) -> Iterator[Complaint]:
    try:
        compile_routes(routes)
    except Rivals as rivals:
        for rivalry in rivals.rivalries:
            yield ("routes", rivalry.second), rivalry.message


def _tls_hosts(tls: TlsSettings) -> Iterator[Complaint]:
    seen: dict[HostPattern, HostPolicy] = {}
    for entry in tls.hosts:
        first = seen.setdefault(entry.host, entry)
        if first is not entry and first.policy != entry.policy:
            yield ("tls", "hosts"), f"host {entry.host} has two TLS policies: leave one out"
