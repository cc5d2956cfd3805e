# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmark figures: medians, ratios, the table for people and the file for machines. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import Optional, Sequence


@dataclass(frozen=True)
class Figure:
    """One benchmark beside its peer.

    ``limit`` is the bar of ``ratio``, figure ÷ peer_figure, or of the figure itself where there is
    no ratio because the figure is what was needed beyond the peer's.
    """

    name: str
    figure: float
    unit: str
    peer: str
    peer_figure: float
    ratio: Optional[float]
    limit: float
    met: bool


def compare(
    name: str, runs: Sequence[float], peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of interleaved runs, in seconds.

    The ratio is the median of the ratios pair by pair, so that a machine whose speed drifts
    slows both sides of a pair.
    """
    ratio = median(own / other for own, other in zip(runs, peer_runs, strict=True))
    return Figure(
        name,
        round(median(runs), 4),
        "s",
        peer,
        round(median(peer_runs), 4),
        round(ratio, 3),
        limit,
        ratio <= limit,
    )


def beyond(
    name: str, runs: Sequence[float], peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of what interleaved runs took longer than the peer's, in seconds."""
    excess = median(own - other for own, other in zip(runs, peer_runs, strict=True))
    return Figure(
        name, round(excess, 4), "s", peer, round(median(peer_runs), 4), None, limit, excess <= limit
    )


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table of text."""
    rows = [("benchmark", "figure", "peer", "peer figure", "ratio", "bar", "met")]
    for entry in figures:
        rows.append(
            (
                entry.name,
                "%.3f %s" % (entry.figure, entry.unit),
                entry.peer,
                "%.3f %s" % (entry.peer_figure, entry.unit),
                "beyond it" if entry.ratio is None else "%.2f" % entry.ratio,
                "≤ %.2f%s" % (entry.limit, " " + entry.unit if entry.ratio is None else ""),
                "yes" if entry.met else "NO",
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(line.rstrip() for line in lines)


def as_json(figures: Sequence[Figure]) -> str:
    """Return the figures as the text of build/bench.json."""
    objects = []
    for entry in figures:
        values = asdict(entry)
        values["bar"] = values.pop("limit")
        objects.append(values)
    return json.dumps(objects, indent=2) + "\n"
