# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A worker whose connections are in memory: a test decides what happens, and in which order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from time import monotonic
from types import TracebackType
from typing import Any

from samples.config import snapshot
from sluice_proxy.snapshot.asking import Asking
from sluice_proxy.snapshot.listening import Listener, TcpAddress
from sluice_proxy.snapshot.observing import Log, Logs
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.worker.deadlines import NEVER
from sluice_proxy.worker.entrance import Entrance
from sluice_proxy.worker.questions import Questions
from sluice_proxy.worker.server import Worker

from running.closing import Closing
from running.proxy import nobody, without_tls


class Wire:
    """The transport of one connection; the test is the network and the peer behind it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: Any, peer: str = "") -> None:
        self._loop = loop
        self._peer = peer
        self.protocol = protocol
        self.taken = bytearray()
        """What has arrived at the peer."""
        self.unsent = bytearray()
        self.greedy = True
        """Whether the peer takes everything at once."""
        self.resumes_at_once = False
        """Whether what waited is handed on within `resume_reading`, as TLS does it."""
        self.reading = True
        self.closing = self.aborted = self.ended = self.lost = False
        self._inbox = bytearray()
        self._peer_ended = False
        self._eof_told = False
        self._high = 65536
        self._full = False
        protocol.connection_made(self)

    # The peer

    def send(self, data: bytes) -> None:
        """Let bytes arrive; they wait while the proxy does not read."""
        if not self._peer_ended:
            self._inbox += data
            self._deliver()

    def end(self) -> None:
        """The peer sends no more."""
        self._peer_ended = True
        self._deliver()

    def take(self, size: int = 1 << 40) -> bytes:
        """Take bytes from the proxy, and return all that was taken since the last time."""
        self.taken += self.unsent[:size]
        del self.unsent[:size]
        if self._full and len(self.unsent) <= self._high // 4 and not self.lost:
            self._full = False
            self.protocol.resume_writing()
        self._close_when_sent()
        found = bytes(self.taken)
        self.taken.clear()
        return found

    def lose(self, error: Exception | None = None) -> None:
        """End the connection both ways."""
        if not self.lost:
            self.closing = self.lost = True
            self.unsent.clear()
            self.protocol.connection_lost(error)

    def _deliver(self) -> None:
        while self._inbox and self.reading and not self.closing:
            # As much as one read gives.
            data = bytes(self._inbox[:65536])
            del self._inbox[:65536]
            self.protocol.data_received(data)
        if self._peer_ended and self.reading and not self.closing and not self._eof_told:
            self._eof_told = True
            if not self.protocol.eof_received():
                self.close()

    def _close_when_sent(self) -> None:
        if self.closing and not self.unsent and not self.lost:
            self._loop.call_soon(self.lose)

    # asyncio.Transport

    def write(self, data: bytes) -> None:
        """Take bytes of the proxy."""
        assert not self.ended, f"written after the end: {data[:60]!r}"
        if self.closing:
            return
        if self.greedy and not self.unsent:
            self.taken += data
            return
        self.unsent += data
        if len(self.unsent) > self._high and not self._full:
            self._full = True
            self.protocol.pause_writing()

    def writelines(self, pieces: tuple[bytes, ...]) -> None:
        """Take bytes in pieces."""
        self.write(b"".join(pieces))

    def write_eof(self) -> None:
        """The proxy sends no more."""
        self.ended = True

    def can_write_eof(self) -> bool:
        """As TCP."""
        return True

    def close(self) -> None:
        """Close when all is sent."""
        if not self.closing:
            self.closing = True
            self._close_when_sent()

    def abort(self) -> None:
        """Close at once."""
        if not self.lost:
            self.closing = self.aborted = True
            self.unsent.clear()
            self._loop.call_soon(self.lose)

    def is_closing(self) -> bool:
        """Return whether it is closed, or is to be."""
        return self.closing

    def pause_reading(self) -> None:
        """Hand nothing on."""
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        """Hand on what waits, and what comes."""
        assert not self.reading
        self.reading = True
        if self.resumes_at_once:
            self._deliver()
        else:
            self._loop.call_soon(self._deliver)

    def set_protocol(self, protocol: Any) -> None:
        """Let another one have what comes."""
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int) -> None:
        """Set where writing is paused."""
        self._high = high

    def get_write_buffer_size(self) -> int:
        """Return how many bytes the peer has not taken."""
        return len(self.unsent)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return the two ends of the connection."""
        ends = {"peername": (self._peer or "127.0.0.1", 50_000), "sockname": ("127.0.0.1", 80)}
        return ends.get(name, default)


