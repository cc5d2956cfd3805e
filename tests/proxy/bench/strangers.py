# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that name hosts without permission: ``python -m bench.strangers PORT RATE``.

A ClientHello is sent when it is due, each with a name of its own, and the alert that refuses it is
awaited. SIGTERM ends it; it prints how many were refused, and over how many seconds.
"""

from __future__ import annotations

import json
import select
import socket
import ssl
import sys
from time import perf_counter

from bench.paced import Stop

MOST_OPEN = 256
_PATIENCE = 0.1
_NAME = b"s%07d.stranger.test"
_UNRECOGNIZED_NAME = bytes((21, 3, 3, 0, 2, 2, 112))


def hello() -> bytes:
    """Return a ClientHello for the first name."""
    outgoing = ssl.MemoryBIO()
    context = ssl.create_default_context()
    name = (_NAME % 0).decode()
    client = context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise SystemExit("a handshake ended before it began")


def run(port: int, rate: int) -> tuple[int, float]:
    """Return how many were refused, and over how many seconds."""
    first = hello()
    stop = Stop()
    waiting: list[socket.socket] = []
    begin = perf_counter()
    sent = refused = 0
    while not stop.asked:
        while begin + sent / rate <= perf_counter() and len(waiting) < MOST_OPEN:
            sock = socket.create_connection(("127.0.0.1", port))
            sock.sendall(first.replace(_NAME % 0, _NAME % sent))
            waiting.append(sock)
            sent += 1
        due = begin + sent / rate - perf_counter() if len(waiting) < MOST_OPEN else _PATIENCE
        for sock in select.select(waiting, [], [], min(max(0.0, due), _PATIENCE))[0]:
            if sock.recv(64) != _UNRECOGNIZED_NAME:
                raise SystemExit("a stranger was not refused")
            waiting.remove(sock)
            sock.close()
            refused += 1
    return refused, perf_counter() - begin


def main() -> None:
    """Send them."""
    refused, seconds = run(int(sys.argv[1]), int(sys.argv[2]))
    print(json.dumps({"refused": refused, "seconds": seconds}))


if __name__ == "__main__":
    main()
