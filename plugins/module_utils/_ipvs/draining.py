# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the connections of real servers fall while they are drained."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Sequence, Tuple

from .._converge.waiting import Clock, thin_out, wait_until_at_rest
from .model import Server, ServerId

Count = Callable[[], Mapping[ServerId, int]]
"""Returns the active connections of each server that exists."""


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
                for seconds, count in thin_out(self.samples)
            ],
        }


def wait_until_drained(
    servers: Sequence[Server], count: Count, threshold: int, timeout: float, clock: Clock
) -> List[Drained]:
    """Wait until every server has at most ``threshold`` active connections, or time is up.

    A server that has vanished counts as drained. ``timeout`` is in seconds and shared by all.
    """
    keys = [server.key for server in servers]
    watched = wait_until_at_rest(keys, count, threshold, timeout, clock)
    return [Drained(server, *watched[server.key]) for server in servers]
