# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of a worker as bytes for the supervisor. Pure."""

from __future__ import annotations

import json

from ..observe.metrics import Labels, Metrics


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
    metrics = Metrics()
    try:
        read = json.loads(encoded)
        for route, target, statuses, bytes_in, bytes_out, counts, total in read["traffic"]:
            seen = metrics.of(route, target)
            seen.statuses = dict(statuses)
            seen.bytes_in, seen.bytes_out = bytes_in, bytes_out
            seen.durations.add(counts, total)
        for route, target, number in read.get("in_flight", ()):
            metrics.in_flight[route, target] = number
        for name, labels, amount in read["counters"]:
            metrics.counters[name, _labels(labels)] = amount
        for name, labels, amount in read["gauges"]:
            metrics.gauges[name, _labels(labels)] = amount
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"not the numbers of a worker: {error}") from error
    return metrics


def _labels(pairs: list[list[str]]) -> Labels:
    return tuple((name, value) for name, value in pairs)
