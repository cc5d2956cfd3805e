# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy that runs, as a service manager would run it."""

from __future__ import annotations

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PATIENCE = 60.0
"""Seconds after which something that has to happen did not."""
_HERE = Path(__file__).resolve().parents[1]
_PACKAGE = _HERE.parents[1] / "roles" / "proxy" / "files"
PLAIN = "samples.plain_plane:make"


def free_port() -> int:
    """Return a port that is free, and that the kernel gives to no client meanwhile."""
    while True:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def until(true: Callable[[], Any], what: str = "it", every: float = 0.02) -> Any:
    """Return what ``true`` returns as soon as that is true; it is looked at ``every`` so many
    seconds."""
    end = time.monotonic() + PATIENCE
    while True:
        value = true()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not happen within {PATIENCE:g} s"
        time.sleep(every)


class Running:
    """One proxy: its process, its files, and what it told the service manager."""

    def __init__(self, folder: Path, config: str, data_plane: str | None, **environment: str):
        self.port = free_port()
        self.metrics_port = free_port()
        self.config = folder / "edge.yml"
        self.output = folder / "output.txt"
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        notify = folder / "notify"
        self._manager.bind(str(notify))
        self._manager.settimeout(0.05)
        self.told: list[str] = []
        self._environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, (_PACKAGE, _HERE))),
            "NOTIFY_SOCKET": str(notify),
            **environment,
        }
        self._more = [] if data_plane is None else ["--data-plane", data_plane]
        self.write(config)

    def write(self, config: str) -> None:
        """Write the configuration; ``PORT`` and ``METRICS`` stand for this proxy's own."""
        text = config.replace("PORT", str(self.port)).replace("METRICS", str(self.metrics_port))
        # At once, as careful programs do it: the proxy may be reading.
        new = self.config.with_suffix(".new")
        new.write_text(text)
        new.replace(self.config)

    def start(self, wrapper: tuple[str, ...] = (), pass_fds: tuple[int, ...] = ()) -> None:
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [*wrapper, sys.executable, "-m", "sluice_proxy", "serve", "--config",
                 str(self.config), *self._more],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=pass_fds,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self.output.read_text()

    def hear(self) -> list[str]:
        """Return all that was told the service manager so far."""
        while True:
            try:
                self.told += self._manager.recv(65536).decode().split("\n")
            except TimeoutError:
                return self.told

    def wait_ready(self, times: int = 1) -> None:
        """Wait until it told that it is ready, for the so-many-th time."""

        def ready() -> bool:
            assert self.process.poll() is None, self.said
            return self.hear().count("READY=1") >= times

        until(ready, f"READY=1 in {self.said}")

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def reload(self, config: str | None = None) -> None:
        """Have the configuration read again, and wait for what becomes of it."""
        if config is not None:
            self.write(config)
        before = self.hear().count("READY=1")
        self.signal(signal.SIGHUP)
        self.wait_ready(before + 1)

    def upgrade(self) -> None:
        """Have the program replaced, and wait until the new one serves."""
        before = self.said.count("serving: ")
        self.signal(signal.SIGUSR2)
        until(lambda: self.said.count("serving: ") > before, "the upgrade")
        self.hear()

    def stop(self) -> int:
        self.signal(signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def ask(self, path: str = "/", timeout: float = PATIENCE) -> dict[str, Any]:
        """Return what a worker with the plain data plane answers, on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request("GET", path)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()

    def page(self, path: str = "/metrics") -> tuple[int, str]:
        """Return status and content of a page of the metrics listener."""
        connection = http.client.HTTPConnection("127.0.0.1", self.metrics_port, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def number(self, name: str) -> float:
        """Return one of its numbers, with its labels if it has any; 0 if it is not there."""
        for line in self.page()[1].splitlines():
            if line.startswith(name + " "):
                return float(line.rpartition(" ")[2])
        return 0.0

    def workers(self) -> list[int]:
        """Return the process ids of the workers."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in Path(path).read_text().split()]

    def close(self) -> None:
        if hasattr(self, "process") and self.process.poll() is None:
            for pid in self.workers():
                os.kill(pid, signal.SIGKILL)
            self.process.kill()
            self.process.wait()
        self._manager.close()


@contextmanager
def running(
    folder: Path,
    config: str,
    *,
    data_plane: str | None = PLAIN,
    wrapper: tuple[str, ...] = (),
    **environment: str,
) -> Iterator[Running]:
    """Give a proxy that serves, and end it."""
    one = Running(folder, config, data_plane, **environment)
    try:
        one.start(wrapper)
        one.wait_ready()
        yield one
    finally:
        one.close()
