# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What workers ask the supervisor, and what it answers.

A worker sends ``ask`` with ``number``, ``about`` (one of ABOUT) and ``name``; it is sent ``answer``
with the ``number``, ``found``, and payloads: of HTTP_01 the content, of TLS_ALPN_01 chain and key,
of CERTIFICATE none, as the worker serves a snapshot with it by then. ``again`` is for how many
seconds the same question need not be asked after one that found nothing.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

from ..routes.admission.rate import Rate, client_key
from ..routes.model.policies import RateLimit

HTTP_01 = "http-01"
TLS_ALPN_01 = "tls-alpn-01"
CERTIFICATE = "certificate"
ABOUT = (HTTP_01, TLS_ALPN_01, CERTIFICATE)

VALIDATION_WAIT = 5.0
"""Seconds that a certificate authority waits for what the supervisor knows of its validation."""
MOST_KNOWN = 4096
"""Names of which it is remembered that nothing was found."""
_SLOW = 1.0
"""Seconds for which nothing is asked again that was not answered in time."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the supervisor answered; ``again`` as above."""

    found: bool
    payloads: tuple[bytes, ...] = field(default=(), repr=False)
    again: float = 0.0


NOTHING = Reply(found=False)


@dataclass(frozen=True, slots=True)
class Bound:
    """``most`` may be open at once, and as many may wait for them; after ``burst`` of them, no
    more than ``rate`` are sent in a second, for each client where that is known."""

    most: int
    rate: float
    burst: int


BOUNDS = {
    # One client alone cannot have all of them open.
    HTTP_01: Bound(most=128, rate=200.0, burst=100),
    TLS_ALPN_01: Bound(most=128, rate=200.0, burst=400),
    CERTIFICATE: Bound(most=256, rate=10.0, burst=100),
}
"""Those of one kind leave room for the others: a client that makes up names keeps no authority from
its validation."""
MOST_CLIENTS = 1024
"""Clients whose questions are counted, of each kind."""

Send = Callable[[int, str, str], bool]
"""Sends a question: its number, what it is about, the name. Returns whether it could."""
Told = Callable[[Reply], None]


class _Question:
    """One that was sent and is not answered."""

    __slots__ = ("about", "deadline", "name", "number", "waiting")

    def __init__(self, number: int, about: str, name: str, deadline: float) -> None:
        self.number = number
        self.about = about
        self.name = name
        self.deadline = deadline
        self.waiting: dict[Waiting, None] = {}


class Waiting:
    """One who waits for an answer."""

    __slots__ = ("_question", "told")

    def __init__(self, question: _Question, told: Told) -> None:
        self._question = question
        self.told: Told = told

    def forget(self) -> None:
        """Wait no more: nothing is told."""
        self._question.waiting.pop(self, None)


class _Kind:
    """The questions of one kind."""

    __slots__ = ("_rate", "most", "open")

    def __init__(self, bound: Bound) -> None:
        self.most = bound.most
        self._rate = Rate(RateLimit(bound.rate, bound.burst, MOST_CLIENTS))
        self.open: dict[str, _Question] = {}

    @property
    def full(self) -> bool:
        """Whether no one else may wait."""
        return sum(len(question.waiting) for question in self.open.values()) >= self.most

    def may_send(self, client: str, now: float) -> bool:
        """Count a question that is to be sent, if there is room for it."""
        return len(self.open) < self.most and not self._rate.take(client_key(client), now)


class Questions:
    """The questions of this worker. Many who ask the same wait for one answer.

    A supervisor that is gone, or does not answer in time, has found nothing.
    """

    def __init__(
        self,
        send: Send,
        bounds: dict[str, Bound] | None = None,
        most_known: int = MOST_KNOWN,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """``bounds`` are by what is asked about."""
        self._send = send
        self._clock = clock
        self._most_known = most_known
        self._kinds = {about: _Kind(bound) for about, bound in (bounds or BOUNDS).items()}
        self._sent: dict[int, _Question] = {}
        self._nothing_until: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._number = 0
        self._alone = False
        self.counts: Counter[tuple[str, str]] = Counter()
        """How many were asked, by what about and what came of it: ``found``, ``nothing``,
        ``known`` as nothing, ``refused`` for being too many, ``unanswered``."""

    def ask(
        self, about: str, name: str, seconds: float, told: Told, client: str = ""
    ) -> Waiting | None:
        """Have ``told`` called once, later, with what the supervisor answers within ``seconds``.

        ``client`` is the address of who causes it; where it is empty, all are counted as one.
        Return None, and call nothing, where it is known that nothing would be found, or where too
        many ask.
        """
        now = self._clock()
        if self._is_nothing((about, name), now):
            self.counts[about, "known"] += 1
            return None
        kind = self._kinds[about]
        question = None if kind.full else self._question(kind, about, name, seconds, client)
        if question is None:
            self.counts[about, "refused"] += 1
            return None
        waiting = Waiting(question, told)
        question.waiting[waiting] = None
        return waiting

    def answered(self, number: int, reply: Reply) -> None:
        """Tell those who wait; an answer that nobody expects any more is none."""
        question = self._sent.get(number)
        if question is not None:
            self._end(question, reply, "found" if reply.found else "nothing")

    def expire(self, now: float) -> None:
        """Give up on what was not answered in time."""
        for question in [one for one in self._sent.values() if one.deadline <= now]:
            self._end(question, Reply(found=False, again=_SLOW), "unanswered")

    def leave_alone(self) -> None:
        """The supervisor is gone: nothing is found from now on."""
        self._alone = True
        for question in list(self._sent.values()):
            self._end(question, NOTHING, "unanswered")

    def _question(
        self, kind: _Kind, about: str, name: str, seconds: float, client: str
    ) -> _Question | None:
        """Return the question that is open, or a new one that was sent."""
        question, now = kind.open.get(name), self._clock()
        if question is not None or self._alone or not kind.may_send(client, now):
            return question
        self._number += 1
        if not self._send(self._number, about, name):
            return None
        question = _Question(self._number, about, name, now + seconds)
        self._sent[self._number] = kind.open[name] = question
        return question

    def _end(self, question: _Question, reply: Reply, counted: str) -> None:
        about, name = question.about, question.name
        if self._sent.pop(question.number, None) is None:
            return
        del self._kinds[about].open[name]
        self.counts[about, counted] += 1
        if not reply.found and reply.again > 0.0:
            self._remember((about, name), self._clock() + reply.again)
        while question.waiting:
            # One that is told may have others forget.
            waiting = next(iter(question.waiting))
            del question.waiting[waiting]
            waiting.told(reply)

    def _is_nothing(self, asked: tuple[str, str], now: float) -> bool:
        until = self._nothing_until.get(asked)
        if until is None:
            return False
        if until > now:
            return True
        del self._nothing_until[asked]
        return False

    def _remember(self, asked: tuple[str, str], until: float) -> None:
        self._nothing_until.pop(asked, None)
        if len(self._nothing_until) >= self._most_known:
            self._nothing_until.popitem(last=False)
        self._nothing_until[asked] = until
