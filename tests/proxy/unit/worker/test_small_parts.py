# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The worker's parts that need no sockets."""

from __future__ import annotations

import asyncio
import gc
import socket
from ipaddress import ip_network
from typing import Any

import pytest
from sluice_proxy.http.request_gate import parse_request
from sluice_proxy.routes.model.actions import Page
from sluice_proxy.snapshot.networks import Networks
from sluice_proxy.snapshot.pages import Pages
from sluice_proxy.worker.admission import client_address
from sluice_proxy.worker.answers import error_answer, page_answer, retry_after
from sluice_proxy.worker.deadlines import NEVER, Deadlines
from sluice_proxy.worker.names import Names

TRUSTED = Networks([ip_network("10.0.0.0/8")])


class Thing:
    """Something with a limit, which notes when it was told."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.told: list[float] = []
        self.also: list[Thing] = []
        self.deadlines: Deadlines | None = None

    def expired(self, now: float) -> None:
        """Note it, and end others."""
        self.told.append(now)
        for other in self.also:
            assert self.deadlines is not None
            self.deadlines.watched.pop(other)


def deadlines(*things: Thing) -> Deadlines:
    """Return the watch over some things; it does not tick by itself."""
    loop = asyncio.new_event_loop()
    loop.close()
    watch = Deadlines(loop, lambda now: None)
    for thing in things:
        watch.watched[thing] = None
        thing.deadlines = watch
    return watch


def test_a_limit_is_told_of_once_and_never_too_early() -> None:
    thing = Thing(10.0)
    watch = deadlines(thing)
    watch.expire(9.99)
    assert thing.told == []
    watch.expire(10.0)
    watch.expire(11.0)
    assert thing.told == [10.0]
    assert thing.deadline == NEVER


def test_what_another_one_has_ended_is_not_told() -> None:
    first, second = Thing(1.0), Thing(1.0)
    first.also = [second]
    deadlines(first, second).expire(2.0)
    assert first.told
    assert not second.told


def address(chain: str, trusted: bool = True) -> str:
    """Return whose request it is that 10.0.0.1 sends with this X-Forwarded-For."""
    head = parse_request(f"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {chain}\r\n\r\n".encode())
    return client_address("10.0.0.1", trusted, head, TRUSTED)


def test_the_client_is_the_last_address_that_is_not_a_trusted_proxys() -> None:
    assert address("192.0.2.1") == "192.0.2.1"
    assert address("6.6.6.6, 192.0.2.1, 10.0.0.2") == "192.0.2.1"
    assert address("10.0.0.3, 10.0.0.2") == "10.0.0.3"
    assert address("192.0.2.1", trusted=False) == "10.0.0.1"


@pytest.mark.parametrize("nonsense", ["x" * 500, 'a","b":"', "unknown", '::1%"', ""])
def test_what_is_no_address_ends_the_search(nonsense: str) -> None:
    found = address(f"192.0.2.1, {nonsense}, 10.0.0.2")
    assert found in ("10.0.0.2", "::1")


def test_pages_are_answers_with_their_type() -> None:
    assert page_answer(Page(b"hi", "text/html", 503)).fields == ((b"Content-Type", b"text/html"),)
    assert page_answer(Page(b"", "text/html", 204)).fields == ()


def test_a_status_without_a_page_of_its_own_gets_its_phrase() -> None:
    assert error_answer(Pages(), 507, "full").body == b"Insufficient Storage\n"


@pytest.mark.parametrize(("seconds", "said"), [(0.001, b"1"), (1.0, b"1"), (1.2, b"2")])
def test_waits_are_rounded_up(seconds: float, said: bytes) -> None:
    assert retry_after(seconds) == (b"Retry-After", said)


class Resolver:
    """Stands for the loop: answers with these addresses, or fails."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0
        self.answers = asyncio.Event()
        self.answers.set()

    async def getaddrinfo(self, host: str, port: None, *, type: int) -> list[Any]:  # noqa: A002
        """Answer."""
        self.asked += 1
        await asyncio.sleep(0)
        await self.answers.wait()
        if not self.addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, type, 6, "", (address, 0)) for address in self.addresses]

    def create_task(self, doing: Any) -> Any:
        """Run it in the real loop."""
        return asyncio.get_running_loop().create_task(doing)


def names(resolver: Resolver, age: float) -> Names:
    """Return names that a resolver knows."""
    loop: Any = resolver
    return Names(loop, age)


def test_many_that_wait_for_a_name_ask_once_and_get_all_addresses_in_turn() -> None:
    resolver = Resolver("192.0.2.1", "192.0.2.2")
    known = names(resolver, 60)

    async def ask() -> list[list[str]]:
        return list(await asyncio.gather(*(known.resolve("a.example") for _unused in range(4))))

    answers = asyncio.run(ask())
    assert resolver.asked == 1
    assert {answer[0] for answer in answers} == {"192.0.2.1", "192.0.2.2"}


def test_old_addresses_are_used_while_the_resolver_fails() -> None:
    resolver = Resolver("192.0.2.1")
    known = names(resolver, 0)

    async def ask() -> list[str]:
        await known.resolve("a.example")
        resolver.addresses = ()
        return await known.resolve("a.example")

    assert asyncio.run(ask()) == ["192.0.2.1"]
    assert resolver.asked == 2


def test_a_name_that_was_never_known_is_an_error_that_names_it() -> None:
    with pytest.raises(OSError, match=r"a\.example cannot be resolved"):
        asyncio.run(names(Resolver(), 60).resolve("a.example"))


def test_addresses_are_not_asked_for() -> None:
    resolver = Resolver()
    assert asyncio.run(names(resolver, 60).resolve("2001:db8::1")) == ["2001:db8::1"]
    assert not resolver.asked


def test_a_resolver_that_hangs_holds_up_nobody_who_has_addresses() -> None:
    resolver = Resolver("192.0.2.1")
    known = names(resolver, 0)

    async def ask() -> tuple[list[str], list[str]]:
        await known.resolve("a.example")
        resolver.answers.clear()
        resolver.addresses = ("192.0.2.2",)
        old = await known.resolve("a.example")
        resolver.answers.set()
        await asyncio.sleep(0)
        return old, await known.resolve("a.example")

    assert asyncio.run(ask()) == (["192.0.2.1"], ["192.0.2.2"])


def test_an_answer_that_nobody_waits_for_any_more_is_no_complaint() -> None:
    complaints: list[object] = []

    async def ask() -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: complaints.append(context)
        )
        resolver = Resolver()
        resolver.answers.clear()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await names(resolver, 60).resolve("a.example")
        resolver.answers.set()
        for _unused in range(3):
            await asyncio.sleep(0)
        gc.collect()

    asyncio.run(ask())
    assert not complaints
