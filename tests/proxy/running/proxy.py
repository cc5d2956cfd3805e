# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One worker on its own loop in a thread."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import tempfile
import threading
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from samples.config import snapshot
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.routes.model.target import TargetTls
from sluice_proxy.snapshot.asking import Asking
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.observing import Log, Logs
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_side import HelloRefused
from sluice_proxy.worker.questions import Questions
from sluice_proxy.worker.server import Worker
from sluice_proxy.worker.tls_contexts import TlsContexts

from running.client import Client
from running.closing import Closing

T = TypeVar("T")


class Proxy(Closing):
    """A worker that serves a configuration; ``listen`` stands for where it really listens."""

    def __init__(
        self,
        config: str,
        *,
        listener: Listener | None = None,
        contexts: TlsContexts | None = None,
        loop: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop,
        unix: str | None = None,
        questions: Questions | None = None,
        asking: Asking | None = None,
    ) -> None:
        wanted = snapshot(config)
        self.questions = questions or Questions(nobody)
        self._asking = asking or Asking()
        self._folder = tempfile.TemporaryDirectory()
        self._log = Path(self._folder.name) / "access.log"
        self.errors: list[str] = []
        """What the error log would have."""
        self._listener = listener or Listener(TcpAddress("127.0.0.1", 0))
        self._loop = loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._contexts = contexts or without_tls()
        if unix is None:
            self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
            self.port = self._socket.getsockname()[1]
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(unix)
        self.worker: Worker = self.run(self._start(self._logged(wanted)))

    def _logged(self, made: Snapshot) -> Snapshot:
        return replace(made, logs=Logs(access=Log(str(self._log))), asking=self._asking)

    async def _start(self, made: Snapshot) -> Worker:
        worker = Worker(self._loop, made, self._contexts, self.errors.append, self.questions)
        await worker.listen(self._listener, self._socket)
        return worker

    def run(self, doing: Coroutine[Any, Any, T]) -> T:
        """Run something in the loop of the worker and return what it returns."""
        return asyncio.run_coroutine_threadsafe(doing, self._loop).result(30)

    def adopt(self, config: str) -> None:
        """Put another configuration in force."""

        async def adopt() -> None:
            self.worker.adopt(self.worker.prepare(self._logged(snapshot(config))))

        self.run(adopt())

    def client(self, timeout: float = 10) -> Client:
        """Return a new connection."""
        return Client(("127.0.0.1", self.port), timeout)

    def log(self, number: int = 1) -> list[dict[str, Any]]:
        """Return the lines of the access log once there are at least ``number``."""

        async def lines() -> list[str]:
            for _unused in range(200):
                self.worker._log.settle(30)
                found = self._log.read_text().splitlines()
                if len(found) >= number:
                    return found
                await asyncio.sleep(0.05)
            return found

        return [json.loads(line) for line in self.run(lines())]

    @property
    def metrics(self) -> Metrics:
        """What the worker counted."""
        return self.worker.metrics

    def in_flight(self) -> int:
        """Return what all targets are counted to bear, once nothing is left to be done."""

        async def counted() -> int:
            await asyncio.sleep(0.05)
            return sum(
                origin.standing.seat.in_flight
                for route in self.worker.serving.routes
                for origin in route.origins
            )

        return self.run(counted())

    def under_way(self) -> dict[tuple[str, str], int]:
        """Return what the worker tells of exchanges under way."""

        async def counted() -> dict[tuple[str, str], int]:
            return dict(self.worker.count_in_flight())

        return self.run(counted())

    def close(self) -> None:
        """Stop the worker and its loop."""
        self.run(self.worker.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()
        self._folder.cleanup()


def nobody(number: int, about: str, name: str) -> bool:
    """Stand for a supervisor that cannot be asked."""
    return False


def without_tls(towards_target: ssl.SSLContext | None = None) -> TlsContexts:
    """Return contexts for a worker that has no certificate."""

    def refuse(hello: ClientHello, came_to: str) -> ssl.SSLContext:
        raise HelloRefused("no certificate")

    def towards(settings: TargetTls) -> ssl.SSLContext:
        return towards_target or ssl.create_default_context()

    return TlsContexts(lambda snapshot: refuse, towards)


def to(upstream: str, more: str = "") -> str:
    """Return a configuration of one route for everything, to one target; ``more`` is of it."""
    lines = "".join(f"    {line}\n" for line in more.strip("\n").splitlines())
    return f"listen: ['127.0.0.1:1']\nroutes:\n  - name: all\n    targets: [{upstream}]\n{lines}"
