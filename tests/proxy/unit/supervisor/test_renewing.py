# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are due come into force and into the store without anybody asking."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running.fake_enforcer import FakeEnforcer
from samples.config import FilesInMemory
from sluice_proxy.config.loading import Base, parse_base
from sluice_proxy.issuing.authority_folder import KEY
from sluice_proxy.issuing.issuer import Issuer
from sluice_proxy.resources.certifying import leaves_in
from sluice_proxy.store.failures import StoreFull
from sluice_proxy.store.memory import MemoryStore
from sluice_proxy.supervisor.beside import Beside
from sluice_proxy.supervisor.declaring import Declaring

START = datetime(2026, 5, 1, tzinfo=UTC)


class Proxy:
    """What is declared, beside a loop and a clock of the test's."""

    def __init__(self, folder: Path) -> None:
        self.now = START
        self.enforcer = FakeEnforcer()
        self._beside = Beside(lambda: None)
        self._base = base(folder)
        self.declaring = Declaring(
            self.enforcer,
            self._beside,
            asyncio.Lock(),
            lambda: None,
            Issuer({}, "desk"),
            lambda: self.now,
        )

    async def serve(self) -> None:
        await self.declaring.serve(self._base)

    async def renew_after(self, **time: float) -> None:
        self.now = START + timedelta(**time)
        await self.declaring.renew()

    @property
    def chains(self) -> list[bytes | None]:
        """What was shown, of each snapshot that was in force."""
        return [one.certificates[0].chain.text for one in self.enforcer.shown]

    @property
    def kept(self) -> list[bytes]:
        """The leaves that the store has."""
        return [one.issued.chain for one in leaves_in(self.declaring.kept.contents).values()]

    async def close(self) -> None:
        await self.declaring.close()
        self._beside.close()


def base(folder: Path) -> Base:
    text = f"""
issuing: {{provider: local_ca, folder: {folder}}}
routes: [{{name: a, hosts: a.test, tls: auto}}]
"""
    return parse_base(text.encode(), file="edge.yml", files=FilesInMemory())


def with_proxy(folder: Path, does: Callable[[Proxy], Awaitable[None]]) -> None:
    async def run() -> None:
        proxy = Proxy(folder)
        try:
            await proxy.serve()
            await does(proxy)
        finally:
            await proxy.close()

    asyncio.run(run())


def test_what_is_due_comes_into_force_and_into_the_store(tmp_path: Path) -> None:
    async def does(proxy: Proxy) -> None:
        await proxy.renew_after(days=200)
        assert len(proxy.chains) == 1

        await proxy.renew_after(days=300)
        former, shown = proxy.chains
        assert shown != former
        assert proxy.kept == [shown]
        await proxy.renew_after(days=301)
        assert len(proxy.chains) == 2

    with_proxy(tmp_path / "ca", does)


def test_what_the_store_does_not_take_is_in_force_and_kept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_arguments: object) -> None:
        raise StoreFull("edge.db", "the disk is full")

    async def does(proxy: Proxy) -> None:
        before = proxy.kept
        with monkeypatch.context() as patched:
            patched.setattr(MemoryStore, "apply", full)
            await proxy.renew_after(days=300)
        assert proxy.kept == before != proxy.chains[1:]

        await proxy.renew_after(days=300, hours=1)
        assert proxy.kept == proxy.chains[1:]

    with_proxy(tmp_path / "ca", does)


def test_what_no_worker_takes_is_not_kept_and_tried_again(tmp_path: Path) -> None:
    async def does(proxy: Proxy) -> None:
        before = proxy.kept
        proxy.enforcer.refuses = True
        await proxy.renew_after(days=300)
        assert proxy.kept == before

        proxy.enforcer.refuses = False
        await proxy.renew_after(days=301)
        assert proxy.kept != before
        assert proxy.kept == proxy.chains[1:]

    with_proxy(tmp_path / "ca", does)


def test_what_cannot_be_renewed_is_shown_on_and_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def does(proxy: Proxy) -> None:
        (tmp_path / "ca" / KEY).chmod(0o644)
        for hours in range(3):
            await proxy.renew_after(days=300, hours=hours)
        assert proxy.chains == [*proxy.kept]

    with_proxy(tmp_path / "ca", does)
    said = [record.getMessage() for record in caplog.records]
    assert len([line for line in said if "the local CA cannot be used: " in line]) == 1
