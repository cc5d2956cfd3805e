# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting until real servers have no more connections. Pure but for the clock it is given."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from .model import Server, ServerId

FIRST_PAUSE = 0.1
LONGEST_PAUSE = 2.0
GROWTH = 1.5
BUSY_SHARE = 50
"""A pause lasts at least this many times as long as the poll before it, so that waiting on a
director with thousands of servers still costs next to no processor time."""

MAXIMUM_SAMPLES = 20

Count = Callable[[], Mapping[ServerId, int]]
"""Returns the active connections of each server that exists."""


class Clock(NamedTuple):
    """Where time comes from: seconds that only grow, and a pause of some seconds."""

    now: Callable[[], float]
    sleep: Callable[[float], None]


class Drained(NamedTuple):
    """How the connections of one server fell while it was waited for.

    ``samples`` are (seconds since the start, active connections), the last one the newest.
    """

    server: Server
    samples: Tuple[Tuple[float, int], ...]
    timed_out: bool

    def as_result(self) -> Dict[str, Any]:
        """Return the entry of the module's ``drained`` list."""
        return {
            "server": self.server.name,
            "seconds": self.samples[-1][0],
            "connections_before": self.samples[0][1],
            "connections_after": self.samples[-1][1],
            "timed_out": self.timed_out,
            "samples": [
                {"seconds": seconds, "connections": count}
                for seconds, count in _thin_out(self.samples)
            ],
        }


def wait_until_drained(
    servers: Sequence[Server], count: Count, threshold: int, timeout: float, clock: Clock
) -> List[Drained]:
    """Wait until every server has at most ``threshold`` active connections, or time is up.

    A server that has vanished counts as drained. ``timeout`` is in seconds and shared by all.
    """
    start = clock.now()
    samples: Dict[ServerId, List[Tuple[float, int]]] = {server.key: [] for server in servers}
    waiting = dict.fromkeys(samples)
    pause = FIRST_PAUSE
    while True:
        polled = clock.now()
        counts = count()
        finished = clock.now()
        for key in list(waiting):
            active = counts.get(key, 0)
            samples[key].append((round(polled - start, 2), active))
            if active <= threshold:
                del waiting[key]
        left = start + timeout - finished
        if not waiting or left <= 0:
            break
        clock.sleep(min(max(pause, BUSY_SHARE * (finished - polled)), left))
        pause = min(pause * GROWTH, LONGEST_PAUSE)
    return [
        Drained(server, tuple(samples[server.key]), server.key in waiting) for server in servers
    ]


def _thin_out(samples: Sequence[Tuple[float, int]]) -> List[Tuple[float, int]]:
    if len(samples) <= MAXIMUM_SAMPLES:
        return list(samples)
    step = (len(samples) - 1) / (MAXIMUM_SAMPLES - 1)
    return [samples[round(index * step)] for index in range(MAXIMUM_SAMPLES)]