class Dial:
    """One connection that the proxy wants to make."""

    def __init__(self, loop: asyncio.AbstractEventLoop, make: Callable[[], Any], to: str) -> None:
        self._loop = loop
        self._make = make
        self.to = to
        self.answer: asyncio.Future[Wire] = loop.create_future()

    def accept(self, *, greedy: bool = True) -> Wire:
        """Let it come about."""
        wire = Wire(self._loop, self._make(), self.to)
        wire.greedy = greedy
        self.answer.set_result(wire)
        return wire

    def refuse(self) -> None:
        """Let it fail."""
        self.answer.set_exception(ConnectionRefusedError(111, "Connection refused"))


class Loop:
    """What a worker needs of a loop; connections are made when the test says so."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.dials: list[Dial] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(
        self, make: Callable[[], Any], host: str, port: int, **_tls: object
    ) -> tuple[Wire, Any]:
        """Wait for what becomes of it."""
        dial = Dial(self._loop, make, host)
        self.dials.append(dial)
        wire = await dial.answer
        return wire, wire.protocol


@dataclass(frozen=True)
class Line:
    """One line of the access log."""

    client: str
    method: bytes
    host: str
    target: bytes
    status: int
    seconds: float
    bytes_in: int
    bytes_out: int
    place: str
    request_id: bytes
    error: str


class Lines:
    """The access log of a worker, in memory."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def write(self, *values: Any) -> None:
        """Note one request."""
        self.lines.append(Line(*values))

    def flush(self) -> None:
        """Everything is written already."""

    def close(self) -> None:
        """There is nothing to close."""


class Plane(Closing):
    """A worker in memory. Nothing happens but in calls of the test."""

    def __init__(
        self, config: str, questions: Questions | None = None, asking: Asking | None = None
    ) -> None:
        self._asking = asking or Asking()
        self.loop = asyncio.new_event_loop()
        self.dialling = Loop(self.loop)
        self.faults: list[dict[str, Any]] = []
        """What went wrong in calls by the loop."""
        self.loop.set_exception_handler(lambda _loop, context: self.faults.append(context))
        self.errors: list[str] = []
        loop: Any = self.dialling
        self.worker = Worker(
            loop,
            self._snapshot(config),
            without_tls(),
            self.errors.append,
            questions or Questions(nobody),
        )
        lines: Any = Lines()
        self.log: list[Line] = lines.lines
        self.worker._log = lines
        self._entrance = Entrance(self.worker, Listener(TcpAddress("127.0.0.1", 0)))

    def client(self, address: str = "192.0.2.1", *, greedy: bool = True) -> Wire:
        """Return a connection of a client."""
        wire = Wire(self.loop, self._entrance(), address)
        wire.greedy = greedy
        return wire

    def dialled(self) -> Dial:
        """Return the connection that the proxy wants to make next."""
        self.step()
        return self.dialling.dials.pop(0)

    def adopt(self, config: str) -> None:
        """Put another configuration in force."""
        self.worker.adopt(self.worker.prepare(self._snapshot(config)))

    def _snapshot(self, config: str) -> Snapshot:
        return replace(snapshot(config), logs=Logs(access=Log(None)), asking=self._asking)

    def run(self, doing: Coroutine[Any, Any, Any]) -> Any:
        """Let the loop run until something is done."""
        return self.loop.run_until_complete(doing)

    def step(self, turns: int = 6) -> None:
        """Let the loop do what it has to do by now."""
        for _unused in range(turns):
            self.loop.call_soon(self.loop.stop)
            self.loop.run_forever()

    def pass_time(self, seconds: float) -> None:
        """Let time pass, for limits alone."""
        self.worker.deadlines.expire(monotonic() + seconds)
        self.step()

    def limits(self) -> list[float]:
        """Return after how many seconds limits are reached, of everything that has one."""
        now = monotonic()
        watched = self.worker.deadlines.watched
        return [one.deadline - now for one in watched if one.deadline < NEVER]

    def in_flight(self) -> list[int]:
        """Return how many exchanges each target is counted to bear."""
        routes = self.worker.serving.routes
        return [one.standing.seat.in_flight for route in routes for one in route.origins]

    def close(self) -> None:
        """End it."""
        self.run(self.worker.close())
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.step()
        self.loop.close()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        super().__exit__(kind, error, trace)
        if kind is None:
            assert self.faults == []
