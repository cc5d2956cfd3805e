# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure routes and their configuration: ``python -m bench.routing``.

Every figure is a median of rounds; the cases that are compared take turns within a round.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from functools import partial
from random import Random
from statistics import median
from time import perf_counter, process_time

from samples.config import FilesInMemory
from samples.routes import route, targets
from sluice_proxy.config.loading import parse
from sluice_proxy.routes.admission.rate import Rate
from sluice_proxy.routes.balancing.pool import Pool
from sluice_proxy.routes.matching.table import compile_routes
from sluice_proxy.routes.model.policies import Balancing, BalancingMethod, RateLimit
from sluice_proxy.snapshot.snapshot import decode, encode

ROUNDS = 9
CALLS = 50_000

PLACES = {
    "exact host, exact path": ("h%d.example.com =/a", "h0.example.com", "/a"),
    "exact host, any path": ("h%d.example.com /", "h0.example.com", "/a/b/c"),
    "exact host, prefix": ("h%d.example.com /a", "h0.example.com", "/a/b/c"),
    "wildcard host": ("*.h%d.example.com /", "www.h0.example.com", "/a"),
    "one host, prefixes": ("example.com /app%05d", "example.com", "/app00000/b/c"),
    "one host, globs": ("example.com /app%05d/*.png", "example.com", "/app00000/x.png"),
}


def microseconds(call: Callable[[], object]) -> float:
    """Return the time of one call."""
    return timeit.timeit(call, number=CALLS) / CALLS * 1e6


def matching() -> None:
    """Print the time of a look-up with one route and with 10,000."""
    for name, (pattern, host, path) in PLACES.items():
        one = compile_routes([route(pattern % 0)])
        many = compile_routes([route(pattern % number) for number in range(10_000)])
        times: dict[str, list[float]] = {"one": [], "many": []}
        for _unused in range(ROUNDS):
            times["one"].append(microseconds(partial(one.match, host, path)))
            times["many"].append(microseconds(partial(many.match, host, path)))
        first, second = median(times["one"]), median(times["many"])
        print(f"match, {name}: {first:.3f} us with 1 route, {second:.3f} us with 10,000")
    strangers = iter(range(10**9))
    table = compile_routes([route(f"h{number}.example.com /") for number in range(10_000)])
    stranger = microseconds(lambda: table.match(f"x{next(strangers)}.example.org", "/"))
    print(f"match, a host that is not remembered: {stranger:.3f} us")


def balancing() -> None:
    """Print the time of a choice."""
    for kind in BalancingMethod:
        for size in (1, 2, 8):
            pool = Pool(targets(*[1] * size), Balancing(kind), random=Random(1).random, clock=float)
            times = [microseconds(partial(pool.choose, b"192.0.2.1")) for _unused in range(ROUNDS)]
            print(f"choose, {kind.value}, {size} targets: {median(times):.3f} us")
    rate = Rate(RateLimit(1e9, 1))
    print(f"rate limit: {microseconds(lambda: rate.take(b'abcd', perf_counter())):.3f} us")


def configuration() -> None:
    """Print the processor time of loading 10,000 routes, and of handing them over."""
    text = "routes:\n" + "".join(
        f"  - name: app-{number}\n    hosts: [app-{number}.example.com]\n    targets:\n"
        f"      - url: http://10.0.{number // 250}.{number % 250}:8080\n        weight: 1\n"
        f"      - http://10.1.{number // 250}.{number % 250}:8080\n"
        for number in range(10_000)
    )
    steps: dict[str, list[float]] = {"load": [], "encode": [], "decode": [], "compile": []}
    for _unused in range(5):
        marks = [process_time()]
        snapshot = parse(text.encode(), file="bench.yml", files=FilesInMemory())
        marks.append(process_time())
        encoded = encode(snapshot)
        marks.append(process_time())
        snapshot = decode(encoded)
        marks.append(process_time())
        compile_routes(snapshot.routes)
        marks.append(process_time())
        for name, begin, end in zip(steps, marks, marks[1:], strict=False):
            steps[name].append(end - begin)
    for name, times in steps.items():
        print(f"10,000 routes, {name}: {median(times):.3f} s")
    print(f"10,000 routes, encoded: {len(encoded) / 1e6:.2f} MB")


if __name__ == "__main__":
    matching()
    balancing()
    configuration()
