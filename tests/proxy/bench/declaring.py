# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""10,000 routes in one task of proxy_route, while clients go on; prints the runs as JSON.

What a task takes is measured from its parameters to its result, diff included. The response times
of requests that were due while the first of them ran are compared with those of just before.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible_collections.sluice.edge.plugins.module_utils._proxy.listing import list_routes
from ansible_collections.sluice.edge.plugins.module_utils._proxy.routes import converge_routes
from bench.scene import Scene

ROUTES = 10_000
ROUNDS = 5
REQUESTS_A_SECOND = 500
BEFORE = 3.0
"""Seconds of requests that the others are compared with."""
MOST = 60
"""Seconds in which a round is over."""
EVERY_PROCESSOR = "0,1"
OWNER = "bench"


def declaration(socket: Path, weight: int = 1) -> dict[str, Any]:
    """Return the parameters of the task; ``weight`` is that of the first route's target."""
    config = [
        {
            "name": f"r{number}",
            "hosts": [f"h{number}.example.com"],
            "targets": [{"url": "http://127.0.0.1:8080", "weight": 1 if number else weight}],
        }
        for number in range(ROUTES)
    ]
    return {"config": config, "owner": OWNER, "purge": True, "socket": str(socket)}


def timed(work: Callable[[], dict[str, Any]], changes: int) -> tuple[float, float]:
    """Return when a task began and ended; ends the program when it changed something else."""
    began = time.perf_counter()
    result = work()
    ended = time.perf_counter()
    if len(result["operations"]) != changes:
        raise SystemExit(f"{len(result['operations'])} operations instead of {changes}")
    return began, ended


def round_of(port: int, socket: Path) -> dict[str, float]:
    """Measure from no declared route to none again."""

    def converge(params: dict[str, Any]) -> Callable[[], dict[str, Any]]:
        return lambda: converge_routes(params, check=False, with_diff=True)

    words = [sys.executable, "-m", "bench.paced", str(port), str(REQUESTS_A_SECOND), str(MOST)]
    with subprocess.Popen([*words, "--every"], stdout=subprocess.PIPE, text=True) as client:
        time.sleep(BEFORE + 1)
        first = timed(converge(declaration(socket)), ROUTES)
        client.terminate()
        requests = json.loads(client.communicate()[0])
    noop = timed(converge(declaration(socket)), 0)
    began = time.perf_counter()
    listed = list_routes({"socket": str(socket), "owner": OWNER})
    read = time.perf_counter() - began
    if len(listed["routes"]) != ROUTES:
        raise SystemExit(f"{len(listed['routes'])} routes were read instead of {ROUTES}")
    one = timed(converge(declaration(socket, weight=2)), 1)
    timed(converge({**declaration(socket), "config": []}), ROUTES)
    return {
        "first": first[1] - first[0],
        "noop": noop[1] - noop[0],
        "read": read,
        "one": one[1] - one[0],
        "p99-before": percentile(requests, first[0] - BEFORE, first[0]),
        "p99-during": percentile(requests, *first),
    }


def percentile(requests: list[list[float]], since: float, until: float) -> float:
    """Return the 99th percentile, in milliseconds, of requests that were due in between."""
    times = sorted(seconds for due, seconds in requests if since <= due < until)
    return times[min(len(times) - 1, len(times) * 99 // 100)] * 1e3


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, list[float]] = {}
    with Scene() as scene:
        place = scene.start("sluice", processors=EVERY_PROCESSOR)[1]
        for _unused in range(rounds):
            for name, figure in round_of(place.plain, place.socket).items():
                runs.setdefault(name, []).append(figure)
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
