# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Redis server that cannot be used: one line that says why, within bounds, and on it goes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Iterator
from pathlib import Path

import pytest
from contracts.sharing import LONG, Node, refused
from running.fleet import redis_of
from running.redis_server import RedisServer
from sluice_proxy.fleet.redis.connecting import MOST_CONNECTIONS
from sluice_proxy.fleet.redis.shared import RedisShared
from sluice_proxy.fleet.shared import Lease, LeaseLost, Shared, Unreachable
from sluice_proxy.snapshot.fleet import Redis

SOON = 0.3
"""Seconds that these nodes wait for an answer."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as runner:
        yield runner


@pytest.fixture
def node(runner: asyncio.Runner, server: RedisServer, tmp_path: Path) -> Iterator[Node]:
    with server.client() as client:
        client.flushall()
    node = Node(runner, RedisShared(redis_of(server, tmp_path), SOON))
    yield node
    runner.run(node.shared.close())


def everything(shared: Shared) -> list[Awaitable[object]]:
    """Return all that may be asked of it."""
    lease = Lease("a", 1)
    return [
        shared.get("answer", "a"),
        shared.changes("answer"),
        shared.put("answer", "a", b"1"),
        shared.put("answer", "a", b"1", lease=lease),
        shared.remove("answer", "a"),
        shared.add("answer", "a", b"1"),
        shared.lease("a", "one", LONG),
        shared.renew(lease, LONG),
        shared.release(lease),
        shared.allow("a", 1, LONG),
    ]


async def outcomes(asked: list[Awaitable[object]]) -> list[object]:
    return await asyncio.gather(*asked, return_exceptions=True)


# One that is not there, or does nothing


def test_a_server_that_is_gone_is_told_and_when_it_is_back_all_goes_on(
    server: RedisServer, node: Node
) -> None:
    node.put("a", b"1")
    server.kill()
    try:
        assert refused(node).startswith(f"Redis at {server.address}: it cannot be reached")
    finally:
        server.start()

    assert node.get("a") == b"1"
    assert node.shared.trouble == ""


def test_a_server_that_was_not_there_at_first_is_used_when_it_is(
    server: RedisServer, node: Node
) -> None:
    server.stop()
    try:
        assert {type(one) for one in node.run(outcomes(everything(node.shared)))} == {Unreachable}
    finally:
        server.start()

    node.put("a", b"1")
    assert node.get("a") == b"1"


def test_a_server_that_hangs_holds_nobody_for_long_and_goes_on(
    server: RedisServer, node: Node
) -> None:
    node.put("a", b"1")
    server.pause()
    try:
        asked = [one for _unused in range(MOST_CONNECTIONS) for one in everything(node.shared)]
        assert {type(one) for one in node.run(outcomes(asked))} == {Unreachable}
        assert "it does not answer in time" in refused(node)
    finally:
        server.resume()

    assert node.get("a") == b"1"
    done = node.run(outcomes(everything(node.shared)))
    assert {type(one) for one in done if isinstance(one, Exception)} <= {LeaseLost}


def test_a_name_that_nobody_has_is_told(runner: asyncio.Runner) -> None:
    node = Node(runner, RedisShared(Redis("nobody.invalid:6379")))

    assert refused(node).startswith("Redis at nobody.invalid:6379: it cannot be reached")


# One that refuses


def test_a_server_without_memory_refuses_what_needs_some(server: RedisServer, node: Node) -> None:
    node.put("a", b"1")
    with server.client() as client:
        client.config_set("maxmemory", 1)
        try:
            assert "it has no memory left: raise its maxmemory (" in refused(node)
            assert node.get("a") == b"1"
        finally:
            client.config_set("maxmemory", 0)

    node.put("a", b"2")
    assert node.shared.trouble == ""


def test_a_replica_is_told_from_a_primary(server: RedisServer, node: Node) -> None:
    node.put("a", b"1")
    with server.client() as client:
        client.replicaof("127.0.0.1", "1")
        try:
            assert "it is a replica, which takes no changes: name the primary" in refused(node)
        finally:
            client.replicaof("no", "one")

    node.put("a", b"2")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            b"-LOADING Redis is loading the dataset in memory\r\n",
            "it still reads what it kept: it will answer when that is done (Redis is loading",
        ),
        (b"-MOVED 7 10.0.0.9:6379\r\n", "it is of a cluster: name a server that is none's"),
        (b"-CLUSTERDOWN Hash slot not served\r\n", "it is of a cluster: name a server that"),
        (
            b"-CROSSSLOT Keys in request don't hash to the same slot\r\n",
            "it is of a cluster: name a server that is none's",
        ),
        (b"-NOPERM this user has no permissions\r\n", "our user may not do everything that is"),
        (b"-MISCONF no space on disk\x1b[0m\r\n", "it refuses (MISCONF no space on disk [0m)"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers there is no Redis"),
        (b"", "it cannot be reached"),
        (b"+" + b"x" * 100_000, "what answers there is no Redis"),
        (b"+OK\r\n", "what answers there is no Redis"),
        (b"*0\r\n", "what answers there is no Redis"),
        (b"*2\r\n$1\r\nx\r\n$1\r\nx\r\n", "there is no proxy's: let nobody else write there"),
    ],
    ids=[
        "loading", "moved", "cluster down", "two slots", "no permission", "disk full", "http",
        "closed", "without an end", "a word", "a list", "another list",
    ],
)  # fmt: skip
def test_what_a_server_answers_is_explained(answer: bytes, said: str) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while answer and (asked := await reader.read(65_536)):
            writer.write(answer * len(re.findall(rb"^\*", asked, re.MULTILINE)))
        writer.close()

    async def ask() -> str:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        shared = RedisShared(Redis(f"127.0.0.1:{port}"))
        async with server:
            with pytest.raises(Unreachable) as unreachable:
                await shared.changes("answer")
            await shared.close()
        assert shared.trouble == str(unreachable.value)
        assert shared.trouble.isprintable()
        return shared.trouble

    assert said in asyncio.run(ask())
