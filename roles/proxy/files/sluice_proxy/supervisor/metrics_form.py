# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of a worker as bytes for the supervisor. Pure."""

from __future__ import annotations

import json
from typing import Any

from ..observe.metrics import BUCKETS, Histogram, Labels, Metrics, Traffic
from ..snapshot.collecting import collector_paused


def encode_metrics(metrics: Metrics) -> bytes:
    """Return ``metrics`` as bytes."""
    return json.dumps(
        {
            "traffic": [
                [
                    route,
                    target,
                    list(seen.statuses.items()),
                    seen.bytes_in,
                    seen.bytes_out,
                    seen.durations.counts,
                    seen.durations.total,
                ]
                for (route, target), seen in metrics.traffic.items()
                # Of thousands of routes, many have had no request.
                if seen.statuses
            ],
            "counters": [[name, labels, n] for (name, labels), n in metrics.counters.items()],
            "in_flight": [[*place, n] for place, n in metrics.in_flight.items()],
            "gauges": [[name, labels, n] for (name, labels), n in metrics.gauges.items()],
        }
    ).encode()


def decode_metrics(encoded: bytes) -> Metrics:
    """Return what ``encode_metrics`` made; raises ValueError for anything else."""
    try:
        with collector_paused():
            return _decoded(json.loads(encoded))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not the numbers of a worker: {error}") from error


def _decoded(read: dict[str, Any]) -> Metrics:
    metrics = Metrics()
    for route, target, statuses, bytes_in, bytes_out, counts, total in read["traffic"]:
        if len(counts) != len(BUCKETS) + 1:
            raise ValueError("other buckets")
        durations = Histogram(counts, total)
        seen = Traffic(dict(statuses), bytes_in, bytes_out, durations)
        metrics.traffic[route, target] = seen
    for route, target, number in read.get("in_flight", ()):
        metrics.in_flight[route, target] = number
    for name, labels, amount in read["counters"]:
        metrics.counters[name, _labels(labels)] = amount
    for name, labels, amount in read["gauges"]:
        metrics.gauges[name, _labels(labels)] = amount
    return metrics


def _labels(pairs: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in pairs)
