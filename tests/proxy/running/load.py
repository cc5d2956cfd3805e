# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that ask all the while, and note every request that failed."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """A request that was not answered with 200; ``port`` is the client's, if it had one."""

    why: str
    port: int | None
    connection_was_new: bool


class Load:
    """What clients found out so far."""

    def __init__(self) -> None:
        self.answered = 0
        self.failures: list[Failure] = []


@contextmanager
def load(
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    keep_alive: int = 2,
    fresh: int = 2,
) -> Iterator[Load]:
    """Give the findings of clients that ask ``port`` all the while.

    ``keep_alive`` of them use a connection for as long as it is there, ``fresh`` a new one for
    each request.
    """
    found = Load()
    over = threading.Event()
    lock = threading.Lock()

    def client(reuse: bool) -> None:
        connection = _Connection(port, tls)
        while not over.is_set():
            try:
                status = connection.ask()
                why = "" if status == 200 else f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
            with lock:
                if why:
                    found.failures.append(Failure(why, connection.port, connection.is_new))
                else:
                    found.answered += 1
            if why or not reuse:
                connection.close()
            time.sleep(0.002)
        connection.close()

    kinds = [True] * keep_alive + [False] * fresh
    threads = [threading.Thread(target=client, args=(reuse,)) for reuse in kinds]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert found.answered > 10 * len(threads), "there was no load"


class _Connection:
    def __init__(self, port: int, tls: ssl.SSLContext | None) -> None:
        if tls is None:
            self._http: http.client.HTTPConnection = http.client.HTTPConnection(
                "127.0.0.1", port, timeout=30
            )
        else:
            self._http = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=tls)
        self.port: int | None = None
        self.is_new = True

    def ask(self) -> int:
        self.is_new = self._http.sock is None
        if self.is_new:
            self.port = None
            self._http.connect()
            self.port = self._http.sock.getsockname()[1]
        self._http.request("GET", "/", headers={"Host": "load.test"})
        response = self._http.getresponse()
        response.read()
        return response.status

    def close(self) -> None:
        self._http.close()
