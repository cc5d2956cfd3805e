# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the proxy beside nginx, haproxy and caddy: ``python tests/proxy/bench/measure.py``.

One worker each on processor 0; the client (wrk) and the origin (nginx) on processor 1. All take
turns within a round; figures are medians of rounds. Beside requests a second stands the processor
time of a request in microseconds: it hardly depends on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import socket
import subprocess
import sys
import tempfile
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from statistics import median

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parents[2] / "roles" / "proxy" / "files"))

from running.certificates import self_signed  # noqa: E402

from bench import peers  # noqa: E402
from bench.processes import Pinned, free_port  # noqa: E402

CASES = {
    "http": ("plain", "/small", 64),
    "tls": ("secure", "/small", 64),
    "100k": ("plain", "/100k", 64),
}
BARS = (
    ("proxy-http-vs-nginx", "http", "nginx", 0.60),
    ("proxy-http-vs-caddy", "http", "caddy", 2.5),
    ("proxy-tls-vs-nginx", "tls", "nginx", 0.60),
    ("proxy-100k-vs-nginx", "100k", "nginx", 0.80),
)
IDLE = 10_000


class Load:
    """What wrk found."""

    def __init__(self, url: str, connections: int, seconds: int) -> None:
        command = ["taskset", "-c", str(peers.OTHER_PROCESSOR), "wrk", "-t1", "--latency"]
        command += [f"-c{connections}", f"-d{seconds}s", url]
        text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        self.requests = int(_number(r"(\d+) requests in", text))
        self.rate = _number(r"Requests/sec:\s+([\d.]+)", text)
        self.errors = "Socket errors" in text or "Non-2xx" in text


def _number(pattern: str, text: str) -> float:
    found = re.search(pattern, text)
    if found is None:
        raise SystemExit(f"wrk said nothing of {pattern}:\n{text}")
    return float(found[1])


def measure(
    running: dict[str, tuple[Pinned, peers.Place]], cases: list[str], rounds: int, seconds: int
) -> dict[str, dict[str, tuple[float, float]]]:
    """Return requests a second and microseconds a request by case and proxy."""
    rates: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for _unused in range(rounds):
        for case in cases:
            port, path, connections = CASES[case]
            for name, (process, place) in running.items():
                scheme = "https" if port == "secure" else "http"
                url = f"{scheme}://127.0.0.1:{getattr(place, port)}{path}"
                before = process.seconds()
                load = Load(url, connections, seconds)
                spent = process.seconds() - before
                if load.errors:
                    raise SystemExit(f"{name} answered with errors: {url}")
                rates[case, name].append((load.rate, spent * 1e6 / load.requests))
    found: dict[str, dict[str, tuple[float, float]]] = defaultdict(dict)
    for (case, name), pairs in rates.items():
        found[case][name] = (
            median(rate for rate, _unused in pairs),
            median(cpu for _unused, cpu in pairs),
        )
    return found


def idle_bytes(process: Pinned, port: int) -> float:
    """Return the memory that a connection costs between two requests."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    before = process.resident_bytes()
    kept = []
    try:
        for _unused in range(IDLE):
            sock = socket.create_connection(("127.0.0.1", port))
            kept.append(sock)
            sock.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if not sock.recv(4096):
                raise SystemExit("an idle connection was closed")
        return (process.resident_bytes() - before) / IDLE
    finally:
        for sock in kept:
            sock.close()


def main() -> None:
    """Start everything, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--cases", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="proxy-bench-")))
        certificate = self_signed(folder, "localhost")
        chain, key = Path(certificate.chain), Path(certificate.key)
        origin_port = free_port()
        origin = stack.enter_context(peers.origin(folder / "origin", origin_port))
        origin.wait_for(origin_port)
        running: dict[str, tuple[Pinned, peers.Place]] = {}
        for name in ("nginx", "haproxy", "caddy", "sluice"):
            place = peers.place_in(folder / name, origin_port, chain, key)
            command = getattr(peers, name)(place)
            process = Pinned(command, peers.PROXY_PROCESSOR, place.folder / "output")
            stack.enter_context(process).wait_for(place.plain)
            process.wait_for(place.secure)
            running[name] = process, place
        place = peers.place_in(folder / "sluice-10k", origin_port, chain, key)
        command = peers.sluice(place, 10_000)
        process = Pinned(command, peers.PROXY_PROCESSOR, place.folder / "output")
        stack.enter_context(process).wait_for(place.plain)
        running["sluice-10k"] = process, place
        found = measure(running, options.cases, options.rounds, options.seconds)
        own, place = running["sluice"]
        idle = idle_bytes(own, place.plain)
    if options.json:
        print(json.dumps({"cases": found, "idle_bytes": idle}))
        return
    for case, by_name in found.items():
        for name, (rate, cpu) in by_name.items():
            print(f"{case:5} {name:11} {rate:9.0f} requests/s {cpu:7.1f} us CPU a request")
    for name, case, peer, least in BARS:
        if case not in found:
            continue
        ratio = found[case]["sluice"][0] / found[case][peer][0]
        print(f"{name:24} {ratio:.2f} (at least {least:.2f})")
    if "http" in found:
        ratio = found["http"]["sluice-10k"][0] / found["http"]["sluice"][0]
        print(f"proxy-routes-10k         {ratio:.2f} (at least 0.95)")
    print(f"proxy-idle-connection    {idle:.0f} bytes (at most 6144)")


if __name__ == "__main__":
    main()
