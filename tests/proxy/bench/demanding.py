# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Response times while strangers want certificates on demand; prints the runs as JSON.

The proxy asks a URL about each name that it has not been asked for, and that one permits none. What
is measured is the 99th percentile of requests before and meanwhile, of each round.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from running.service import free_port

from bench.declaring import EVERY_PROCESSOR, percentile
from bench.scene import Scene

ROUNDS = 5
REQUESTS_A_SECOND = 500
HANDSHAKES_A_SECOND = 1000
BEFORE = MEANWHILE = 5.0
"""Seconds of requests that are compared."""
_BEGINNING = 1.0
"""Seconds until a client is at work."""
_MOST = 60


class Permission(ThreadingHTTPServer):
    """Permits no name, and counts those that it is asked about."""

    daemon_threads = True
    request_queue_size = 128
    asked = 0


class _Refuses(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Permission

    def do_GET(self) -> None:
        """Permit nothing."""
        self.server.asked += 1
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_unused: object) -> None:
        """Say nothing."""


def issuing(permission: Permission) -> str:
    """Return how the proxy is to get certificates; its authority is not there."""
    return (
        "issuing:\n  provider: acme\n"
        f"  acme: {{terms_agreed: true, authorities: 'https://127.0.0.1:{free_port()}/directory'}}\n"
        f"  on_demand: {{ask: 'http://127.0.0.1:{permission.server_address[1]}/may'}}\n"
    )


def round_of(plain: int, secure: int, permission: Permission) -> dict[str, float]:
    """Measure requests before the strangers come, and meanwhile."""
    paced = [sys.executable, "-m", "bench.paced", str(plain), str(REQUESTS_A_SECOND), str(_MOST)]
    strange = [sys.executable, "-m", "bench.strangers", str(secure), str(HANDSHAKES_A_SECOND)]
    with subprocess.Popen([*paced, "--every"], stdout=subprocess.PIPE, text=True) as client:
        time.sleep(BEFORE + _BEGINNING)
        asked, came = permission.asked, time.perf_counter()
        with subprocess.Popen(strange, stdout=subprocess.PIPE, text=True) as strangers:
            time.sleep(MEANWHILE + _BEGINNING)
            since, until = came + _BEGINNING, time.perf_counter()
            strangers.terminate()
            told = json.loads(strangers.communicate()[0])
        client.terminate()
        requests = json.loads(client.communicate()[0])
    return {
        "p99-before": percentile(requests, came - BEFORE, came),
        "p99-meanwhile": percentile(requests, since, until),
        "refused": told["refused"] / told["seconds"],
        "asked": permission.asked - asked,
    }


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, list[float]] = {}
    permission = Permission(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=permission.serve_forever, daemon=True).start()
    with Scene() as scene:
        more = issuing(permission)
        place = scene.start("sluice", processors=EVERY_PROCESSOR, more=more)[1]
        for _unused in range(rounds):
            for name, figure in round_of(place.plain, place.secure, permission).items():
                runs.setdefault(name, []).append(figure)
    permission.shutdown()
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
