# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Memory of connections between two requests; prints bytes for each connection as JSON."""

from __future__ import annotations

import json
import socket

from bench.processes import Pinned
from bench.scene import Scene

CONNECTIONS = 10_000
ROUNDS = 3
_REQUEST = b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n"


def idle_bytes(process: Pinned, port: int) -> float:
    """Return the memory that a connection costs after its first request."""
    before = process.resident_bytes()
    kept = []
    try:
        for _unused in range(CONNECTIONS):
            sock = socket.create_connection(("127.0.0.1", port))
            kept.append(sock)
            sock.sendall(_REQUEST)
            if not sock.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("a request on a new connection failed")
        return (process.resident_bytes() - before) / CONNECTIONS
    finally:
        for sock in kept:
            sock.close()


def main() -> None:
    """Measure, each time with a proxy that has had no other connections."""
    found = []
    for _unused in range(ROUNDS):
        with Scene() as scene:
            process, place = scene.start("sluice")
            found.append(idle_bytes(process, place.plain))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
