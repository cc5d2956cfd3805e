# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the supervisor counts itself, beside the numbers of the workers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..observe.expiry import expiry_gauges
from ..observe.metrics import Metrics
from ..routes.model.route import Route
from ..snapshot.tls import Certificate
from .order_numbers import HELPS as OF_ORDERS

HELPS = {
    "sluice_workers": "Workers that serve clients.",
    "sluice_workers_leaving": "Workers that finish what they do, and end.",
    "sluice_worker_deaths_total": "Workers that ended without being told to.",
    "sluice_snapshot_version": "Version of the snapshot in force.",
    "sluice_routes": "Routes in force.",
    "sluice_certificates": "Certificates in force.",
    "sluice_certificates_least_days_left": "Days until the first certificate expires.",
    "sluice_certificate_days_left": (
        "Days until a certificate expires, by its first name, of the 100 that do so first."
    ),
    "sluice_local_ca_days_left": "Days until the local CA expires, where there is one.",
    "sluice_reloads_total": "Configurations read again, by what became of them.",
    "sluice_target_healthy": "1 for a target that active checks find healthy, else 0.",
    "sluice_connections": "Clients that are connected.",
    "sluice_connections_refused_total": "Clients that were not let in, by reason.",
    "sluice_access_log_lines_dropped_total": "Lines that the access log's file did not take.",
    "sluice_on_demand_names_total": (
        "Names without a certificate that clients asked for, by what came of them."
    ),
    "sluice_questions_total": (
        "Questions of workers to the supervisor, by what about and what came of them."
    ),
    **OF_ORDERS,
    "sluice_tls_contexts": "TLS contexts that workers have made and keep.",
    "sluice_tls_handshakes_failed_total": "TLS handshakes that did not succeed.",
}
"""What each number is about, other than those of requests."""


def traffic_of(routes: Iterable[Route]) -> set[tuple[str, str]]:
    """Return the pairs of route and target that ``routes`` have numbers of.

    Those of others are forgotten: names that change with the configuration would add up for ever.
    """
    pairs = {("", "")}
    for route in routes:
        pairs.add((route.name, ""))
        pairs.update((route.name, target.name) for target in route.targets)
    return pairs


def supervisor_metrics(
    *,
    workers: int,
    leaving: int,
    deaths: int,
    version: int,
    routes: int,
    certificates: Sequence[Certificate],
    now: float,
    reloads: dict[str, int],
    targets: Iterable[tuple[tuple[str, str], bool]],
    local_ca_days_left: float | None = None,
) -> Metrics:
    """Return the supervisor's numbers; ``reloads`` has them by result, ``now`` is in seconds since
    1970."""
    metrics = Metrics()
    gauges = {
        "sluice_workers": workers,
        "sluice_workers_leaving": leaving,
        "sluice_snapshot_version": version,
        "sluice_routes": routes,
        "sluice_certificates": len(certificates),
    }
    for name, amount in gauges.items():
        metrics.gauges[name, ()] = amount
    for called, labels, days in expiry_gauges(certificates, now):
        metrics.gauges[called, labels] = days
    if local_ca_days_left is not None:
        metrics.gauges["sluice_local_ca_days_left", ()] = round(local_ca_days_left, 3)
    for (route, target), healthy in targets:
        of_target = (("route", route), ("target", target))
        metrics.gauges["sluice_target_healthy", of_target] = int(healthy)
    metrics.counters["sluice_worker_deaths_total", ()] = deaths
    for result, amount in reloads.items():
        metrics.counters["sluice_reloads_total", (("result", result),)] = amount
    return metrics
