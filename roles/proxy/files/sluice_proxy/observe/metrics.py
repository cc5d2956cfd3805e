# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a worker counts, in a form that adds up over workers and prints as Prometheus reads it.

Text format: https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable, Mapping
from operator import add

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
"""Upper bounds of durations, in seconds."""

_NONE = (0,) * (len(BUCKETS) + 1)

Labels = tuple[tuple[str, str], ...]


class Histogram:
    """How often durations fell between the bounds."""

    __slots__ = ("counts", "total")

    def __init__(self, counts: Iterable[int] = _NONE, total: float = 0.0) -> None:
        """``counts`` has a number for each bound, and one for what is beyond."""
        self.counts = list(counts)
        self.total = total

    def add(self, other: Histogram) -> None:
        """Add what another histogram counted."""
        self.counts = [*map(add, self.counts, other.counts)]
        self.total += other.total


class Traffic:
    """The numbers of one route and target."""

    __slots__ = ("bytes_in", "bytes_out", "durations", "statuses")

    def __init__(
        self,
        statuses: dict[int, int],
        bytes_in: int = 0,
        bytes_out: int = 0,
        durations: Histogram | None = None,
    ) -> None:
        """``statuses`` has how many there were of each."""
        self.statuses = statuses
        self.bytes_in = bytes_in
        self.bytes_out = bytes_out
        self.durations = durations or Histogram()

    def count(self, status: int, seconds: float, bytes_in: int, bytes_out: int) -> None:
        """Count one exchange."""
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.bytes_in += bytes_in
        self.bytes_out += bytes_out
        durations = self.durations
        durations.counts[bisect_left(BUCKETS, seconds)] += 1
        durations.total += seconds

    def copy(self) -> Traffic:
        """Return the same numbers, to be counted on by themselves."""
        durations = Histogram(self.durations.counts, self.durations.total)
        return Traffic(dict(self.statuses), self.bytes_in, self.bytes_out, durations)


class Metrics:
    """All numbers of one worker, or of several added up."""

    def __init__(self) -> None:
        self.traffic: dict[tuple[str, str], Traffic] = {}
        self.counters: dict[tuple[str, Labels], float] = {}
        self.gauges: dict[tuple[str, Labels], float] = {}
        self.in_flight: dict[tuple[str, str], int] = {}
        """How many exchanges of a route and target are under way; of a tunnel for as long as it
        is open. A gauge: who has the exchanges counts them anew each time."""

    def of(self, route: str, target: str) -> Traffic:
        """Return the numbers of a route and target, begun at nothing."""
        found = self.traffic.get((route, target))
        if found is None:
            found = self.traffic[route, target] = Traffic({})
        return found

    def add(self, name: str, amount: float = 1, labels: Labels = ()) -> None:
        """Let a counter grow."""
        self.counters[name, labels] = self.counters.get((name, labels), 0) + amount

    def without_gauges(self) -> Metrics:
        """Return these without what only says how it is at present."""
        kept = Metrics()
        kept.merge(self)
        kept.gauges.clear()
        kept.in_flight.clear()
        return kept

    def keep_only(self, traffic: Container[tuple[str, str]]) -> None:
        """Forget the numbers of routes and targets that are not in ``traffic``."""
        for table in (self.traffic, self.in_flight):
            for key in [key for key in table if key not in traffic]:
                del table[key]

    def merge(self, other: Metrics) -> None:
        """Add another worker's numbers to these; gauges add up too."""
        for key, theirs in other.traffic.items():
            mine = self.traffic.get(key)
            if mine is None:
                self.traffic[key] = theirs.copy()
                continue
            for status, number in theirs.statuses.items():
                mine.statuses[status] = mine.statuses.get(status, 0) + number
            mine.bytes_in += theirs.bytes_in
            mine.bytes_out += theirs.bytes_out
            mine.durations.add(theirs.durations)
        for place, number in other.in_flight.items():
            self.in_flight[place] = self.in_flight.get(place, 0) + number
        for table, others in ((self.counters, other.counters), (self.gauges, other.gauges)):
            for counted, amount in others.items():
                table[counted] = table.get(counted, 0) + amount

    def render(self, helps: Mapping[str, str]) -> str:
        """Return the exposition text; ``helps`` says what each counter and gauge is about."""
        lines: list[str] = []
        _render_traffic(lines, self.traffic)
        _render_in_flight(lines, self)
        for kind, table in (("counter", self.counters), ("gauge", self.gauges)):
            names = sorted({name for name, _unused in table})
            for name in names:
                lines.append(f"# HELP {name} {helps.get(name, name)}")
                lines.append(f"# TYPE {name} {kind}")
                lines += [
                    f"{name}{_labels(labels)} {amount:.15g}"
                    for (other, labels), amount in sorted(table.items())
                    if other == name
                ]
        return "".join(line + "\n" for line in lines)


def _render_traffic(lines: list[str], traffic: Mapping[tuple[str, str], Traffic]) -> None:
    rows = sorted(traffic.items())
    lines.append("# HELP sluice_requests_total Requests answered.")
    lines.append("# TYPE sluice_requests_total counter")
    for (route, target), seen in rows:
        for status, number in sorted(seen.statuses.items()):
            labels = _labels((("route", route), ("target", target), ("status", str(status))))
            lines.append(f"sluice_requests_total{labels} {number}")
    for name, attribute, about in (
        ("sluice_request_bytes_total", "bytes_in", "Bytes of requests received from clients."),
        ("sluice_response_bytes_total", "bytes_out", "Bytes of responses sent to clients."),
    ):
        lines.append(f"# HELP {name} {about}")
        lines.append(f"# TYPE {name} counter")
        for (route, target), seen in rows:
            labels = _labels((("route", route), ("target", target)))
            lines.append(f"{name}{labels} {getattr(seen, attribute)}")
    name = "sluice_request_duration_seconds"
    lines.append(f"# HELP {name} From a request's first byte to its response's last.")
    lines.append(f"# TYPE {name} histogram")
    for (route, target), seen in rows:
        base: Labels = (("route", route), ("target", target))
        running = 0
        for bound, count in zip((*map(repr, BUCKETS), "+Inf"), seen.durations.counts, strict=True):
            running += count
            lines.append(f"{name}_bucket{_labels((*base, ('le', bound)))} {running}")
        lines.append(f"{name}_sum{_labels(base)} {seen.durations.total:.6f}")
        lines.append(f"{name}_count{_labels(base)} {running}")


def _render_in_flight(lines: list[str], metrics: Metrics) -> None:
    name = "sluice_requests_in_flight"
    lines.append(f"# HELP {name} Requests under way, and tunnels that are open.")
    lines.append(f"# TYPE {name} gauge")
    for route, target in sorted(metrics.traffic.keys() | metrics.in_flight.keys()):
        number = metrics.in_flight.get((route, target), 0)
        lines.append(f"{name}{_labels((('route', route), ('target', target)))} {number}")


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{%s}" % ",".join(f'{name}="{_escape(value)}"' for name, value in labels)


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
