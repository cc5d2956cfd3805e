# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients, targets, the supervisor, the clock and the operator do what they like, in any order.

Whatever that is: responses come in order and whole, none has a byte of another one, what waits is
bounded, and when everybody is gone, everything that was counted up is counted down, with one line
in the log for each request.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field

import pytest
from running.answers import Answers
from running.memory import Dial, Plane, Wire
from sluice_proxy.snapshot.asking import Asking
from sluice_proxy.worker.questions import Reply

CONNECTIONS, QUEUE = 2, 2
MOST_UNSENT = 64 * 1024 + 2 * 70_000
"""The mark from where on a sender is held back, and what one event may add to it."""
REQUESTS = {
    "get": b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "old": b"GET /%d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "head": b"HEAD /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "close": b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "page": b"GET /page/%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "validate": b"GET /.well-known/acme-challenge/%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "post": b"POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "chunked": (
        b"PUT /%d HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    ),
    "large": b"PUT /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 140000\r\n\r\n" + b"x" * 140_000,
    "expect": (
        b"PUT /%d HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello"
    ),
    "upgrade": b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
}
CHUNK = 35_000


def config(number: int, mode: str) -> str:
    """Return a configuration; the number makes it different from the others."""
    targets = ", ".join(f"http://127.0.0.{place + number % 2}:9" for place in (1, 2))
    return (
        "listen: ['127.0.0.1:1']\n"
        "routes:\n"
        "  - name: all\n"
        f"    targets: [{targets}]\n"
        f"    timeouts: {{read: {number + 10}s}}\n"
        f"    maintenance: {{mode: {mode}, queue: 2}}\n"
        "    retry: {on: [connect, closed, timeout, bad_response, '503'], reserve: 1000}\n"
        "  - {name: page, paths: /page/, page: {content: 'page'}}\n"
        f"upstream: {{connections: {CONNECTIONS}, queue: {QUEUE}, wait: 5s}}\n"
        "limits: {requests_per_connection: 6}\n"
    )


def answer(kind: str, number: bytes) -> bytes:
    """Return a response that tells which request it is for."""
    body = b"<%b>" % number + b"y" * 200 + b"</%b>" % number
    large = b"<%b>" % number + b"y" * 150_000 + b"</%b>" % number
    chunked = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
    return {
        "length": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body),
        "large": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(large), large),
        "chunked": b"HTTP/1.1 200 OK\r\n" + chunked % (len(body), body),
        "until close": b"HTTP/1.1 200 OK\r\n\r\n" + body,
        "interim": b"HTTP/1.1 100 Continue\r\n\r\n",
        "bad": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        "busy": b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
        "stray": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nstray",
        "switch": (
            b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n<tunnel>"
        ),
    }[kind]


@dataclass
class Person:
    """A client: what it asked for, and what it has got."""

    wire: Wire
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    to_send: bytes = b""
    got: bytes = b""


