# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The URL that is asked whether a name may have a certificate, however it answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from running.service import free_port
from sluice_proxy.supervisor.ask_url import MOST_AT_ONCE, AskFailed, AskUrl

SECONDS = 30.0


class Asked:
    """A server that answers with what the test says; None is nothing at all."""

    def __init__(self, answer: bytes | None) -> None:
        self.answer = answer
        self.requests: list[str] = []
        self.at_once = self.most_at_once = self.connections = 0
        self.go_on = asyncio.Event()
        self.url = ""

    async def converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                self.requests.append(head)
                self.at_once += 1
                self.most_at_once = max(self.at_once, self.most_at_once)
                if self.answer is None:
                    await self.go_on.wait()
                writer.write(self.answer or b"HTTP/1.1 204 OK\r\n\r\n")
                await writer.drain()
                self.at_once -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(answer: bytes | None) -> AsyncIterator[Asked]:
    asked = Asked(answer)
    server = await asyncio.start_server(asked.converse, "127.0.0.1", 0)
    asked.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/may?secret=x"
    try:
        yield asked
    finally:
        asked.go_on.set()
        server.close()


def permitted(
    answer: bytes | None,
    then: Callable[[AskUrl, Asked], Awaitable[None]] | None = None,
    seconds: float = SECONDS,
) -> tuple[bool, Asked]:
    async def ask() -> tuple[bool, Asked]:
        ask_url = AskUrl()
        async with serving(answer) as asked:
            try:
                if then is not None:
                    await then(ask_url, asked)
                return await ask_url.permits(asked.url, "a.test", seconds), asked
            finally:
                await ask_url.close()

    return asyncio.run(ask())


def status(line: str, more: str = "Content-Length: 0\r\n") -> bytes:
    return f"HTTP/1.1 {line}\r\n{more}\r\n".encode()


@pytest.mark.parametrize("line", ["200 OK", "204 No Content", "299 Fine"])
def test_2xx_permits_the_name_that_was_asked_for(line: str) -> None:
    found, asked = permitted(status(line))

    assert found
    assert asked.requests[0].startswith("GET /may?secret=x&domain=a.test HTTP/1.1\r\n")


@pytest.mark.parametrize("line", ["400 Bad", "403 No", "404 Not Found", "429 Slower"])
def test_4xx_permits_nothing(line: str) -> None:
    assert not permitted(status(line))[0]


@pytest.mark.parametrize(
    "line", ["301 Moved", "302 Found", "307 There", "500 Broken", "502 Bad", "503 Busy"]
)
def test_redirects_and_failures_of_the_server_are_no_answer_and_are_not_followed(
    line: str,
) -> None:
    more = "Location: /permits\r\nContent-Length: 0\r\n"

    with pytest.raises(AskFailed, match=f"answered {line[:3]}"):
        permitted(status(line, more))


def test_a_connection_is_used_again_after_an_answer_without_content() -> None:
    async def ask_twice(ask_url: AskUrl, asked: Asked) -> None:
        for _unused in range(2):
            await ask_url.permits(asked.url, "b.test", SECONDS)

    assert permitted(status("204 No"), ask_twice)[1].connections == 1
    endless = status("200 OK", "Content-Length: 1000000000\r\n")
    assert permitted(endless, ask_twice)[1].connections == 3


def test_content_is_not_read_however_long() -> None:
    endless = status("200 OK", "Content-Length: 1000000000\r\n") + b"x" * 1000

    assert permitted(endless)[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100_000 + b"\r\n",
    ],
    ids=["nonsense", "a long field", "many fields"],
)
def test_what_is_no_answer_of_http_is_none(answer: bytes) -> None:
    with pytest.raises(AskFailed, match="cannot be reached"):
        permitted(answer)


def test_one_who_does_not_answer_is_not_waited_for() -> None:
    with pytest.raises(AskFailed, match=r"did not answer within 0\.05 s"):
        permitted(None, seconds=0.05)


def test_one_who_is_dead_is_told_without_the_secret_in_its_url() -> None:
    async def ask() -> None:
        ask_url = AskUrl()
        try:
            await ask_url.permits(f"http://127.0.0.1:{free_port()}/?secret=x", "a.test", SECONDS)
        finally:
            await ask_url.close()

    with pytest.raises(AskFailed) as failed:
        asyncio.run(ask())
    assert "secret" not in str(failed.value)
    assert "refused" in str(failed.value).lower()


def test_no_more_are_asked_about_at_once_than_may() -> None:
    async def ask() -> None:
        ask_url = AskUrl()
        async with serving(None) as asked:
            names = [f"{number}.test" for number in range(MOST_AT_ONCE + 10)]
            waiting = [
                asyncio.ensure_future(ask_url.permits(asked.url, name, SECONDS)) for name in names
            ]
            while asked.at_once < MOST_AT_ONCE:
                await asyncio.sleep(0.01)
            asked.go_on.set()
            assert await asyncio.gather(*waiting) == [True] * len(names)
            assert asked.most_at_once == MOST_AT_ONCE
        await ask_url.close()

    asyncio.run(ask())


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")

    assert permitted(status("200 OK"))[0]
