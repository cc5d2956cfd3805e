# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests while 1,000 strangers a second ask for names of their own; prints the runs as JSON.

Certificates are got on demand for what a URL permits, and it permits nothing. The response times of
requests that were due while strangers came are compared with those of just before. No order may be
made.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from running.scripted_ca import ScriptedCa

from bench.declaring import percentile
from bench.scene import Scene

STRANGERS_A_SECOND = 1_000
REQUESTS_A_SECOND = 500
ROUNDS = 5
BEFORE = 3.0
"""Seconds of requests that the others are compared with."""
DURING = 5
"""Seconds for which strangers come."""
MOST = 60
EVERY_PROCESSOR = "0,1"


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked += 1  # type: ignore[attr-defined]
        self.send_error(404)

    def log_message(self, *unused: object) -> None:
        """Say nothing."""


@contextmanager
def refusing() -> Iterator[ThreadingHTTPServer]:
    """Give a server that permits no name; its ``asked`` counts them."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Refusing)
    server.asked = 0  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def issuing(ca: ScriptedCa, url: str) -> str:
    """Return the section of the configuration."""
    authority = f"{{name: one, directory: '{ca.directory}', trust_file: '{ca.trust}'}}"
    return (
        f"issuing:\n  provider: acme\n  on_demand: {{ask: '{url}'}}\n"
        f"  acme: {{terms_agreed: true, authorities: [{authority}]}}\n"
    )


def round_of(plain: int, secure: int) -> dict[str, float]:
    """Measure before strangers come, and while they do; ends the program when one is not told that
    its name is unknown."""
    paced = [sys.executable, "-m", "bench.paced", str(plain), str(REQUESTS_A_SECOND), str(MOST)]
    with subprocess.Popen([*paced, "--every"], stdout=subprocess.PIPE, text=True) as client:
        time.sleep(BEFORE + 1)
        words = [str(secure), str(STRANGERS_A_SECOND), str(DURING)]
        said = subprocess.run(
            [sys.executable, "-m", "bench.strangers", *words],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        client.terminate()
        requests = json.loads(client.communicate()[0])
    strangers = json.loads(said)
    if strangers["told"] < strangers["came"]:
        raise SystemExit(f"of {strangers['came']} strangers {strangers['told']} were refused")
    began, ended = strangers["began"], strangers["ended"]
    return {
        "strangers": strangers["came"] / (ended - began),
        "p99-before": percentile(requests, began - BEFORE, began),
        "p99-during": percentile(requests, began, ended),
    }


def main() -> None:
    """Measure; the number of rounds may be given, to try it out."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    runs: dict[str, list[float]] = {}
    with Scene() as scene, ScriptedCa(Path(scene.folder, "ca")) as ca, refusing() as server:
        more = issuing(ca, f"http://127.0.0.1:{server.server_port}/")
        place = scene.start("sluice", processors=EVERY_PROCESSOR, more=more)[1]
        for _unused in range(rounds):
            for name, figure in round_of(place.plain, place.secure).items():
                runs.setdefault(name, []).append(figure)
        runs["asked"] = [float(server.asked)]  # type: ignore[attr-defined]
        runs["orders"] = [float(len(ca.orders))]
    print(json.dumps(runs))


if __name__ == "__main__":
    main()
