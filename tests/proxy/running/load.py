# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that ask all the while, and note every request that failed, and whose fault it was."""

from __future__ import annotations

import http.client
import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Failure:
    """A request that was not answered with 200; ``worker`` is the process that had it, if known."""

    why: str
    worker: int | None
    at: float
    connection_was_new: bool


class Load:
    """What clients found out so far."""

    def __init__(self) -> None:
        self.answered = 0
        self.failures: list[Failure] = []

    def not_of(self, killed: dict[int, float]) -> list[Failure]:
        """Return the failures that are not explained by the deaths of workers.

        ``killed`` has the time of death by process. A request that failed before it was known who
        had it may be any's that died just then.
        """

        def explained(failure: Failure) -> bool:
            if failure.worker is not None:
                return failure.worker in killed
            return any(0 <= failure.at - when < 1.0 for when in killed.values())

        return [failure for failure in self.failures if not explained(failure)]


@contextmanager
def load(
    port: int,
    *,
    tls: ssl.SSLContext | None = None,
    keep_alive: int = 2,
    fresh: int = 2,
    workers: Callable[[], list[int]] | None = None,
) -> Iterator[Load]:
    """Give the findings of clients that ask ``port`` all the while.

    ``keep_alive`` of them use a connection for as long as it is there, ``fresh`` a new one for
    each request. With ``workers`` they find out which process has a connection.
    """
    found = Load()
    over = threading.Event()
    lock = threading.Lock()

    def client(reuse: bool) -> None:
        connection = _Connection(port, tls, workers)
        while not over.is_set():
            try:
                status = connection.ask()
                why = "" if status == 200 else f"status {status}"
            except (OSError, http.client.HTTPException) as error:
                why = repr(error)
            with lock:
                if why:
                    found.failures.append(
                        Failure(why, connection.worker, time.monotonic(), connection.is_new)
                    )
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
    def __init__(
        self, port: int, tls: ssl.SSLContext | None, workers: Callable[[], list[int]] | None
    ) -> None:
        if tls is None:
            self._http: http.client.HTTPConnection = http.client.HTTPConnection(
                "127.0.0.1", port, timeout=30
            )
        else:
            self._http = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=tls)
        self._workers = workers
        self.worker: int | None = None
        self.is_new = True

    def ask(self) -> int:
        new = self.is_new = self._http.sock is None
        if new:
            self.worker = None
            self._http.connect()
        self._http.request("GET", "/", headers={"Host": "load.test"})
        if new and self._workers is not None and self._http.sock is not None:
            self.worker = owner(self._http.sock.getsockname()[1], self._workers())
        response = self._http.getresponse()
        response.read()
        return response.status

    def close(self) -> None:
        self._http.close()


def owner(port: int, among: list[int]) -> int | None:
    """Return which process has accepted the connection of the client with ``port`` on loopback."""
    inode = _inode(f"0100007F:{port:04X}")
    for pid in among if inode else ():
        try:
            for link in Path(f"/proc/{pid}/fd").iterdir():
                if os.readlink(link) == f"socket:[{inode}]":
                    return pid
        except OSError:
            # It is gone, or the descriptor is.
            continue
    return None


def _inode(remote: str) -> str | None:
    with open("/proc/net/tcp", encoding="ascii") as table:
        for line in table:
            fields = line.split()
            if fields[2] == remote and fields[9] != "0":
                return fields[9]
    return None