class EveryOrder:
    """One worker, and everybody around it, who draw lots for what they do."""

    def __init__(self, seed: int) -> None:
        self.lots = random.Random(seed)
        self.number = 0
        self.versions = 0
        self.answers = Answers(otherwise=None)
        self.plane = Plane(config(0, "off"), self.answers.questions, Asking(validations=True))
        self.people: list[Person] = []
        self.departed: list[Person] = []
        self.targets: list[Wire] = []
        self.pending: dict[Wire, bytes] = {}

    def walk(self, steps: int) -> None:
        """Let so many things happen, and hold each against what is always so."""
        doings = {
            self.a_client_connects: 2,
            self.a_client_asks: 8,
            self.a_client_sends: 4,
            self.a_client_takes: 4,
            self.a_client_sends_nonsense: 0.2,
            self.a_client_ends_its_side: 0.3,
            self.a_client_goes: 0.6,
            self.a_target_accepts: 5,
            self.a_target_refuses: 0.6,
            self.a_target_answers: 10,
            self.a_target_takes: 4,
            self.a_target_goes: 1,
            self.time_passes: 1,
            self.the_configuration_changes: 1,
            self.the_supervisor_answers: 3,
            self.plane.step: 1,
        }
        for _unused in range(steps):
            (doing,) = self.lots.choices(list(doings), list(doings.values()))
            doing()
            self.what_waits_is_bounded()
            self.nothing_is_counted_below_nothing()
            self.what_is_under_way_is_counted_once()
            for person in self.people:
                judge(person)

    # Clients

    def a_client_connects(self) -> None:
        if len(self.people) < 4:
            address = f"192.0.2.{len(self.people) + 1}"
            wire = self.plane.client(address, greedy=self.lots.random() < 0.7)
            wire.resumes_at_once = self.lots.random() < 0.5
            self.people.append(Person(wire))

    def a_client_asks(self) -> None:
        if not self.people:
            return
        person = self.lots.choice(self.people)
        for kind in self.lots.choices(sorted(REQUESTS), k=self.lots.choice([1, 1, 1, 4])):
            self.number += 1
            person.asked.append((kind, b"%d" % self.number))
            person.to_send += REQUESTS[kind] % self.number
        if self.lots.random() < 0.7:
            self._send(person, len(person.to_send))

    def a_client_sends(self) -> None:
        if self.people:
            size = self.lots.choice([1, 20, 60, 200, CHUNK, 10**6, 10**6])
            self._send(self.lots.choice(self.people), size)

    def _send(self, person: Person, size: int) -> None:
        while size > 0 and person.to_send:
            piece = person.to_send[: min(size, CHUNK)]
            person.to_send = person.to_send[len(piece) :]
            size -= len(piece)
            person.wire.send(piece)

    def a_client_takes(self) -> None:
        if self.people:
            person = self.lots.choice(self.people)
            person.got += person.wire.take(self.lots.choice([1000, 50_000, 10**9, 10**9]))

    def a_client_sends_nonsense(self) -> None:
        if self.people:
            self.lots.choice(self.people).wire.send(b"\0nonsense\r\n\r\n")

    def a_client_ends_its_side(self) -> None:
        if self.people:
            self.lots.choice(self.people).wire.end()

    def a_client_goes(self) -> None:
        closed = [person for person in self.people if person.wire.lost]
        for person in closed or self.people[:1]:
            person.got += person.wire.take(0)
            person.wire.lose(ConnectionResetError())
            self.people.remove(person)
            self.departed.append(person)

    # Targets

    def a_target_accepts(self) -> None:
        if self.plane.dialling.dials:
            wire = self._a_dial().accept(greedy=self.lots.random() < 0.7)
            self.plane.step()
            self.targets.append(wire)

    def a_target_refuses(self) -> None:
        if self.plane.dialling.dials:
            self._a_dial().refuse()
            self.plane.step()

    def _a_dial(self) -> Dial:
        dials = self.plane.dialling.dials
        return dials.pop(self.lots.randrange(len(dials)))

    def _a_target(self) -> Wire | None:
        self.targets = [wire for wire in self.targets if not wire.lost]
        return self.lots.choice(self.targets) if self.targets else None

    def a_target_answers(self) -> None:
        wire = self._a_target()
        if wire is None:
            return
        self._note(wire, wire.take())
        number = self.pending.pop(wire, None)
        if number is None and self.lots.random() < 0.95:
            return
        odd = ["large", "until close", "interim", "bad", "busy", "stray", "switch"]
        kind = self.lots.choice(["length", "length", "length", "chunked", "chunked", *odd])
        whole = answer(kind, number or b"0")
        cut = self.lots.choice([len(whole), len(whole), 5, 60])
        wire.send(whole[:cut])
        self.plane.step()
        wire.send(whole[cut:])
        self.plane.step()
        if kind == "until close":
            wire.end()
            self.plane.step()
        if kind == "interim" and number is not None:
            self.pending[wire] = number

    def a_target_takes(self) -> None:
        wire = self._a_target()
        if wire is not None:
            self._note(wire, wire.take(self.lots.choice([1000, 10**9])))

    def _note(self, wire: Wire, taken: bytes) -> None:
        heads = re.findall(rb"[A-Z]+ /(?:\.well-known/acme-challenge/)?(\d+) HTTP/1\.1\r\n", taken)
        if heads:
            self.pending[wire] = heads[-1]

    def a_target_goes(self) -> None:
        wire = self._a_target()
        if wire is not None and self.lots.random() < 0.5:
            wire.end()
        elif wire is not None:
            wire.lose(ConnectionResetError())

    # The clock and the operator

    def time_passes(self) -> None:
        self.plane.pass_time(self.lots.choice([1, 6, 11, 31, 61, 4000]))

    def the_configuration_changes(self) -> None:
        self.versions += 1
        mode = self.lots.choice(["off", "off", "off", "pause", "stop"])
        self.plane.adopt(config(self.versions, mode))

    # The supervisor

    def the_supervisor_answers(self) -> None:
        if self.answers.open:
            number = self.answers.open.pop(self.lots.randrange(len(self.answers.open)))
            token = self.answers.asked[number - 1][1].encode()
            content = b"<%b></%b>" % (token, token)
            found = Reply(found=self.lots.random() < 0.5, payloads=(content,))
            self.answers.questions.answered(number, found)
        elif self.lots.random() < 0.05:
            self.answers.questions.expire(float("inf"))

    def asking(self) -> int:
        """Return how many requests wait for the supervisor."""
        sent = self.answers.questions._sent.values()
        return sum(len(question.waiting) for question in sent)

    # What is always so

    def what_waits_is_bounded(self) -> None:
        for person in self.people:
            assert len(person.wire.unsent) <= MOST_UNSENT + 150_000
            assert len(person.wire.protocol._buffer) <= MOST_UNSENT
        for wire in self.targets:
            assert len(wire.unsent) <= MOST_UNSENT
        for pool in self.plane.worker._pools.values():
            opened, idle, waiting = pool.sizes
            # One more that is being closed to make room for a fresh one.
            assert opened <= CONNECTIONS + 1
            assert idle <= opened
            assert waiting <= QUEUE + CONNECTIONS

    def nothing_is_counted_below_nothing(self) -> None:
        assert all(number >= 0 for number in self.plane.in_flight())
        assert all(route.held >= 0 for route in self.plane.worker.serving.routes)

    def what_is_under_way_is_counted_once(self) -> None:
        worker = self.plane.worker
        counted = worker.count_in_flight()
        under_way = [one for one in worker.clients if one._exchange is not None]
        assert sum(counted.values()) == len(under_way)
        without_target = sum(n for (_route, target), n in counted.items() if not target)
        assert without_target == len(worker.held) + self.asking()
        for route in worker.serving.routes:
            for origin in route.origins:
                # Of a target that was away for a while, the seat knows those since its return.
                assert counted[route.name, origin.name] >= origin.standing.seat.in_flight

    def end(self) -> None:
        """Let everybody go, and look at what is left."""
        plane = self.plane
        for person in self.people:
            person.got += person.wire.take()
            plane.step()
            person.got += person.wire.take()
            judge(person)
        for person in self.people:
            person.wire.lose()
        plane.step()
        for dial in plane.dialling.dials:
            dial.refuse()
        plane.step()
        assert sum(plane.in_flight()) == 0
        assert not plane.worker.count_in_flight()
        assert not plane.worker.held
        assert self.asking() == 0
        assert all(route.held == 0 for route in plane.worker.serving.routes)
        assert not plane.worker.deadlines.watched
        assert plane.worker.connections == 0
        assert not plane.worker._by_address
        for pool in plane.worker._pools.values():
            assert pool.sizes[2] == 0
        judge_log(plane, self.people + self.departed)
        plane.__exit__(None, None, None)


