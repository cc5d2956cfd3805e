# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs on the client: slow requests side by side, in the background until told to stop.

    load.py start FILE URL SIDE-BY-SIDE [SECONDS]
        returns once every request of the first round is out; none begins after SECONDS
    load.py stop FILE
        waits for the open requests, then prints what came of all

The result is a JSON object: answers by real server, and failures.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

LONGEST = 120.0
PATIENCE = 60.0


class Load:
    """Requests without a pause on some threads, and what came of them."""

    def __init__(self, url: str, until: float, stop: Path) -> None:
        self.answers: Counter[str] = Counter()
        self.failures: list[str] = []
        self._url = urlsplit(url)
        self._until = until
        self._stop = stop

    def run(self, started: threading.Barrier) -> None:
        """Send request after request; tell ``started`` when the first one is out."""
        first = True
        while first or (time.monotonic() < self._until and not self._stop.exists()):
            try:
                with self._connect() as connection:
                    connection.sendall(self._request())
                    if first:
                        started.wait()
                    answer = connection.makefile("rb").read()
                status, name = answer.split(b"\r\n", 1)[0], answer.rsplit(b"\r\n\r\n", 1)[-1]
                if b" 200 " not in status:
                    raise OSError(f"answered {answer!r}")
                self.answers[name.decode().strip()] += 1
            except OSError as error:
                self.failures.append(str(error))
                if first:
                    started.abort()
                    return
            first = False

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._url.hostname, self._url.port or 80), PATIENCE)

    def _request(self) -> bytes:
        target = f"{self._url.path}?{self._url.query}"
        return f"GET {target} HTTP/1.1\r\nHost: edge\r\nConnection: close\r\n\r\n".encode()


def start(result: Path, url: str, side_by_side: int, seconds: float = LONGEST) -> int:
    """Fork the load; return 0 once it runs."""
    stop, ready = result.with_suffix(".stop"), result.with_suffix(".ready")
    for left in (result, stop, ready):
        left.unlink(missing_ok=True)
    if os.fork():
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if ready.exists():
                return 0
            if result.exists():
                break
            time.sleep(0.05)
        print(result.read_text() if result.exists() else "the load did not start")
        return 1
    os.setsid()
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    load = Load(url, time.monotonic() + seconds, stop)
    started = threading.Barrier(side_by_side, action=ready.touch)
    threads = [
        threading.Thread(target=load.run, args=(started,)) for _client in range(side_by_side)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    partial = result.with_suffix(".partial")
    partial.write_text(json.dumps({"answers": dict(load.answers), "failures": load.failures}))
    partial.rename(result)
    os._exit(0)


def stop(result: Path) -> int:
    """Ask the load to end, wait until it has, and print what came of it."""
    result.with_suffix(".stop").touch()
    deadline = time.monotonic() + PATIENCE
    while not result.exists():
        if time.monotonic() > deadline:
            print("the load did not end")
            return 1
        time.sleep(0.1)
    print(result.read_text())
    return 0


def main() -> int:
    command, result, rest = sys.argv[1], Path(sys.argv[2]), sys.argv[3:]
    if command == "start":
        return start(result, rest[0], int(rest[1]), *map(float, rest[2:]))
    return stop(result)


if __name__ == "__main__":
    sys.exit(main())
