# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients, targets, the clock and the operator do what they like, in any order.

Whatever that is: responses come in order and whole, none has a byte of another one, what waits is
bounded, and when everybody is gone, everything that was counted up is counted down, with one line
in the log for each request.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from running.memory import Dial, Plane, Wire

CONNECTIONS, QUEUE = 2, 2
MOST_UNSENT = 64 * 1024 + 2 * 70_000
"""The mark from where on a sender is held back, and what one event may add to it."""
REQUESTS = {
    "get": b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "old": b"GET /%d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "head": b"HEAD /%d HTTP/1.1\r\nHost: a\r\n\r\n",
    "close": b"GET /%d HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "page": b"GET /page/%d HTTP/1.1\r\nHost: a\r\n\r\n",
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
    wrecked: bool = False
    """Whether it sent what is no request, or left within one."""


class EveryOrder(RuleBasedStateMachine):
    """One worker, and everybody around it."""

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.versions = 0
        self.plane = Plane(config(0, "off"))
        self.people: list[Person] = []
        self.departed: list[Person] = []
        self.targets: list[Wire] = []
        self.pending: dict[int, bytes] = {}

    # Clients

    @precondition(lambda self: len(self.people) < 4)
    @rule(greedy=st.booleans(), at_once=st.booleans())
    def a_client_connects(self, greedy: bool, at_once: bool) -> None:
        wire = self.plane.client(f"192.0.2.{len(self.people) + 1}", greedy=greedy)
        wire.resumes_at_once = at_once
        self.people.append(Person(wire))

    @precondition(lambda self: self.people)
    @rule(data=st.data(), kinds=st.lists(st.sampled_from(sorted(REQUESTS)), min_size=1, max_size=4))
    def a_client_asks(self, data: st.DataObject, kinds: list[str]) -> None:
        person = data.draw(st.sampled_from(self.people))
        for kind in kinds:
            self.number += 1
            person.asked.append((kind, b"%d" % self.number))
            person.to_send += REQUESTS[kind] % self.number
        if data.draw(st.booleans()):
            self._send(person, len(person.to_send))

    @precondition(lambda self: self.people)
    @rule(data=st.data(), size=st.sampled_from([1, 20, 60, 200, CHUNK, 10**6]))
    def a_client_sends(self, data: st.DataObject, size: int) -> None:
        self._send(data.draw(st.sampled_from(self.people)), size)

    def _send(self, person: Person, size: int) -> None:
        while size > 0 and person.to_send:
            piece = person.to_send[: min(size, CHUNK)]
            person.to_send = person.to_send[len(piece) :]
            size -= len(piece)
            person.wire.send(piece)

    @precondition(lambda self: self.people)
    @rule(data=st.data(), size=st.sampled_from([1000, 50_000, 10**9]))
    def a_client_takes(self, data: st.DataObject, size: int) -> None:
        person = data.draw(st.sampled_from(self.people))
        person.got += person.wire.take(size)

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def a_client_sends_nonsense(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(self.people))
        person.wrecked = True
        person.wire.send(b"\0nonsense\r\n\r\n")

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def a_client_ends_its_side(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(self.people))
        person.wrecked = True
        person.wire.end()

    @precondition(lambda self: self.people)
    @rule(data=st.data())
    def a_client_goes(self, data: st.DataObject) -> None:
        person = data.draw(st.sampled_from(self.people))
        person.got += person.wire.take(0)
        person.wire.lose(ConnectionResetError())
        self.people.remove(person)
        self.departed.append(person)

    # Targets

    @precondition(lambda self: self.plane.dialling.dials)
    @rule(data=st.data(), greedy=st.booleans())
    def a_target_accepts(self, data: st.DataObject, greedy: bool) -> None:
        wire = self._a_dial(data).accept(greedy=greedy)
        self.plane.step()
        self.targets.append(wire)

    @precondition(lambda self: self.plane.dialling.dials)
    @rule(data=st.data())
    def a_target_refuses(self, data: st.DataObject) -> None:
        self._a_dial(data).refuse()
        self.plane.step()

    def _a_dial(self, data: st.DataObject) -> Dial:
        dial = data.draw(st.sampled_from(self.plane.dialling.dials))
        self.plane.dialling.dials.remove(dial)
        return dial

    @precondition(lambda self: self.targets)
    @rule(
        data=st.data(),
        kind=st.sampled_from(
            "length length large chunked interim bad busy stray switch".split() + ["until close"]
        ),
        cut=st.sampled_from([None, 5, 60]),
    )
    def a_target_answers(self, data: st.DataObject, kind: str, cut: int | None) -> None:
        wire = data.draw(st.sampled_from(self.targets))
        heads = re.findall(rb"[A-Z]+ /(\d+) HTTP/1\.1\r\n", wire.take())
        number = heads[-1] if heads else self.pending.get(id(wire), b"0")
        self.pending[id(wire)] = number
        whole = answer(kind, number)
        wire.send(whole[:cut])
        if cut is not None:
            self.plane.step()
            wire.send(whole[cut:])
        self.plane.step()

    @precondition(lambda self: self.targets)
    @rule(data=st.data(), size=st.sampled_from([1000, 10**9]))
    def a_target_takes(self, data: st.DataObject, size: int) -> None:
        wire = data.draw(st.sampled_from(self.targets))
        heads = re.findall(rb"[A-Z]+ /(\d+) HTTP/1\.1\r\n", wire.take(size))
        if heads:
            self.pending[id(wire)] = heads[-1]

    @precondition(lambda self: self.targets)
    @rule(data=st.data(), orderly=st.booleans())
    def a_target_goes(self, data: st.DataObject, orderly: bool) -> None:
        wire = data.draw(st.sampled_from(self.targets))
        if orderly:
            wire.end()
        else:
            wire.lose(ConnectionResetError())
            self.targets.remove(wire)

    # The clock and the operator

    @rule(seconds=st.sampled_from([1, 6, 11, 31, 61, 4000]))
    def time_passes(self, seconds: int) -> None:
        self.plane.pass_time(seconds)

    @rule(mode=st.sampled_from(["off", "off", "pause", "stop"]))
    def the_configuration_changes(self, mode: str) -> None:
        self.versions += 1
        self.plane.adopt(config(self.versions, mode))

    @rule()
    def the_loop_turns(self) -> None:
        self.plane.step()

    # What is always so

    @invariant()
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

    @invariant()
    def nothing_is_counted_below_nothing(self) -> None:
        assert all(number >= 0 for number in self.plane.in_flight())
        assert all(route.held >= 0 for route in self.plane.worker.serving.routes)

    @invariant()
    def responses_are_in_order_and_whole(self) -> None:
        for person in self.people:
            judge(person)

    def teardown(self) -> None:
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
        assert not plane.worker.held
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


TestEveryOrder = EveryOrder.TestCase
TestEveryOrder.settings = settings(
    max_examples=int(os.environ.get("SLUICE_ORDERS", "60")),
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
