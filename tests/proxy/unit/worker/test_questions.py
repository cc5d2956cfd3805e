# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker asks, how often, and who is told."""

from __future__ import annotations

import gc
import weakref

import pytest
from sluice_proxy.worker.questions import (
    BOUNDS,
    CERTIFICATE,
    HTTP_01,
    NOTHING,
    TLS_ALPN_01,
    Bound,
    Questions,
    Reply,
    Waiting,
)

FOUND = Reply(found=True, payloads=(b"content",))
WIDE = Bound(most=1000, rate=1000.0, burst=1000)


class Asked:
    """Questions that a test answers, on its own clock."""

    def __init__(self, bound: Bound = WIDE, most_known: int = 100) -> None:
        self.now = 0.0
        self.sent: list[tuple[int, str, str]] = []
        self.told: list[Reply] = []
        self.takes = True
        bounds = dict.fromkeys((HTTP_01, TLS_ALPN_01, CERTIFICATE), bound)
        self.questions = Questions(self._send, bounds, most_known, lambda: self.now)

    def _send(self, number: int, about: str, name: str) -> bool:
        self.sent.append((number, about, name))
        return self.takes

    def ask(self, name: str, about: str = CERTIFICATE, seconds: float = 5.0):
        return self.questions.ask(about, name, seconds, self.told.append)

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.questions.expire(self.now)


def test_who_asks_is_told_once() -> None:
    asked = Asked()
    asked.ask("t", HTTP_01)
    assert asked.sent == [(1, HTTP_01, "t")]
    assert asked.told == []

    asked.questions.answered(1, FOUND)
    asked.questions.answered(1, FOUND)

    assert asked.told == [FOUND]


def test_many_who_ask_the_same_wait_for_one_answer() -> None:
    asked = Asked()
    for _unused in range(10):
        asked.ask("a.test")
    asked.ask("a.test", TLS_ALPN_01)
    asked.ask("b.test")
    assert [name for _number, about, name in asked.sent if about == CERTIFICATE] == [
        "a.test",
        "b.test",
    ]

    asked.questions.answered(1, FOUND)

    assert asked.told == [FOUND] * 10


def test_who_forgets_is_not_told_and_the_others_are() -> None:
    asked = Asked()
    first = asked.ask("a.test")
    asked.ask("a.test")
    first.forget()
    first.forget()

    asked.questions.answered(1, FOUND)

    assert asked.told == [FOUND]


def test_one_who_is_told_may_have_others_forget() -> None:
    asked = Asked()
    others = []
    asked.questions.ask(CERTIFICATE, "a.test", 5.0, lambda _reply: others[0].forget())
    others.append(asked.ask("a.test"))

    asked.questions.answered(1, FOUND)

    assert asked.told == []


def test_what_was_not_found_is_not_asked_again_for_as_long_as_the_answer_says() -> None:
    asked = Asked()
    asked.ask("a.test")
    asked.questions.answered(1, Reply(found=False, again=10.0))

    asked.pass_time(9.9)
    assert asked.ask("a.test") is None
    assert asked.ask("a.test", HTTP_01) is not None
    asked.pass_time(0.2)
    assert asked.ask("a.test") is not None
    assert [sent[1:] for sent in asked.sent].count((CERTIFICATE, "a.test")) == 2


def test_a_validation_that_was_not_found_may_be_asked_for_in_the_next_moment() -> None:
    asked = Asked()
    asked.ask("a.test", TLS_ALPN_01)
    asked.questions.answered(1, NOTHING)

    assert asked.ask("a.test", TLS_ALPN_01) is not None


def test_names_of_which_nothing_was_found_are_bounded() -> None:
    asked = Asked(most_known=3)
    for number in range(1, 6):
        asked.ask(f"{number}.test")
        asked.questions.answered(number, Reply(found=False, again=100.0))

    assert len(asked.questions._nothing_until) == 3
    assert asked.ask("1.test") is not None
    assert asked.ask("5.test") is None


def test_an_answer_that_does_not_come_in_time_has_found_nothing() -> None:
    asked = Asked()
    asked.ask("a.test", seconds=5.0)
    asked.pass_time(4.0)
    assert asked.told == []

    asked.pass_time(1.0)
    assert [reply.found for reply in asked.told] == [False]
    asked.questions.answered(1, FOUND)
    assert len(asked.told) == 1
    # The supervisor may be slow: it is not asked in the same moment.
    assert asked.ask("a.test") is None


