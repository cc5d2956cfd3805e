# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the supervisor counts itself, beside the numbers of the workers."""

from __future__ import annotations

from collections.abc import Iterable

from ..observe.metrics import Metrics
from ..routes.model.route import Route

HELPS = {
    "sluice_workers": "Workers that serve clients.",
    "sluice_workers_leaving": "Workers that finish what they do, and end.",
    "sluice_worker_deaths_total": "Workers that ended without being told to.",
    "sluice_snapshot_version": "Version of the snapshot in force.",
    "sluice_routes": "Routes in force.",
    "sluice_certificates": "Certificates in force.",
    "sluice_reloads_total": "Configurations read again, by what became of them.",
    "sluice_target_healthy": "1 for a target that active checks find healthy, else 0.",
    "sluice_connections": "Clients that are connected.",
    "sluice_connections_refused_total": "Clients that were not let in, by reason.",
    "sluice_access_log_lines_dropped_total": "Lines that the access log's file did not take.",
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
    certificates: int,
    reloads: dict[str, int],
    targets: Iterable[tuple[tuple[str, str], bool]],
) -> Metrics:
    """Return the supervisor's numbers; ``reloads`` has them by result."""
    metrics = Metrics()
    gauges = {
        "sluice_workers": workers,
        "sluice_workers_leaving": leaving,
        "sluice_snapshot_version": version,
        "sluice_routes": routes,
        "sluice_certificates": certificates,
    }
    for name, amount in gauges.items():
        metrics.gauges[name, ()] = amount
    for (route, target), healthy in targets:
        labels = (("route", route), ("target", target))
        metrics.gauges["sluice_target_healthy", labels] = int(healthy)
    metrics.counters["sluice_worker_deaths_total", ()] = deaths
    for result, amount in reloads.items():
        metrics.counters["sluice_reloads_total", (("result", result),)] = amount
    return metrics
