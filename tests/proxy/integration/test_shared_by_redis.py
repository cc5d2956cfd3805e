# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fleet shares by a real Redis server does what everything has to that nodes share by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from contracts.shared import LastingContract
from running.redis_server import RedisServer
from sluice_proxy.fleet.redis.shared import RedisShared
from sluice_proxy.fleet.shared import Shared
from sluice_proxy.snapshot.fleet import Redis


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


def password_file(folder: Path) -> str:
    path = folder / "password"
    path.touch(0o600)
    path.write_text("password-of-redis\n")
    return str(path)


class TestRedis(LastingContract):
    secret: str | None = None

    @pytest.fixture(autouse=True)
    def _empty(self, server: RedisServer) -> None:
        self._server = server
        with server.client() as client:
            client.flushall()

    async def opened(self, folder: Path) -> Shared:
        return RedisShared(
            Redis(
                self._server.address,
                password_file=password_file(folder),
                secret_file=self._secret(folder),
            )
        )

    async def restarted(self, folder: Path) -> Shared:
        self._server.restart()
        return await self.opened(folder)

    def lose(self) -> bool:
        with self._server.client() as client:
            client.flushall()
        return True

    def _secret(self, folder: Path) -> str | None:
        if self.secret is None:
            return None
        path = folder / "secret"
        path.touch(0o600)
        path.write_text(self.secret)
        return str(path)