def judge(person: Person) -> int:
    """Hold what a client has got against what it has asked for; return how much was answered."""
    data, asked = person.got, list(person.asked)
    requests = len(asked)
    while data:
        head, mark, data = data.partition(b"\r\n\r\n")
        if not mark:
            break
        assert head.startswith(b"HTTP/1.1 "), head[:80]
        status = int(head[9:12])
        if status == 100:
            continue
        if status in (400, 408):
            # Maybe to no request.
            break
        assert asked, "a response to nothing"
        kind, number = asked.pop(0)
        if status == 101:
            assert kind == "upgrade"
            break
        content, data, whole = content_of(kind, head, data)
        if status == 200 and whole and content:
            end = b"page" if kind == "page" else b"</%b>" % number
            begin = end.replace(b"/", b"")
            assert content.startswith(begin), (content[:50], number)
            assert content.endswith(end), (content[-50:], number)
        if not whole:
            break
    return requests - len(asked)


def content_of(kind: str, head: bytes, data: bytes) -> tuple[bytes, bytes, bool]:
    """Return the content of a response, what follows it, and whether the content is whole."""
    if kind == "head":
        return b"", data, True
    length = re.search(rb"\nContent-Length: (\d+)", head)
    if length is not None:
        size = int(length[1])
        return data[:size], data[size:], len(data) >= size
    if b"\nTransfer-Encoding: chunked" not in head:
        return data, b"", False
    content = b""
    while True:
        line, mark, rest = data.partition(b"\r\n")
        size = int(line, 16) if mark else 0
        if not mark or len(rest) < size + 2:
            return content, b"", False
        content += rest[:size]
        assert rest[size : size + 2] == b"\r\n"
        data = rest[size + 2 :]
        if not size:
            return content, data, True


def judge_log(plane: Plane, people: list[Person]) -> None:
    """Every request that was answered has one line; no request has two."""
    targets = [line.target for line in plane.log if line.target]
    assert len(targets) == len(set(targets)), "a request was logged twice"
    answered = sum(judge(person) for person in people)
    assert answered <= len(targets)


@pytest.mark.parametrize("seed", range(40))
def test_every_exchange_ends_once_and_gives_back_what_it_took(seed: int) -> None:
    everybody = EveryOrder(seed)
    everybody.walk(200)
    everybody.end()
