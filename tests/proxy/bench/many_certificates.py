# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the proxy takes to start with 10,000 certificates; prints the runs as JSON.

Each has a key of its own, in files of their own. It has started when clients are served, and the
first handshakes, for the first and the last of the certificates, are measured after that.
"""

from __future__ import annotations

import json
import socket
import sys
import tempfile
import time
from pathlib import Path

from running.service import free_port, running
from samples.certificates import leaf
from samples.handshakes import client_context

CERTIFICATES = 10_000
ROUNDS = 3


def write(folder: Path, number: int) -> None:
    """Write certificates and their keys."""
    for place in range(number):
        pair = leaf(f"host{place}.test", f"www.host{place}.test")
        (folder / f"{place}.pem").write_bytes(pair.chain)
        (folder / f"{place}.key").write_bytes(pair.key_pem())


def configuration(number: int, port: int) -> str:
    """Return a configuration with them; ``port`` is the one that speaks TLS."""
    lines = [
        f"listen: [127.0.0.1:PORT, {{address: 127.0.0.1:{port}, tls: true}}]",
        "workers: 1",
        "metrics: 127.0.0.1:METRICS",
        "log: {access: off}",
        "routes: [{page: hello}]",
        "certificates:",
        *(f"- {{chain: {place}.pem, key: {place}.key}}" for place in range(number)),
    ]
    return "\n".join(lines)


def shake_hands(port: int, name: str) -> float:
    """Return the seconds of a whole handshake; the certificate has to be that of ``name``."""
    context = client_context()
    start = time.perf_counter()
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        taken = time.perf_counter() - start
        names = {value for _kind, value in (secured.getpeercert() or {})["subjectAltName"]}
    if name not in names:
        raise SystemExit(f"{name} was shown the certificate of {names}")
    return taken


def main() -> None:
    """Measure; the number of certificates may be given, to try it out."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else CERTIFICATES
    starts, handshakes, memory = [], [], []
    with tempfile.TemporaryDirectory(prefix="proxy-bench-") as name:
        folder = Path(name)
        write(folder, number)
        for _unused in range(ROUNDS):
            port = free_port()
            (folder / "notify").unlink(missing_ok=True)
            start = time.perf_counter()
            with running(folder, configuration(number, port), data_plane=None) as proxy:
                starts.append(time.perf_counter() - start)
                for place in (0, number - 1):
                    handshakes.append(shake_hands(port, f"www.host{place}.test"))
                for pid in (proxy.process.pid, *proxy.workers()):
                    status = Path(f"/proc/{pid}/status").read_text()
                    memory.append(int(status.split("VmRSS:")[1].split()[0]) * 1024)
    print(json.dumps({"starts": starts, "handshakes": handshakes, "resident": memory}))


if __name__ == "__main__":
    main()
