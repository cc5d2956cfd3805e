# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes without the rest of the supervisor."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from pathlib import Path

import pytest
from running.service import PATIENCE, PLAIN
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.snapshot import Snapshot, encode
from sluice_proxy.supervisor.workers import InForce, Refused, Workers

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def workers_find_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def in_force(*sockets: socket.socket) -> InForce:
    address = TcpAddress("127.0.0.1", 1)
    snapshot = Snapshot(version=1, listeners=(Listener(address),))
    return InForce(1, encode(snapshot), [list(sockets)])


async def true(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_worker_that_answers_nothing_is_killed_and_replaced() -> None:
    async def scenario() -> None:
        workers = Workers(PLAIN, silence=0.5)
        with socket.create_server(("127.0.0.1", 0)) as listening:
            await workers.put_in_force(in_force(listening), 1)
            (stuck,) = workers.serving
            _reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"GET /stuck HTTP/1.1\r\n\r\n")
            await asyncio.sleep(1.0)
            workers.kill_silent()
            await true(lambda: stuck.exit_status is not None)
            assert stuck.exit_status == -signal.SIGKILL
            await true(lambda: workers.serving)
            assert workers.serving[0].pid != stuck.pid
            writer.close()
        await workers.stop(0)

    asyncio.run(scenario())


def test_a_worker_that_cannot_begin_is_an_error_and_not_tried_for_ever() -> None:
    async def scenario() -> None:
        workers = Workers("samples.plain_plane:there_is_no_such_thing")
        with (
            socket.create_server(("127.0.0.1", 0)) as listening,
            pytest.raises(Refused, match="ended"),
        ):
            await workers.put_in_force(in_force(listening), 1)
        await workers.stop(0)
        assert workers.everybody == []

    asyncio.run(scenario())


def test_a_worker_inherits_no_descriptor_but_the_standard_ones_and_its_channel() -> None:
    async def scenario() -> None:
        workers = Workers(PLAIN)
        with socket.create_server(("127.0.0.1", 0)) as listening, open("/dev/null") as other:
            os.set_inheritable(other.fileno(), False)
            await workers.put_in_force(in_force(listening), 1)
            links = Path(f"/proc/{workers.serving[0].pid}/fd").iterdir()
            targets = {os.readlink(link) for link in links}
        await workers.stop(0)
        sockets = {target for target in targets if target.startswith("socket:")}
        # The channel, the listening socket, and the two ends by which the loop wakes itself.
        assert len(sockets) <= 4

    asyncio.run(scenario())