def test_no_more_wait_than_may() -> None:
    asked = Asked(Bound(most=3, rate=1000.0, burst=1000))
    waiting = [asked.ask(name) for name in ("a.test", "a.test", "b.test")]
    assert asked.ask("a.test") is None
    assert asked.ask("c.test") is None
    # The others are asked about all the same.
    assert asked.ask("token", HTTP_01) is not None

    waiting[0].forget()
    assert asked.ask("c.test") is not None
    assert [name for _number, about, name in asked.sent if about == CERTIFICATE] == [
        "a.test",
        "b.test",
        "c.test",
    ]


def test_what_nobody_waits_for_any_more_counts_as_open() -> None:
    asked = Asked(Bound(most=2, rate=1000.0, burst=1000))
    for name in ("a.test", "b.test"):
        asked.ask(name).forget()

    assert asked.ask("c.test") is None
    asked.questions.answered(1, NOTHING)
    assert asked.ask("c.test") is not None


def test_after_a_burst_only_so_many_are_sent_in_a_second() -> None:
    asked = Asked(Bound(most=1000, rate=10.0, burst=20))
    for number in range(100):
        asked.ask(f"{number}.test")
    assert len(asked.sent) == 20

    for _unused in range(10):
        asked.pass_time(0.1)
        asked.ask(f"{asked.now}.test")
        asked.ask(f"{asked.now}-more.test")
    assert len(asked.sent) == 30
    # One more who waits for what was asked costs nothing.
    assert asked.ask("0.test") is not None


def test_one_client_that_makes_up_tokens_keeps_no_other_from_its_answer() -> None:
    asked = Asked(BOUNDS[HTTP_01])

    def ask(token: str, client: str) -> Waiting | None:
        return asked.questions.ask(HTTP_01, token, 5.0, asked.told.append, client)

    made_up = [ask(f"made-up-{number}", "192.0.2.1") for number in range(1000)]
    assert made_up[-1] is None
    assert ask("asked-by-an-authority", "198.51.100.7") is not None


def test_nothing_is_found_without_a_supervisor() -> None:
    asked = Asked()
    asked.ask("a.test")
    asked.questions.leave_alone()

    assert asked.told == [NOTHING]
    assert asked.ask("b.test") is None
    assert len(asked.sent) == 1


def test_nothing_is_found_while_the_supervisor_takes_no_question() -> None:
    asked = Asked()
    asked.takes = False
    assert asked.ask("a.test") is None

    asked.takes = True
    assert asked.ask("a.test") is not None


def test_what_was_asked_is_counted_by_what_came_of_it() -> None:
    asked = Asked(Bound(most=2, rate=1000.0, burst=1000))
    for name in ("a.test", "b.test", "c.test"):
        asked.ask(name)
    asked.questions.answered(1, FOUND)
    asked.questions.answered(2, Reply(found=False, again=10.0))
    asked.ask("b.test")
    asked.ask("d.test")
    asked.pass_time(5.0)

    assert asked.questions.counts == {
        (CERTIFICATE, "refused"): 1,
        (CERTIFICATE, "found"): 1,
        (CERTIFICATE, "nothing"): 1,
        (CERTIFICATE, "known"): 1,
        (CERTIFICATE, "unanswered"): 1,
    }


class Somebody:
    """Waits for an answer, and knows by what."""

    def __init__(self, questions: Questions) -> None:
        self.waiting = questions.ask(CERTIFICATE, "a.test", 5.0, self.told)

    def told(self, reply: Reply) -> None:
        self.waiting = None


@pytest.mark.parametrize("how", ["answered", "forgotten", "late"])
def test_nobody_who_waited_is_left_to_the_garbage_collector(how: str) -> None:
    asked = Asked()
    somebody = Somebody(asked.questions)
    gone = weakref.ref(somebody)
    gc.disable()
    try:
        if how == "answered":
            asked.questions.answered(1, FOUND)
        elif how == "late":
            asked.pass_time(5.0)
        else:
            somebody.waiting.forget()
            somebody.waiting = None
        del somebody
        assert gone() is None
    finally:
        gc.enable()
