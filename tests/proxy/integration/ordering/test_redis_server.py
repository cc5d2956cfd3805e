# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Redis that tests run keeps its data, and is as dead or as slow as they need it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from running.redis_server import RedisServer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis") as one:
        yield one


@pytest.mark.parametrize("unix", [False, True], ids=["port", "socket"])
def test_what_was_written_is_there_after_a_sudden_death(server: RedisServer, unix: bool) -> None:
    with server.client(unix=unix) as client:
        client.set("kept", "yes")

    server.restart()

    with server.client(unix=unix) as client:
        assert client.get("kept") == b"yes"


def test_it_is_reached_by_tls(server: RedisServer) -> None:
    with redis.Redis(
        "127.0.0.1",
        server.tls_port,
        password=server.password,
        ssl=True,
        ssl_ca_certs=str(server.trust),
    ) as client:
        assert client.ping()


def test_nobody_gets_in_without_the_password(server: RedisServer) -> None:
    with (
        server.client(password=None) as stranger,
        pytest.raises(redis.exceptions.AuthenticationError),
    ):
        stranger.get("kept")


def test_one_that_is_stopped_refuses_connections_until_it_is_started(server: RedisServer) -> None:
    server.stop()
    with server.client() as client, pytest.raises(redis.exceptions.ConnectionError):
        client.ping()

    server.start()

    with server.client() as client:
        assert client.ping()


def test_one_that_is_paused_answers_nothing_until_it_goes_on(server: RedisServer) -> None:
    server.pause()
    with (
        server.client(patience=0.1) as client,
        pytest.raises(redis.exceptions.TimeoutError),
    ):
        client.ping()

    server.resume()

    with server.client() as client:
        assert client.ping()


def test_one_that_is_paused_can_be_killed(server: RedisServer) -> None:
    server.pause()

    server.restart()

    with server.client() as client:
        assert client.ping()
