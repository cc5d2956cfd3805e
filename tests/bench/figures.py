# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Benchmark figures: medians, ratios, the table for people and the file for machines. Pure."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from statistics import median
from typing import Optional, Sequence, Tuple


@dataclass(frozen=True)
class Figure:
    """One benchmark, beside its peer if it has one.

    ``limit`` is the bar of ``ratio``, figure ÷ peer_figure, or of the figure itself where there is
    no ratio: it is what was needed beyond the peer's, or there is no peer. ``limit_is`` says
    whether it is the ``most`` or the ``least`` that meets the bar. ``met`` is None where this
    machine cannot tell; ``note`` says why, or what else has to be known.
    """

    name: str
    figure: float
    unit: str
    peer: str
    peer_figure: Optional[float]
    ratio: Optional[float]
    limit: float
    met: Optional[bool]
    limit_is: str = "most"
    note: str = ""


def compare(
    name: str, runs: Sequence[float], peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of interleaved runs, in seconds.

    The ratio is the median of the ratios pair by pair, so that a machine whose speed drifts
    slows both sides of a pair.
    """
    return at_most(name, runs, "s", peer, peer_runs, limit)


def at_most(
    name: str, runs: Sequence[float], unit: str, peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of interleaved runs that are better the less they are."""
    ratio = _ratio(runs, peer_runs)
    return _paired(name, runs, unit, peer, peer_runs, ratio, limit, ratio <= limit, "most")


def at_least(
    name: str, runs: Sequence[float], unit: str, peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of interleaved runs that are better the more they are."""
    ratio = _ratio(runs, peer_runs)
    return _paired(name, runs, unit, peer, peer_runs, ratio, limit, ratio >= limit, "least")


def within(name: str, runs: Sequence[float], unit: str, limit: float) -> Figure:
    """Return the figure of runs without a peer, of which the median has a bar of its own."""
    figure = median(runs)
    return Figure(name, round(figure, 4), unit, "", None, None, limit, figure <= limit)


def beyond(
    name: str, runs: Sequence[float], peer: str, peer_runs: Sequence[float], limit: float
) -> Figure:
    """Return the figure of what interleaved runs took longer than the peer's, in seconds."""
    excess = median(own - other for own, other in zip(runs, peer_runs, strict=True))
    return Figure(
        name, round(excess, 4), "s", peer, round(median(peer_runs), 4), None, limit, excess <= limit
    )


def _ratio(runs: Sequence[float], peer_runs: Sequence[float]) -> float:
    return median(own / other for own, other in zip(runs, peer_runs, strict=True))


def _paired(
    name: str,
    runs: Sequence[float],
    unit: str,
    peer: str,
    peer_runs: Sequence[float],
    ratio: float,
    limit: float,
    met: bool,
    limit_is: str,
) -> Figure:
    own, other = round(median(runs), 4), round(median(peer_runs), 4)
    return Figure(name, own, unit, peer, other, round(ratio, 3), limit, met, limit_is)


def as_table(figures: Sequence[Figure]) -> str:
    """Return the figures as a table of text, and below it what is to be noted of them."""
    rows = [("benchmark", "figure", "peer", "peer figure", "ratio", "bar", "met")]
    rows += [_row(entry) for entry in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += ["%s: %s" % (entry.name, entry.note) for entry in figures if entry.note]
    return "\n".join(line.rstrip() for line in lines)


def _row(entry: Figure) -> Tuple[str, ...]:
    if entry.ratio is not None:
        ratio = "%.2f" % entry.ratio
    else:
        ratio = "" if entry.peer_figure is None else "beyond it"
    return (
        entry.name,
        _quantity(entry.figure, entry.unit),
        entry.peer,
        "" if entry.peer_figure is None else _quantity(entry.peer_figure, entry.unit),
        ratio,
        "%s %.2f%s"
        % (
            "≤" if entry.limit_is == "most" else "≥",
            entry.limit,
            " " + entry.unit if entry.ratio is None else "",
        ),
        {True: "yes", False: "NO", None: "not judged"}[entry.met],
    )


def _quantity(amount: float, unit: str) -> str:
    return ("%.0f %s" if amount >= 100 else "%.3f %s") % (amount, unit)


def as_json(figures: Sequence[Figure]) -> str:
    """Return the figures as the text of build/bench.json."""
    objects = []
    for entry in figures:
        values = asdict(entry)
        values["bar"] = values.pop("limit")
        values["bar_is"] = values.pop("limit_is")
        objects.append(values)
    return json.dumps(objects, indent=2) + "\n"
