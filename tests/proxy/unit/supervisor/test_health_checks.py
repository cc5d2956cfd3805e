# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Targets are asked by the supervisor, once for all routes and workers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest
from sluice_proxy.routes.model.health import ActiveCheck
from sluice_proxy.routes.model.health import HealthChecks as Checks
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Target
from sluice_proxy.supervisor.health_checks import HealthChecks
from sluice_proxy.supervisor.health_request import ask

CHECK = ActiveCheck("/up", interval=0.02, attempts=2)
ONE, TWO = Target(host="one"), Target(host="two")


class Targets:
    """Targets that answer as they are told, and remember how often they were asked."""

    def __init__(self) -> None:
        self.wrong: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.told: list[frozenset[tuple[str, str]]] = []

    async def ask(self, target: Target, check: ActiveCheck) -> str | None:
        self.asked[target.host] += 1
        return self.wrong.get(target.host)

    def checks(self) -> HealthChecks:
        return HealthChecks(self.ask, self.told.append, _NoWait())


class _NoWait(random.Random):
    def random(self) -> float:
        return 0.0


def route(name: str, *targets: Target, check: ActiveCheck | None = CHECK) -> Route:
    return Route(name, targets=targets, health=Checks(active=check))


async def told(targets: Targets, times: int) -> None:
    async with asyncio.timeout(30):
        while len(targets.told) < times:
            await asyncio.sleep(0.005)


def test_a_target_goes_down_and_comes_back_in_all_routes_that_have_it() -> None:
    async def scenario() -> None:
        targets = Targets()
        checks = targets.checks()
        targets.wrong["one"] = "status 500, not 200"
        checks.follow([route("a", ONE, TWO), route("b", ONE), route("c", ONE, check=None)])
        await told(targets, 1)
        assert checks.down == {("a", ONE.name), ("b", ONE.name)} == targets.told[0]
        targets.wrong.clear()
        await told(targets, 2)
        assert checks.down == frozenset() == targets.told[1]
        checks.stop()

    asyncio.run(scenario())


def test_targets_that_are_alike_are_asked_once() -> None:
    async def scenario() -> None:
        targets = Targets()
        slow = ActiveCheck("/up", interval=60.0)
        checks = targets.checks()
        checks.follow([route(f"r{number}", ONE, check=slow) for number in range(50)])
        async with asyncio.timeout(30):
            while not targets.asked:
                await asyncio.sleep(0.005)
        await asyncio.sleep(0.05)
        assert targets.asked == {"one": 1}
        checks.stop()

    asyncio.run(scenario())


def test_what_stays_over_a_change_keeps_its_standing_and_what_goes_is_not_asked() -> None:
    async def scenario() -> None:
        targets = Targets()
        targets.wrong["one"] = "nothing there"
        checks = targets.checks()
        checks.follow([route("a", ONE, TWO)])
        await told(targets, 1)
        checks.follow([route("renamed", ONE)])
        assert checks.down == {("renamed", ONE.name)}
        before = targets.asked["two"]
        await asyncio.sleep(0.1)
        assert targets.asked["two"] <= before + 1
        checks.stop()

    asyncio.run(scenario())


def test_a_check_fails_only_when_all_its_attempts_do() -> None:
    async def scenario() -> None:
        targets = Targets()
        answers = iter([None, "broken", None, "broken", None] + ["broken"] * 1000)

        async def ask_one(target: Target, check: ActiveCheck) -> str | None:
            return next(answers)

        checks = HealthChecks(ask_one, targets.told.append, _NoWait())
        checks.follow([route("a", ONE)])
        await told(targets, 1)
        assert len(targets.told) == 1
        checks.stop()

    asyncio.run(scenario())


def test_a_target_that_cannot_be_asked_is_down_and_asked_again() -> None:
    async def scenario() -> None:
        targets = Targets()
        asked = Counter[str]()

        async def ask_none(target: Target, check: ActiveCheck) -> str | None:
            asked[target.host] += 1
            raise RuntimeError("something that nobody thought of")

        checks = HealthChecks(ask_none, targets.told.append, _NoWait())
        checks.follow([route("a", ONE)])
        async with asyncio.timeout(30):
            while asked["one"] < 3 * CHECK.attempts:
                await asyncio.sleep(0.005)
        assert checks.down == {("a", ONE.name)}
        checks.stop()

    asyncio.run(scenario())


def test_a_host_that_can_be_no_name_is_what_is_wrong() -> None:
    assert "label" in (asyncio.run(ask(Target(host="a" * 64 + ".test"), CHECK, None)) or "")


@pytest.mark.parametrize(
    ("answer", "check", "wrong"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", {}, None),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {}, None),
        (b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", {}, "status 500, not 200"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n0\r\n\r\n",
            {"expected_body": "yes"},
            None,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nnoyes",
            {"expected_body": "yes"},
            "content without 'yes'",
        ),
        (b"HTTP/1.1 200 OK\r\n\r\nby closing: yes", {"expected_body": "yes"}, None),
        (
            b"HTTP/1.1 200 OK\r\nX-Up: yes\r\nContent-Length: 0\r\n\r\n",
            {"expected_field": ("x-up", "yes")},
            None,
        ),
        (
            b"HTTP/1.1 200 OK\r\nX-Up: no\r\nContent-Length: 0\r\n\r\n",
            {"expected_field": ("x-up", "yes")},
            "field x-up is no, not yes",
        ),
        (b"SSH-2.0-nothing\r\n", {}, "the answer is malformed"),
        (b"", {}, "closed before an answer"),
        (None, {"timeout": 0.1}, "no answer within 0.1 s"),
    ],
)
def test_an_answer_is_judged(answer: bytes | None, check: dict, wrong: str | None) -> None:
    asked: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    async def scenario() -> str | None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        target = Target(host="127.0.0.1", port=port, path="/app", query="k=v")
        found = await ask(target, ActiveCheck("/up?x", host="name.test", **check), None)
        server.close()
        await asyncio.sleep(0.01)
        return found

    found = asyncio.run(scenario())
    assert (found is None) if wrong is None else (found is not None and wrong in found)
    assert asked[0].startswith(b"GET /app/up?k=v&x HTTP/1.1\r\nHost: name.test\r\n")


def test_a_target_that_is_not_there_says_why() -> None:
    wrong = asyncio.run(ask(Target(socket="/nowhere"), CHECK, None))

    assert wrong == "No such file or directory"
