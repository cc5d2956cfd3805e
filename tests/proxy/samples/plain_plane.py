# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The least data plane there can be: it answers each request itself, and says who and what it is.

With it the supervisor is tested alone. ``/slow`` is answered after a second; ``/stuck`` keeps the
whole worker busy for ever; ``/down`` tells which targets are down.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from typing import Any

from sluice_proxy.observe.error_log import set_level
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.supervisor.data_plane import Down, Listening
from sluice_proxy.worker.questions import Reply, Send


class PlainPlane:
    def __init__(self) -> None:
        self.version = 0
        self.down: Down = frozenset()
        self.draining = False
        self.connections: set[Connection] = set()
        self.numbers = Metrics()
        self.workers = 0
        self.route = ""
        self._servers: list[asyncio.Server] = []

    async def adopt(self, snapshot: Snapshot, listening: Listening, down: Down) -> None:
        if any(route.name == "not-for-workers" for route in snapshot.routes):
            raise ValueError("this route is not for workers")
        for server in self._servers:
            server.close()
        self._servers = []
        self.version, self.down, self.workers = snapshot.version, down, snapshot.workers or 0
        set_level(snapshot.logs.level)
        self.route = snapshot.routes[0].name if snapshot.routes else ""
        loop = asyncio.get_running_loop()
        for _listener, one in listening:
            self._servers.append(await loop.create_server(lambda: Connection(self), sock=one))

    def set_down(self, down: Down) -> None:
        self.down = down

    def answered(self, number: int, reply: Reply) -> None:
        raise AssertionError("nothing was asked")

    def leave_alone(self) -> None:
        pass

    async def drain(self, seconds: float) -> None:
        self.draining = True
        end = time.monotonic() + seconds
        for server in self._servers:
            server.close()
        while self.connections and time.monotonic() < end:
            await asyncio.sleep(0.01)

    def metrics(self) -> Metrics:
        self.numbers.gauges["connections", ()] = len(self.connections)
        return self.numbers

    def reopen_logs(self) -> None:
        self.numbers.add("reopened")


class Connection(asyncio.Protocol):
    def __init__(self, plane: PlainPlane) -> None:
        self.plane = plane
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.plane.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.plane.connections.discard(self)

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1]
        if path == b"/stuck":
            time.sleep(3600)
        delay = 1.0 if path == b"/slow" else 0.0
        asyncio.get_running_loop().call_later(delay, self._answer)

    def _answer(self) -> None:
        plane = self.plane
        plane.numbers.of(plane.route, "").count(200, 0.001, 1, 2)
        content = json.dumps(
            {
                "pid": os.getpid(),
                "version": plane.version,
                "workers": plane.workers,
                "down": sorted(plane.down),
                "level": logging.getLevelName(logging.getLogger("sluice_proxy").level),
            }
        ).encode()
        close = b"Connection: close\r\n" if plane.draining else b""
        self.transport.write(
            b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (close, len(content), content)
        )
        if plane.draining:
            self.transport.close()


def make(send: Send) -> PlainPlane:
    return PlainPlane()


class RefusingPlane(PlainPlane):
    """Has no folder for its logs as long as there is a file named ``refusing``."""

    async def adopt(self, snapshot: Snapshot, listening: Listening, down: Down) -> None:
        self._need_folder()
        await super().adopt(snapshot, listening, down)

    def reopen_logs(self) -> None:
        self._need_folder()
        super().reopen_logs()

    def _need_folder(self) -> None:
        if os.path.exists(os.path.join(os.environ["SLUICE_TEST_FOLDER"], "refusing")):
            raise OSError("the log cannot be written")


def make_refusing(send: Send) -> RefusingPlane:
    return RefusingPlane()


def make_unless_told(send: Send) -> PlainPlane:
    """Fail, as a program with an error would, as long as there is a file named ``broken``."""
    if os.path.exists(os.path.join(os.environ["SLUICE_TEST_FOLDER"], "broken")):
        raise RuntimeError("this program is broken")
    return PlainPlane()
