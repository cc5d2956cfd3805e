# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a small request costs in the worker's own code: ``python -m bench.worker``.

Processor time in microseconds, the best of several runs, without the loop, the kernel and TLS:
connections are in memory. Log and numbers are on.
"""

from __future__ import annotations

import gc
import time

from running.memory import Plane, Wire

from bench.heads import RESPONSE, TOOL

CONFIG = "listen: ['127.0.0.1:1']\nroutes: [{name: all, targets: ['http://192.0.2.2:80']}]\n"
ANSWER = RESPONSE + b"x" * 612
REQUESTS, RUNS = 500, 60
"""A connection carries ten thousand requests at most: each run has one of its own."""


def run(plane: Plane, target: Wire) -> tuple[float, float]:
    """Return the microseconds of a request on its way to the target, and there and back."""
    client = plane.client()
    forth = 0.0
    begin = time.process_time()
    for _unused in range(REQUESTS):
        sent = time.perf_counter()
        client.protocol.data_received(TOOL)
        forth += time.perf_counter() - sent
        target.protocol.data_received(ANSWER)
        client.taken.clear()
        target.taken.clear()
    both = time.process_time() - begin
    if client.closing:
        raise SystemExit("the connection was closed")
    client.end()
    plane.step()
    return forth / REQUESTS * 1e6, both / REQUESTS * 1e6


def main() -> None:
    """Print the way to the target, the way back, and both."""
    with Plane(CONFIG) as plane:
        client = plane.client()
        client.send(TOOL)
        target = plane.dialled().accept()
        plane.step()
        target.send(ANSWER)
        gc.collect()
        gc.freeze()
        runs = [run(plane, target) for _unused in range(RUNS)]
    forth, both = min(run[0] for run in runs), min(run[1] for run in runs)
    print(f"{forth:7.2f} µs  request in, and sent on")
    print(f"{both - forth:7.2f} µs  response in, sent on, logged and counted")
    print(f"{both:7.2f} µs  both")


if __name__ == "__main__":
    main()
