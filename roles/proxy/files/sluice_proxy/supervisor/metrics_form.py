# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The numbers of a worker as bytes for the supervisor. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..observe.metrics import BUCKETS, Histogram, Labels, Metrics, Traffic
from ..snapshot.collecting import collector_paused

AT_ONCE = 500
"""Routes and targets of one piece."""


def pieces(metrics: Metrics) -> Iterator[bytes]:
    """Yield ``metrics`` as bytes, in pieces that take a millisecond or so each.

    Between two of them the numbers may be counted on; each route and target is consistent.
    """
    # Of thousands of routes, many have had no request.
    asked = [(place, seen) for place, seen in metrics.traffic.items() if seen.statuses]
    others = {
        "counters": [[name, labels, n] for (name, labels), n in metrics.counters.items()],
        "in_flight": [[*place, n] for place, n in metrics.in_flight.items()],
        "gauges": [[name, labels, n] for (name, labels), n in metrics.gauges.items()],
    }
    yield json.dumps(others).encode()[:-1] + b', "traffic": ['
    for first in range(0, len(asked), AT_ONCE):
        rows = [_row(*one) for one in asked[first : first + AT_ONCE]]
        last = first + AT_ONCE >= len(asked)
        yield json.dumps(rows).encode()[1:-1] + (b"" if last else b", ")
    yield b"]}"


def _row(place: tuple[str, str], seen: Traffic) -> list[Any]:
    durations = seen.durations
    return [
        *place,
        list(seen.statuses.items()),
        seen.bytes_in,
        seen.bytes_out,
        durations.counts,
        durations.total,
    ]


def encode_metrics(metrics: Metrics) -> bytes:
    """Return ``metrics`` as bytes."""
    return b"".join(pieces(metrics))


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
