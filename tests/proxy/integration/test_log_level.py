# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A level of the logs that is asked for: how long it holds, whatever else happens meanwhile."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
from running.service import PATIENCE, PLAIN, free_port
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.observing import Log, Logs
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.supervisor.enforcer import Enforcer
from sluice_proxy.supervisor.sockets import InheritedSockets
from sluice_proxy.supervisor.systemd import Notifier

ROOT = logging.getLogger("sluice_proxy")


@pytest.fixture(autouse=True)
def logging_stays_as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[1]))
    before = (ROOT.handlers, ROOT.level, ROOT.propagate)
    yield
    ROOT.handlers, ROOT.level, ROOT.propagate = before


class Proxy:
    """One worker, and what puts snapshots in force."""

    def __init__(self, folder: Path) -> None:
        self._port = free_port()
        self._log = Log(str(folder / "error.log"))
        self.enforcer = Enforcer(PLAIN, InheritedSockets({}), Notifier({}))

    async def put_in_force(self, version: int, *, declared: bool = False) -> None:
        """Have a version served, as the file is read again, or something is ``declared``."""
        listeners = (Listener(TcpAddress("127.0.0.1", self._port)),)
        logs = Logs(error=self._log, level="warning")
        made = Snapshot(version, listeners, workers=1, logs=logs)
        put = self.enforcer.change_to if declared else self.enforcer.put_in_force
        await put(made)

    async def levels(self) -> tuple[str, str, str]:
        """Return the level that is told, the supervisor's, and the worker's."""
        async with asyncio.timeout(PATIENCE):
            # What it was told before is done when it answers.
            await self.enforcer.workers.collect(PATIENCE)
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
            worker = json.loads(await reader.readexactly(length))["level"]
            writer.close()
        return self.enforcer.log_level, logging.getLevelName(ROOT.level).lower(), worker.lower()


def run(folder: Path, scenario: Callable[[Proxy], Awaitable[None]]) -> None:
    async def whole() -> None:
        proxy = Proxy(folder)
        await proxy.put_in_force(1)
        try:
            await scenario(proxy)
        finally:
            proxy.enforcer.sockets.close(kept=False)
            await proxy.enforcer.workers.stop(0)

    asyncio.run(whole())


@pytest.mark.parametrize(("declared", "level"), [(True, "debug"), (False, "warning")])
def test_it_holds_until_the_file_is_read_again(tmp_path: Path, declared: bool, level: str) -> None:
    async def scenario(proxy: Proxy) -> None:
        assert await proxy.levels() == ("warning",) * 3
        proxy.enforcer.set_log_level("debug")
        assert await proxy.levels() == ("debug",) * 3
        await proxy.put_in_force(2, declared=declared)
        assert await proxy.levels() == (level,) * 3

    run(tmp_path, scenario)


@pytest.mark.parametrize("declared", [True, False])
def test_one_that_is_asked_for_while_something_is_put_in_force_holds(
    tmp_path: Path, declared: bool
) -> None:
    async def scenario(proxy: Proxy) -> None:
        proxy.enforcer.set_log_level("info")
        changing = asyncio.create_task(proxy.put_in_force(2, declared=declared))
        await asyncio.sleep(0)
        proxy.enforcer.set_log_level("debug")
        await changing
        assert await proxy.levels() == ("debug",) * 3

    run(tmp_path, scenario)
