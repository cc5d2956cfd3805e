# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Worker processes without the rest of the supervisor."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from running.descriptors import worker_descriptors
from running.service import PATIENCE, PLAIN
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.snapshot import Snapshot, encode
from sluice_proxy.supervisor.worker import InForce, Refused
from sluice_proxy.supervisor.workers import SILENCE, Workers

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def workers_find_the_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))


def in_force(*sockets: socket.socket) -> InForce:
    address = TcpAddress("127.0.0.1", 1)
    snapshot = Snapshot(version=1, listeners=(Listener(address),))
    return InForce(1, encode(snapshot), [list(sockets)])


@asynccontextmanager
async def begun(
    factory: str = PLAIN, silence: float = SILENCE
) -> AsyncIterator[tuple[Workers, socket.socket]]:
    """Give workers, none of them started yet, and a socket to listen to.

    All are gone afterwards, so that a test that fails leaves nothing to the next one.
    """
    workers = Workers(factory, silence)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listening:
            yield workers, listening
    finally:
        await workers.stop(0)


async def ask(listening: socket.socket) -> dict:
    """Return what a worker answers, on a connection of its own."""
    async with asyncio.timeout(PATIENCE):
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.split(b"Content-Length: ")[1].split(b"\r\n")[0])
        answer: dict = json.loads(await reader.readexactly(length))
        writer.close()
        return answer


async def true(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_worker_that_answers_nothing_is_killed_and_replaced() -> None:
    async def scenario() -> None:
        async with begun(silence=0.5) as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (stuck,) = workers.serving
            _reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"GET /stuck HTTP/1.1\r\n\r\n")
            assert workers.answered_within(PATIENCE)
            await asyncio.sleep(1.0)
            assert not workers.answered_within(0.5)
            workers.kill_silent()
            await true(lambda: stuck.exit_status is not None)
            assert stuck.exit_status == -signal.SIGKILL
            await true(lambda: workers.serving)
            assert workers.serving[0].pid != stuck.pid
            writer.close()

    asyncio.run(scenario())


def test_a_worker_that_takes_long_to_start_is_waited_for() -> None:
    async def scenario() -> None:
        async with begun(silence=0.1) as (workers, listening):
            beginning = asyncio.create_task(workers.put_in_force(in_force(listening), 1))
            await true(lambda: workers.everybody)
            (slow,) = workers.everybody
            os.kill(slow.pid, signal.SIGSTOP)
            await asyncio.sleep(0.2)
            workers.kill_silent()
            os.kill(slow.pid, signal.SIGCONT)
            await beginning
            assert workers.serving == [slow]

    asyncio.run(scenario())


def test_workers_that_serve_what_is_not_to_be_are_replaced() -> None:
    async def scenario() -> None:
        async with begun() as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (before,) = workers.serving
            workers.kill_those_of(2)
            workers.kill_those_of(1)
            await true(lambda: workers.serving and workers.serving[0] is not before)
            assert workers.deaths == 1

    asyncio.run(scenario())


def test_a_level_that_is_asked_for_holds_in_all_workers_until_something_else_is_in_force() -> None:
    async def scenario() -> None:
        async def levels(number: int) -> set[str]:
            return {(await ask(listening))["level"] for _unused in range(number)}

        async with begun() as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            assert await levels(1) == {"INFO"}
            workers.set_log_level("debug")
            # A message that is answered only after those that were sent before it.
            await workers.collect(PATIENCE)
            assert await levels(1) == {"DEBUG"}

            (before,) = workers.serving
            before.kill()
            await true(lambda: workers.serving and workers.serving[0] is not before)
            assert await levels(1) == {"DEBUG"}

            await workers.put_in_force(replace(in_force(listening), log_level="error"), 1)
            assert await levels(1) == {"ERROR"}
            await workers.put_in_force(in_force(listening), 1)
            assert await levels(1) == {"INFO"}

    asyncio.run(scenario())


def test_a_worker_that_cannot_begin_is_an_error_and_not_tried_for_ever() -> None:
    async def scenario() -> None:
        async with begun("samples.plain_plane:there_is_no_such_thing") as (workers, listening):
            with pytest.raises(Refused, match="ended"):
                await workers.put_in_force(in_force(listening), 1)
        assert workers.everybody == []

    asyncio.run(scenario())


def test_a_worker_inherits_no_descriptor_but_the_standard_ones_and_its_channel() -> None:
    async def scenario() -> None:
        async with begun() as (workers, listening):
            with open("/dev/null") as other:
                os.set_inheritable(other.fileno(), False)
                await workers.put_in_force(in_force(listening), 1)
                links = Path(f"/proc/{workers.serving[0].pid}/fd").iterdir()
                targets = {os.readlink(link) for link in links}
        sockets = {target for target in targets if target.startswith("socket:")}
        # The channel, the listening socket, and the two ends by which the loop wakes itself.
        assert len(sockets) <= 4

    asyncio.run(scenario())


