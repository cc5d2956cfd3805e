# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the client: requests without a pause until told to stop, then what came of them.

Usage: load.py URL STOP-FILE [CA-FILE]. One client sends requests that are answered at once, the
others requests that take seconds. Prints one JSON object: answers by real server, with the proxy
before it if that names itself, and failures.
"""

from __future__ import annotations

import http.client
import json
import ssl
import sys
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

LONGEST = 900.0
SLOW_CLIENTS = 4
SLOW_PATH = "slow?seconds=2"


class Load:
    """Clients, and what they were answered."""

    def __init__(self, stop: Path, trusted: ssl.SSLContext | None) -> None:
        self._stop = stop
        self._trusted = trusted
        self._end = time.monotonic() + LONGEST
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []

    def send(self, url: str) -> None:
        """Send one request after the other, each over a connection of its own."""
        while not self._stop.exists() and time.monotonic() < self._end:
            try:
                with urllib.request.urlopen(url, timeout=60, context=self._trusted) as answer:
                    proxy = answer.headers["X-Proxy"]
                    server = answer.read().decode().strip()
                    self.answers[f"{proxy}>{server}" if proxy else server] += 1
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))


def main() -> None:
    url = sys.argv[1]
    trusted = ssl.create_default_context(cafile=sys.argv[3]) if sys.argv[3:] else None
    load = Load(Path(sys.argv[2]), trusted)
    urls = [url] + [url + SLOW_PATH] * SLOW_CLIENTS
    clients = [threading.Thread(target=load.send, args=(each,)) for each in urls]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    print(json.dumps({"answers": dict(load.answers), "failures": load.failures}))


if __name__ == "__main__":
    main()
