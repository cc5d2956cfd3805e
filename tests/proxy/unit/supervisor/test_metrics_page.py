# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page with the numbers: it answers readers, and waits for none of them."""

from __future__ import annotations

import asyncio
import socket

import pytest
from sluice_proxy.supervisor import metrics_page
from sluice_proxy.supervisor.metrics_page import MOST_READERS, MetricsPage

SIZE = 32 * 1024 * 1024


async def served(content: str) -> tuple[MetricsPage, socket.socket]:
    async def render() -> str:
        return content

    listening = socket.create_server(("127.0.0.1", 0))
    page = MetricsPage("/metrics", render, lambda: True)
    await page.listen([listening])
    return page, listening


async def asked(listening: socket.socket, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    writer.write(request)
    async with asyncio.timeout(30):
        answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK"),
        (b"HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK"),
        (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b"200 OK"),
        (b"POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", b"405 "),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"404 "),
        (b"GET /metrics HTTP/1.1\r\n\r\n", b"400 "),
        (b"nonsense\r\n\r\n", b"400 "),
        (b"GET /" + b"x" * 9000, b"414 "),
    ],
)
def test_every_request_is_answered(request_: bytes, status: bytes) -> None:
    async def scenario() -> bytes:
        page, listening = await served("numbers\n")
        answer = await asked(listening, request_)
        page.close()
        listening.close()
        return answer

    answer = asyncio.run(scenario())
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.endswith(b"\r\n\r\n") == request_.startswith(b"HEAD")


def test_a_reader_that_takes_nothing_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_page, "PATIENCE", 0.2)

    async def scenario() -> int:
        page, listening = await served("x" * SIZE)
        slow = socket.create_connection(listening.getsockname())
        slow.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(30):
            while len(asyncio.all_tasks()) < 2:
                await asyncio.sleep(0.01)
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0.01)
        page.close()
        listening.close()
        slow.settimeout(30)
        got = 0
        try:
            while piece := slow.recv(1 << 20):
                got += len(piece)
        except ConnectionResetError:
            return got
        finally:
            slow.close()
        return got

    assert asyncio.run(scenario()) < SIZE


def test_more_readers_than_it_answers_are_turned_away() -> None:
    async def scenario() -> bytes:
        page, listening = await served("x")
        waiting = [
            await asyncio.open_connection(*listening.getsockname())
            for _unused in range(MOST_READERS)
        ]
        answer = await asked(listening, b"")
        for _reader, writer in waiting:
            writer.close()
        page.close()
        listening.close()
        await asyncio.sleep(0.05)
        return answer

    assert asyncio.run(scenario()) == b""