def test_a_worker_that_may_open_no_more_files_is_told_and_asked_all_the_same() -> None:
    async def scenario() -> None:
        async with begun() as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (worker,) = workers.serving
            _reader, writer = await asyncio.open_connection(*listening.getsockname())
            await workers.collect(PATIENCE)
            # Not one more than it has, those included that it keeps back.
            have = worker_descriptors(worker.pid)
            resource.prlimit(worker.pid, resource.RLIMIT_NOFILE, (have, have))
            down = frozenset({("route", "target")})
            workers.set_down(down)
            numbers = await workers.collect(PATIENCE)
            assert numbers.gauges["connections", ()] == 1
            await workers.put_in_force(in_force(listening), 1)
            with pytest.raises(Refused, match="set LimitNOFILE higher"):
                await workers.put_in_force(in_force(*[listening] * 100), 1)
            assert workers.serving == [worker]
            assert worker.exit_status is None
            writer.close()

    asyncio.run(scenario())


def test_more_sockets_than_a_worker_can_be_given_are_refused_with_advice() -> None:
    async def scenario() -> None:
        async with begun() as (workers, listening):
            with pytest.raises(Refused, match="have fewer addresses, or more workers"):
                await workers.put_in_force(in_force(*[listening] * 249), 1)
            await workers.put_in_force(in_force(*[listening] * 248), 1)

    asyncio.run(scenario())


def test_a_worker_whose_log_cannot_be_opened_anew_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_TEST_FOLDER", str(tmp_path))

    async def scenario() -> None:
        async with begun("samples.plain_plane:make_refusing") as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (worker,) = workers.serving
            (tmp_path / "refusing").touch()
            workers.reopen_logs()
            await workers.collect(PATIENCE)
            (tmp_path / "refusing").unlink()
            workers.reopen_logs()
            assert (await workers.collect(PATIENCE)).counters["reopened", ()] == 1
            assert workers.serving == [worker]

    asyncio.run(scenario())


def test_a_replacement_that_refuses_what_is_in_force_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_TEST_FOLDER", str(tmp_path))

    async def scenario() -> None:
        async with begun("samples.plain_plane:make_refusing") as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (first,) = workers.serving
            (tmp_path / "refusing").touch()
            os.kill(first.pid, signal.SIGKILL)
            await true(lambda: workers.deaths >= 2)
            (tmp_path / "refusing").unlink()
            assert (await ask(listening))["pid"] not in (first.pid, os.getpid())

    asyncio.run(scenario())


def test_a_replacement_that_cannot_be_started_is_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spawn, failures = os.posix_spawn, iter([True, True])

    def fail_at_first(*arguments, **more) -> int:
        if next(failures, False):
            raise OSError("no memory")
        return spawn(*arguments, **more)

    async def scenario() -> None:
        async with begun() as (workers, listening):
            await workers.put_in_force(in_force(listening), 1)
            (first,) = workers.serving
            monkeypatch.setattr(os, "posix_spawn", fail_at_first)
            os.kill(first.pid, signal.SIGKILL)
            await true(lambda: workers.serving and workers.serving[0] is not first)
            assert next(failures, None) is None

    asyncio.run(scenario())


def test_while_a_worker_cannot_be_replaced_the_others_serve_who_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_TEST_FOLDER", str(tmp_path))

    async def scenario() -> None:
        async with begun("samples.plain_plane:make_refusing") as (workers, one):
            with socket.create_server(("127.0.0.1", 0)) as two:
                await workers.put_in_force(in_force(one, two), 2)
                owner = (await ask(two))["pid"]
                (other,) = [worker.pid for worker in workers.serving if worker.pid != owner]
                # The owner's end, and the replacements that end before they serve.
                monkeypatch.setattr(workers, "_factory", "samples.plain_plane:nothing")
                os.kill(owner, signal.SIGKILL)
                assert (await ask(two))["pid"] == other
                assert (await ask(one))["pid"] == other
                monkeypatch.setattr(workers, "_factory", PLAIN)
                await true(lambda: len(workers.serving) == 2)
                await true(lambda: workers._spread_over == [])
                await workers.collect(PATIENCE)
                assert {(await ask(two))["pid"] for _unused in range(5)} == {
                    worker.pid for worker in workers.serving if worker.pid != other
                }

    asyncio.run(scenario())
