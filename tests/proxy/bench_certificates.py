# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure what certificates cost: ``python tests/proxy/bench_certificates.py [NUMBER]``.

The whole proxy starts with NUMBER of them (10,000 if none is given), each with a key of its own, in
files of their own.
"""

from __future__ import annotations

import socket
import ssl
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "roles" / "proxy" / "files"))
from running.service import free_port, running
from samples.certificates import Pair, leaf
from samples.handshakes import client_context
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.supervisor.configuration import read_configuration
from sluice_proxy.tls.certificates import names_of, read_certificate
from sluice_proxy.tls.choosing import PROTOCOLS
from sluice_proxy.tls.server_contexts import server_context


def microseconds(times: int, do: Callable[[], object]) -> float:
    """Return how long ``do`` takes, in the mean of so many times."""
    start = time.perf_counter()
    for _unused in range(times):
        do()
    return (time.perf_counter() - start) / times * 1e6


def one_certificate(pair: Pair) -> None:
    configured = pair.configured

    def no_file(path: str) -> bytes:
        raise AssertionError(path)

    read = read_certificate(configured, no_file).certificate
    print(f"names: {microseconds(500, lambda: names_of(pair.certificate)):.0f} µs")
    checked = microseconds(500, lambda: read_certificate(configured, no_file))
    print(f"read and checked: {checked:.0f} µs")
    made = microseconds(100, lambda: server_context(read, TlsPolicy(), PROTOCOLS))
    print(f"context made: {made:.0f} µs")


def write(folder: Path, number: int) -> Path:
    """Write certificates and a configuration with them; return the latter."""
    tls = free_port()
    lines = [
        f"listen: [127.0.0.1:PORT, {{address: 127.0.0.1:{tls}, tls: true}}]",
        "workers: 2",
        "metrics: 127.0.0.1:METRICS",
        "log: {access: off}",
        "routes: [{page: hello}]",
        "certificates:",
    ]
    for place in range(number):
        pair = leaf(f"host{place}.test", f"www.host{place}.test")
        (folder / f"{place}.pem").write_bytes(pair.chain)
        (folder / f"{place}.key").write_bytes(pair.key_pem())
        lines.append(f"- {{chain: {place}.pem, key: {place}.key}}")
    (folder / "lines").write_text("\n".join(lines))
    (folder / "port").write_text(str(tls))
    return folder / "lines"


def shake_hands(port: int, name: str) -> float:
    """Return the milliseconds of a whole handshake; the certificate has to be that of ``name``."""
    context = client_context()
    start = time.perf_counter()
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=name) as secured,
    ):
        taken = (time.perf_counter() - start) * 1e3
        found = ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True) or b"")
        assert found, "no certificate was shown"
        names = {str(value) for _kind, value in (secured.getpeercert() or {})["subjectAltName"]}
    assert name in names, names
    return taken


def main() -> int:
    """Print the figures."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    one_certificate(leaf("one.test", "*.one.test"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = write(folder, number).read_text()
        start = time.perf_counter()
        (folder / "check.yml").write_text(lines.replace("PORT", "1").replace("METRICS", "2"))
        read_configuration(folder / "check.yml", 1)
        print(f"{number} certificates read: {time.perf_counter() - start:.2f} s")
        start = time.perf_counter()
        with running(folder, lines, data_plane=None) as proxy:
            print(f"{number} certificates served: {time.perf_counter() - start:.2f} s")
            port = int((folder / "port").read_text())
            times = [shake_hands(port, f"www.host{place}.test") for place in (0, number - 1)]
            print(f"first handshakes: {', '.join(f'{one:.1f}' for one in times)} ms")
            for pid in (proxy.process.pid, *proxy.workers()):
                status = Path(f"/proc/{pid}/status").read_text()
                print(f"process {pid}: {status.split('VmRSS:')[1].split('kB')[0].strip()} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
