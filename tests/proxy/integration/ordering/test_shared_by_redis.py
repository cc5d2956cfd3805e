# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet shares by a real Redis server does what everything has to that nodes share by."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.shared import LastingContract
from contracts.sharing import Node, View
from running.fleet import SECRET, least_user, redis_of, secret_file
from running.redis_server import RedisServer
from sluice_proxy.fleet.redis.shared import RedisShared
from sluice_proxy.fleet.shared import Shared
from sluice_proxy.snapshot.fleet import Redis


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("redis")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RedisServer]:
    with RedisServer(folder) as server:
        yield server


class ByRedis(LastingContract):
    @pytest.fixture(autouse=True)
    def _empty(self, server: RedisServer) -> None:
        self._server = server
        self.lose()

    def redis(self, folder: Path) -> Redis:
        """Return how the server is reached."""
        return redis_of(self._server, folder)

    async def opened(self, folder: Path) -> Shared:
        return RedisShared(self.redis(folder))

    async def restarted(self, folder: Path) -> Shared:
        self._server.restart()
        return await self.opened(folder)

    def lose(self) -> bool:
        with self._server.client() as client:
            client.flushall()
        return True


class TestByRedis(ByRedis):
    def test_a_node_goes_on_after_a_restart_of_the_server(self, node: Node) -> None:
        view = View(node)
        node.put("a", b"1")
        lease = node.leased("a", "one")
        view.look()
        self._server.restart()
        node.put("b", b"2", lease=lease)

        assert view.look().whole
        assert view.documents == {"a": b"1", "b": b"2"}
        assert not view.look().whole

    def test_a_server_that_comes_back_with_less_than_it_had_is_noticed(
        self, node: Node, folder: Path, tmp_path: Path
    ) -> None:
        view = View(node)
        node.put("kept", b"1")
        node.put("changed", b"1")
        self._server.stop()
        shutil.copytree(folder / "appendonlydir", tmp_path / "backup")
        self._server.start()
        node.put("lost", b"2")
        node.put("changed", b"2")
        lease = node.leased("a", "one")
        view.look()

        self._server.stop()
        shutil.rmtree(folder / "appendonlydir")
        shutil.copytree(tmp_path / "backup", folder / "appendonlydir")
        self._server.start()
        node.put("new", b"3")

        view.look()
        assert view.documents == {"kept": b"1", "changed": b"1", "new": b"3"}
        assert not node.holds(lease)
        assert node.leased("a", "two").fence > lease.fence

    def test_scripts_that_the_server_forgot_are_sent_again(self, node: Node) -> None:
        node.put("a", b"1")
        with self._server.client() as client:
            client.script_flush()

        node.put("a", b"2")
        assert node.get("a") == b"2"

    def test_a_connection_that_was_closed_meanwhile_is_no_trouble(self, node: Node) -> None:
        node.put("a", b"1")
        with self._server.client() as client:
            client.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")

        assert node.get("a") == b"1"

    def test_a_document_that_the_server_let_go_of_is_not_told(self, node: Node) -> None:
        node.put("a", b"1")
        node.put("b", b"1")
        with self._server.client() as client:
            assert client.delete("sluice:document:answer:a") == 1

        assert node.get("a") is None
        assert set(node.changes().put) == {"b"}
        assert node.run(node.shared.add("answer", "a", b"2")).document == b"2"

    def test_a_lease_of_before_the_clock_went_back_keeps_nobody_waiting(self, node: Node) -> None:
        former = node.leased("a", "one that was killed")
        with self._server.client() as client:
            assert client.pexpire("sluice:lease:a", 86_400_000)

        lease = node.lease("a", "two")
        assert lease is not None
        assert lease.fence > former.fence
        assert not node.holds(former)
        assert node.lease("a", "three") is None

    def test_what_is_over_leaves_nothing_behind_though_nobody_asks(self, node: Node) -> None:
        node.put("a", b"1", seconds=0.02)
        lease = node.leased("a", "one", 0.02)
        node.allow("orders", 1, 0.02)
        node.wait_until_gone("a")
        node.wait_until_lost(lease)

        with self._server.client() as client:
            while client.exists("sluice:allowed:orders"):
                client.ping()
            assert not client.exists("sluice:document:answer:a", "sluice:lease:a")


class TestByRedisAsTheLeastUserWithASecret(ByRedis):
    def redis(self, folder: Path) -> Redis:
        secret = secret_file(folder, "secret", SECRET)
        user = least_user(self._server, folder)
        return redis_of(self._server, folder, secret_file=secret, **user)
