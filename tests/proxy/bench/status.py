# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the status of many routes costs who asks for it: ``python -m bench.status``.

Figures are processor time; the least of some rounds, because others use the machine too.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from time import process_time
from typing import TypeVar

from running.memory import Plane
from running.proxy import to
from samples.status import facts
from sluice_proxy.admin.asking import json_answer
from sluice_proxy.admin.page import render
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.snapshot.collecting import collector_paused
from sluice_proxy.supervisor.metrics_form import decode_metrics, encode_metrics
from sluice_proxy.supervisor.status import status_of
from sluice_proxy.supervisor.status_traffic import rates

ROUTES, ROUNDS, CONNECTIONS, UNDER_WAY = 10_000, 5, 10_000, 2_000
T = TypeVar("T")


def least(what: str, call: Callable[[], T]) -> T:
    """Print the time of a call in milliseconds, and return what it returns."""
    times = []
    for _unused in range(ROUNDS):
        began = process_time()
        with collector_paused():
            returned = call()
        times.append(process_time() - began)
    print(f"  {what}: {1000 * min(times):.1f} ms")
    return returned


def numbers(requests: int, busy: int) -> Metrics:
    """Return the numbers of a worker: one request of each route, and then some of ``busy``."""
    made = Metrics()
    for place in range(ROUTES):
        of_one = made.of(f"r{place}", f"http://10.0.0.1:{place + 1}")
        for number in range(1 + (requests if place < busy else 0)):
            of_one.count(200 if number % 3 else 502, 0.003 * number, 100, 200)
    return made


def document() -> None:
    """Print what is spent in the supervisor on one answer, with two workers."""
    config = "listen: ['127.0.0.1:1']\nroutes:\n" + "".join(
        f"- {{name: r{place}, hosts: h{place}.test, targets: 'http://10.0.0.1:{place + 1}'}}\n"
        for place in range(ROUTES)
    )
    made = facts(config)
    for busy in (0, 500, ROUTES):
        print(f"{ROUTES} routes, all of them asked once, {busy} of them in the last second")
        before, after = numbers(0, busy), numbers(3, busy)
        encoded = encode_metrics(after)
        print(f"  numbers of one worker: {len(encoded) / 2**20:.1f} MiB")
        least("told by one worker", lambda now=after: encode_metrics(now))
        least("read, of one worker", lambda told=encoded: decode_metrics(told))

        def both(now: Metrics = after) -> Metrics:
            whole = Metrics()
            whole.merge(now)
            whole.merge(now)
            return whole

        since = least("added up", both)
        found = least("rates", lambda one=before, two=since: rates(one, two, 1.0))
        status = least("document", lambda seen=found: status_of(replace(made, rates=seen)))
        answer = least("JSON", lambda told=status: json_answer(told))
        least("page", lambda told=status: render(told))
    print(f"  {len(json.dumps(json.loads(bytes(answer.body)))) / 2**20:.1f} MiB of JSON")


def under_way() -> None:
    """Print what a worker with many clients spends on counting what is under way."""
    config = to("http://127.0.0.1:9") + (
        f"limits: {{connections: {2 * CONNECTIONS}}}\n"
        f"upstream: {{connections: {UNDER_WAY}, queue: {CONNECTIONS}}}\n"
    )
    with Plane(config) as plane:
        clients = [plane.client(f"192.0.{n >> 8}.{n & 255}") for n in range(CONNECTIONS)]
        for client in clients[:UNDER_WAY]:
            client.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        print(f"{CONNECTIONS} connections, {UNDER_WAY} requests under way")
        assert sum(least("counted", plane.worker.count_in_flight).values()) == UNDER_WAY


if __name__ == "__main__":
    document()
    under_way()
