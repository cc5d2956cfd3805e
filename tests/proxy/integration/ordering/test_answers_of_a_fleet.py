# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers to validations by a real Redis server: any node tells them, however many ask others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from running.fleet import redis_of
from running.redis_server import RedisServer
from sluice_proxy.fleet.redis.shared import RedisShared
from sluice_proxy.ordering.answering.composing import answering
from sluice_proxy.ordering.validating import Answering, Challenge, NotAnswered, Validations
from sluice_proxy.snapshot.fleet import Redis
from sluice_proxy.snapshot.issuing import Acme, ChallengeType


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as one:
        yield one


@pytest.fixture
def redis(server: RedisServer, tmp_path: Path) -> Redis:
    return redis_of(server, tmp_path)


@asynccontextmanager
async def node(redis: Redis) -> AsyncIterator[tuple[Answering, Validations]]:
    shared = RedisShared(redis)
    try:
        yield answering(Acme(authorities=()), shared)
    finally:
        await shared.close()


def http(token: str) -> Challenge:
    return Challenge(ChallengeType.HTTP_01, "a.test", token, f"{token}.thumb")


def test_each_node_tells_what_each_publishes(redis: Redis) -> None:
    async def run() -> None:
        async with node(redis) as one, node(redis) as two, node(redis) as three:
            nodes = (one, two, three)
            tokens = [f"token{number}" for number in range(30)]
            for number, token in enumerate(tokens):
                await nodes[number % 3][0].publish(http(token))
            for _answers, told in nodes:
                got = await asyncio.gather(*(told.http_01(token) for token in tokens))
                assert got == [f"{token}.thumb".encode() for token in tokens]

            name = Challenge(ChallengeType.TLS_ALPN_01, "a.test", "t", "t.thumb")
            await one[0].publish(name)
            assert await three[1].tls_alpn_01("a.test") is not None
            await one[0].withdraw(name)
            assert await three[1].tls_alpn_01("a.test") is None

    asyncio.run(run())


def test_answers_are_gone_when_their_time_is_over(server: RedisServer, redis: Redis) -> None:
    async def run() -> None:
        async with node(redis) as one, node(redis) as two:
            await one[0].publish(http("token"))
            with server.client() as client:
                found = [key for key in client.scan_iter("*") if 0 < client.pttl(key) <= 3_600_000]
            assert found
            await one[0].withdraw(http("token"))
            assert await two[1].http_01("token") is None

    asyncio.run(run())


def test_a_flood_of_unknown_tokens_is_none_at_the_server(server: RedisServer, redis: Redis) -> None:
    """While the authority gets its answer, the first time that it asks."""

    def commands() -> int:
        with server.client() as client:
            return int(client.info("stats")["total_commands_processed"])

    async def run() -> int:
        async with node(redis) as one, node(redis) as two:
            await two[1].http_01("first")
            before = commands()
            for turn in range(10):
                flood = [two[1].http_01(f"unknown{turn}-{number}") for number in range(500)]
                await one[0].publish(http(f"token{turn}"))
                *_nothing, found = await asyncio.gather(*flood, two[1].http_01(f"token{turn}"))
                assert found == f"token{turn}.thumb".encode()
            return commands() - before

    # Of 5,000 tokens. To put an answer takes some commands, and so does a look.
    assert asyncio.run(run()) < 500


def test_while_the_server_is_away_each_node_tells_what_it_has(
    server: RedisServer, redis: Redis
) -> None:
    async def run() -> None:
        async with node(redis) as one, node(redis) as two:
            await one[0].publish(http("token"))
            assert await two[1].http_01("token") == b"token.thumb"
            server.stop()
            assert await one[1].http_01("token") == b"token.thumb"
            assert await two[1].http_01("token") == b"token.thumb"
            with pytest.raises(NotAnswered, match=r"http-01 for a\.test cannot be shared: "):
                await one[0].publish(http("other"))
            server.start()
            await one[0].publish(http("other"))
            while await two[1].http_01("other") is None:
                await asyncio.sleep(0.05)

    asyncio.run(run())
