# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Response times at the same offered load, in turn; prints the 99th percentiles as JSON.

Requests are due at even intervals whatever became of those before, and a response time counts from
when its request was due: a proxy that stalls is charged for all that waited meanwhile.
"""

from __future__ import annotations

import json
import subprocess
import sys

from bench.processes import OTHER_PROCESSOR, command
from bench.scene import Scene

PROXIES = ("nginx", "haproxy", "sluice")
REQUESTS_A_SECOND = 3000
ROUNDS = 4
SECONDS = 3


def percentiles(port: int) -> dict[str, float]:
    """Return what the paced client found at this port, in milliseconds."""
    words = [command("taskset"), "-c", OTHER_PROCESSOR, sys.executable, "-m", "bench.paced"]
    words += [str(port), str(REQUESTS_A_SECOND), str(SECONDS)]
    done = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, dict[str, list[float]]] = {name: {"p50": [], "p99": []} for name in PROXIES}
    with Scene() as scene:
        running = {name: scene.start(name)[1].plain for name in PROXIES}
        for port in running.values():
            percentiles(port)
        for _unused in range(rounds):
            for name, port in running.items():
                for which, value in percentiles(port).items():
                    runs[name][which].append(value)
    print(json.dumps({"rate": REQUESTS_A_SECOND, "runs": runs}))


if __name__ == "__main__":
    main()
