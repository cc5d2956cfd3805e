# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests a second of the proxy and its peers, in turn; prints the runs as JSON.

Each proxy has one worker on a processor of its own, the client and the origin share another one.
All take turns within a round.
"""

from __future__ import annotations

import json
import sys

from bench.load import Measured, columns, load
from bench.peers import BY_NAME
from bench.scene import Scene

CASES = {"http": ("plain", "/small"), "tls": ("secure", "/small"), "100k": ("plain", "/100k")}
ROUNDS = 4
SECONDS = 2


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, dict[str, list[Measured]]] = {
        case: {name: [] for name in BY_NAME} for case in CASES
    }
    with Scene() as scene:
        running = {name: scene.start(name) for name in BY_NAME}
        for _unused in range(rounds):
            for case, (port, path) in CASES.items():
                scheme = "https" if port == "secure" else "http"
                for name, (process, place) in running.items():
                    url = f"{scheme}://127.0.0.1:{getattr(place, port)}{path}"
                    runs[case][name].append(load(process, url, SECONDS))
    print(
        json.dumps(
            {
                case: {name: columns(found) for name, found in by_name.items()}
                for case, by_name in runs.items()
            }
        )
    )


if __name__ == "__main__":
    main()
