# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The benchmarks of the proxy beside nginx, haproxy and caddy, each with its log on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from figures import Figure, at_least, at_most, beyond, within

CHECKOUT = Path(__file__).resolve().parents[2]
PROGRAMS = CHECKOUT / "tests/proxy"
PACKAGE = CHECKOUT / "roles/proxy/files"
PLUGINS = CHECKOUT / "build/collections"

Runs = dict[str, dict[str, list[float]]]


def throughput_figures() -> list[Figure]:
    """Return the figures of small and large responses, with and without TLS."""
    runs = _measured("throughput")
    for case, by_proxy in runs.items():
        _show(case, by_proxy)

    def beside(name: str, case: str, peer: str, limit: float) -> Figure:
        own, other = runs[case]["sluice"]["rate"], runs[case][peer]["rate"]
        return at_least(name, own, "requests/s", peer, other, limit)

    return [
        beside("proxy-http-vs-nginx", "http", "nginx", 0.60),
        beside("proxy-http-vs-caddy", "http", "caddy", 2.5),
        beside("proxy-tls-vs-nginx", "tls", "nginx", 0.60),
        beside("proxy-100k-vs-nginx", "100k", "nginx", 0.80),
    ]


def latency_figures() -> list[Figure]:
    """Return the figure of the 99th percentile of response times at the same offered load."""
    measured = _measured("latency")
    runs: Runs = measured["runs"]
    for name, found in runs.items():
        p50, p99 = median(found["p50"]), median(found["p99"])
        print(f"  {name:8} {p50:8.3f} ms in the middle {p99:8.3f} ms 99th percentile")
    own, peer = runs["sluice"]["p99"], runs["nginx"]["p99"]
    figure = at_most("proxy-p99-vs-nginx", own, "ms", "nginx", peer, 2.0)
    return [replace(figure, note=f"both were offered {measured['rate']} requests a second")]


def routes_figures() -> list[Figure]:
    """Return the figure of 10,000 routes."""
    runs: Runs = _measured("many_routes")
    _show("routes", runs)
    rates = runs["many"]["rate"], runs["one"]["rate"]
    return [at_least("proxy-routes-10k", rates[0], "requests/s", "one route", rates[1], 0.95)]


def declaring_figures() -> list[Figure]:
    """Return the figures of 10,000 routes in one task of proxy_route."""
    runs: dict[str, list[float]] = _measured("declaring")
    during, before = runs["p99-during"], runs["p99-before"]
    return [
        within("proxy-route-10k-first", runs["first"], "s", 5.0),
        within("proxy-route-10k-noop", runs["noop"], "s", 2.0),
        beyond("proxy-route-10k-one", runs["one"], "reading them", runs["read"], 1.0),
        at_most("proxy-route-10k-p99", during, "ms", "just before", before, 2.0),
    ]


def demanding_figures() -> list[Figure]:
    """Return the figure of strangers who want certificates on demand."""
    runs: dict[str, list[float]] = _measured("demanding")
    refused, asked = median(runs["refused"]), median(runs["asked"])
    print(f"  {refused:.0f} handshakes/s were refused, {asked:.0f} names asked about in a round")
    before, meanwhile = runs["p99-before"], runs["p99-meanwhile"]
    return [at_most("proxy-strangers-p99", meanwhile, "ms", "just before", before, 2.0)]


def workers_figures() -> list[Figure]:
    """Return the figure of two workers; not judged where there are too few processors."""
    runs = _measured("two_workers")
    processors, enough = runs.pop("processors"), runs.pop("enough")
    _show("workers", runs)
    rates = runs["two"]["rate"], runs["one"]["rate"]
    figure = at_least("proxy-two-workers", rates[0], "requests/s", "one worker", rates[1], 1.7)
    if enough:
        return [figure]
    note = (
        f"this machine has {processors} processors, and the second worker shares one with client"
        " and origin; four are needed to judge"
    )
    return [replace(figure, met=None, note=note)]


def idle_figures() -> list[Figure]:
    """Return the figure of 10,000 connections between two requests."""
    return [within("proxy-idle-connection", _measured("idle"), "bytes", 6 * 1024)]


def certificates_figures() -> list[Figure]:
    """Return the figure of a start with 10,000 certificates."""
    measured = _measured("many_certificates")
    slowest = max(measured["handshakes"]) * 1e3
    most = max(measured["resident"]) / 1e6
    print(f"  first handshakes within {slowest:.0f} ms, no process above {most:.0f} MB")
    return [within("proxy-certs-10k-start", measured["starts"], "s", 3.0)]


def _show(what: str, runs: Runs) -> None:
    for name, found in runs.items():
        rate, cpu = median(found["rate"]), median(found["microseconds"])
        print(f"  {what:8} {name:8} {rate:8.0f} requests/s {cpu:8.1f} µs of processor a request")


def _measured(program: str) -> Any:
    """Run one of the programs; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"bench.{program}"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (PROGRAMS, PACKAGE, PLUGINS)))},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.returncode)
    return json.loads(done.stdout)
