# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that sends requests when they are due: ``python -m bench.paced PORT RATE SECONDS``.

Prints the 50th and 99th percentile of the response times, in milliseconds; with ``--every`` instead
when each request was due and how long it took, in seconds. A request whose time has come goes out
on any connection that is free; when none is, it waits, and the waiting counts. SIGTERM ends it
early.
"""

from __future__ import annotations

import json
import select
import signal
import socket
import sys
from collections import deque
from time import perf_counter

CONNECTIONS = 64
_REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"
_END = b"hello world\n"
_PATIENCE = 30.0


class Stop:
    """Whether SIGTERM has come."""

    def __init__(self) -> None:
        self.asked = False
        signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True


def connect(port: int) -> list[socket.socket]:
    """Return connections, each of which has had its first request answered."""
    found = []
    for _unused in range(CONNECTIONS):
        sock = socket.create_connection(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(_REQUEST)
        answered(sock)
        found.append(sock)
    return found


def answered(sock: socket.socket) -> None:
    """Take a response; ends the program when it is not the one that is expected."""
    data = sock.recv(65536)
    while data.startswith(b"HTTP/1.1 200") and not data.endswith(_END):
        more = sock.recv(65536)
        if not more:
            break
        data += more
    if not (data.startswith(b"HTTP/1.1 200") and data.endswith(_END)):
        raise SystemExit(f"a request failed: {data[:200]!r}")


def run(port: int, rate: int, seconds: int) -> list[tuple[float, float]]:
    """Return when each request was due, by the clock of all processes, and its response time."""
    free = deque(connect(port))
    due_at: dict[socket.socket, float] = {}
    times: list[tuple[float, float]] = []
    total = rate * seconds
    sent = 0
    stop = Stop()
    begin = perf_counter()
    while len(times) < (sent if stop.asked else total):
        if stop.asked:
            total = sent
        now = perf_counter()
        while sent < total and free and begin + sent / rate <= now:
            sock = free.popleft()
            due_at[sock] = begin + sent / rate
            sock.sendall(_REQUEST)
            sent += 1
        # With none free there is nothing to do before a response comes.
        until_due = begin + sent / rate - perf_counter() if sent < total and free else _PATIENCE
        readable = select.select(list(due_at), [], [], max(0.0, until_due))[0]
        for sock in readable:
            answered(sock)
            due = due_at.pop(sock)
            times.append((due, perf_counter() - due))
            free.append(sock)
        if not readable and until_due >= _PATIENCE:
            raise SystemExit(f"no response within {_PATIENCE:g} s")
    return times


def main() -> None:
    """Print the percentiles."""
    port, rate, seconds = map(int, sys.argv[1:4])
    requests = run(port, rate, seconds)
    if sys.argv[4:] == ["--every"]:
        print(json.dumps(requests))
        return
    times = sorted(taken for _due, taken in requests)
    found = {
        f"p{which}": times[min(len(times) - 1, len(times) * which // 100)] * 1e3
        for which in (50, 99)
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
