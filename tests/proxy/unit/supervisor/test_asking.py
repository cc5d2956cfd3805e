# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the supervisor answers to workers that ask."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sluice_proxy.observe.metrics import Metrics
from sluice_proxy.supervisor import asking as module
from sluice_proxy.supervisor.asking import MOST_OF_WORKER, REFUSED_AGAIN, Asking
from sluice_proxy.supervisor.channel import Channel, Message, channel_pair
from sluice_proxy.supervisor.worker import Question
from sluice_proxy.supervisor.workers import Workers
from sluice_proxy.worker.questions import CERTIFICATE, HTTP_01, TLS_ALPN_01, Reply


class AskingWorker:
    """A worker as the supervisor has it."""

    pid = 4711

    def __init__(self) -> None:
        self.answers: dict[int, Reply] = {}

    def answer(self, question: Question, reply: Reply) -> None:
        assert question.number not in self.answers
        self.answers[question.number] = reply


class Known:
    """Knows a token, a validation and a name."""

    async def http_01(self, token: str) -> bytes | None:
        return b"content" if token == "token" else None

    async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
        return (b"chain", b"key") if server_name == "a.test" else None

    async def certificate(self, name: str) -> bool:
        return name == "a.test"


class Slow(Known):
    """Answers when the test says so."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.asked = 0

    async def certificate(self, name: str) -> bool:
        self.asked += 1
        await self.go_on.wait()
        return True


def answered(
    questions: list[Question], answers: Any, worker: AskingWorker | None = None
) -> dict[int, Reply]:
    """Return what becomes of questions that are asked at once."""
    who: Any = worker or AskingWorker()

    async def ask() -> None:
        asking = Asking()
        if answers is not None:
            asking.answers = answers
        for question in questions:
            asking.asked(who, question)
        await asyncio.gather(*asking._tasks)
        assert not asking._by_worker
        assert not +asking._by_about

    asyncio.run(ask())
    found: dict[int, Reply] = who.answers
    return found


def test_what_is_known_is_answered() -> None:
    asked = [
        Question(1, HTTP_01, "token"),
        Question(2, HTTP_01, "other"),
        Question(3, TLS_ALPN_01, "a.test"),
        Question(4, TLS_ALPN_01, "b.test"),
        Question(5, CERTIFICATE, "a.test"),
        Question(6, CERTIFICATE, "b.test"),
    ]

    assert answered(asked, Known()) == {
        1: Reply(found=True, payloads=(b"content",)),
        2: Reply(found=False),
        3: Reply(found=True, payloads=(b"chain", b"key")),
        4: Reply(found=False),
        5: Reply(found=True),
        6: Reply(found=False, again=REFUSED_AGAIN),
    }


def test_nothing_is_found_where_nobody_knows_and_of_what_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "VALIDATION_WAIT", 0.01)
    nothing = {1: Reply(found=False)}

    assert answered([Question(1, HTTP_01, "token")], None) == nothing
    assert answered([Question(1, "something later", "token")], Known()) == nothing


def test_what_is_asked_while_the_program_starts_waits_for_the_answers() -> None:
    worker: Any = AskingWorker()

    async def ask() -> None:
        asking = Asking()
        asking.asked(worker, Question(1, HTTP_01, "token"))
        asking.asked(worker, Question(2, CERTIFICATE, "a.test"))
        await asyncio.sleep(0)
        assert worker.answers == {}
        asking.answers = Known()
        await asyncio.gather(*asking._tasks)

    asyncio.run(ask())
    assert [reply.found for reply in worker.answers.values()] == [True, True]


def test_answers_may_come_again_after_the_end_and_change() -> None:
    worker: Any = AskingWorker()

    class Other(Known):
        async def http_01(self, token: str) -> bytes | None:
            return b"other"

    async def ask() -> None:
        asking = Asking()
        asking.answers = Known()
        asking.answers = Other()
        asking.asked(worker, Question(1, HTTP_01, "token"))
        await asyncio.gather(*asking._tasks)
        await asking.close()
        assert asking.answers is None
        asking.asked(worker, Question(2, HTTP_01, "token"))
        asking.answers = Known()
        asking.asked(worker, Question(3, HTTP_01, "token"))
        await asyncio.gather(*asking._tasks)

    asyncio.run(ask())
    assert [reply.payloads for reply in worker.answers.values()] == [(b"other",), (), (b"content",)]


def test_workers_of_a_predecessor_are_answered_too() -> None:
    async def ask() -> Message:
        workers = Workers("nobody:starts")
        ours, theirs = channel_pair()
        workers.take_over([(os.getpid(), ours, Metrics())])
        answered: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        channel = Channel(theirs, answered.set_result, lambda: None)
        channel.send("ask", {"number": 7, "about": HTTP_01, "name": "token"})
        workers.asking.answers = Known()
        try:
            return await asyncio.wait_for(answered, 30)
        finally:
            channel.close()
            (taken,) = workers.everybody
            taken.channel.close()
            asyncio.get_running_loop().remove_reader(taken._process)
            os.close(taken._process)

    message = asyncio.run(ask())
    assert (message.kind, message.payloads) == ("answer", (b"content",))
    assert message.values == {"number": 7, "found": True, "again": 0.0}


def test_what_fails_has_found_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Known):
        async def http_01(self, token: str) -> bytes | None:
            raise RuntimeError("broken")

    assert answered([Question(1, HTTP_01, "token")], Broken()) == {1: Reply(found=False)}
    assert "what worker 4711 asked for failed: http-01" in caplog.text
    assert "token" not in caplog.records[0].getMessage()


def test_a_validation_is_given_up_after_a_while(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "VALIDATION_WAIT", 0.01)

    class Hangs(Known):
        async def tls_alpn_01(self, server_name: str) -> tuple[bytes, bytes] | None:
            await asyncio.Event().wait()
            return None

    assert answered([Question(1, TLS_ALPN_01, "a.test")], Hangs()) == {1: Reply(found=False)}
    assert "took too long: tls-alpn-01" in caplog.text


def run(doing: Callable[[Asking, Slow], Awaitable[None]]) -> None:
    async def in_loop() -> None:
        asking, slow = Asking(), Slow()
        asking.answers = slow
        await doing(asking, slow)

    asyncio.run(in_loop())


def test_one_worker_cannot_have_more_under_way_than_one_in_order_asks() -> None:
    greedy: Any = AskingWorker()
    modest: Any = AskingWorker()

    async def ask(asking: Asking, slow: Slow) -> None:
        for number in range(MOST_OF_WORKER + 5):
            asking.asked(greedy, Question(number, CERTIFICATE, "a.test"))
        asking.asked(modest, Question(1, CERTIFICATE, "a.test"))
        await asyncio.sleep(0)
        assert slow.asked == MOST_OF_WORKER + 1
        assert [reply.found for reply in greedy.answers.values()] == [False] * 5
        assert all(0 < reply.again <= 1.0 for reply in greedy.answers.values())
        slow.go_on.set()
        await asyncio.gather(*asking._tasks)

    run(ask)
    assert sum(reply.found for reply in greedy.answers.values()) == MOST_OF_WORKER
    assert modest.answers == {1: Reply(found=True)}


def test_certificates_that_are_waited_for_keep_no_authority_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(module.MOST, CERTIFICATE, 3)
    worker: Any = AskingWorker()

    async def ask(asking: Asking, slow: Slow) -> None:
        for number in range(5):
            asking.asked(worker, Question(number, CERTIFICATE, "a.test"))
        asking.asked(worker, Question(9, HTTP_01, "token"))
        for _unused in range(5):
            await asyncio.sleep(0)
        assert worker.answers[9].found
        assert slow.asked == 3
        slow.go_on.set()
        await asyncio.gather(*asking._tasks)

    run(ask)


def test_at_the_end_those_who_wait_are_told_that_nothing_was_found() -> None:
    worker: Any = AskingWorker()

    async def ask(asking: Asking, slow: Slow) -> None:
        asking.asked(worker, Question(1, CERTIFICATE, "a.test"))
        await asyncio.sleep(0)
        await asking.close()
        asking.asked(worker, Question(2, HTTP_01, "token"))

    run(ask)
    assert worker.answers == {1: Reply(found=False), 2: Reply(found=False)}
