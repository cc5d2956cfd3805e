# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One worker process, as the supervisor has it: from its start to its end."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..observe.metrics import Metrics
from ..worker.questions import Reply
from .channel import Channel, Message, channel_pair
from .metrics_form import decode_metrics
from .sockets import Sharing

GRACE = 5.0
"""Seconds that a worker has, after the time to drain, to end by itself."""

_CHANNEL_DESCRIPTOR = 3
_PACKAGES = Path(__file__).resolve().parents[2]
# Where a link says which release is used, it may lead to another one by the time that a worker
# starts: workers are of the supervisor's own.
PYTHON = str(Path(sys.executable).parent.resolve() / Path(sys.executable).name)

_log = logging.getLogger("sluice_proxy.supervisor")


@dataclass(frozen=True, slots=True)
class InForce:
    """What workers are to serve: an encoded snapshot, its sockets, and the targets that are down.

    ``sockets`` has those of each listener of the snapshot, in its order; ``drain`` is how many
    seconds a worker has to finish in whose place goes away. ``log_level`` is asked for in place
    of the snapshot's, empty when none is.
    """

    version: int
    encoded: bytes
    sockets: Sharing
    drain: float = 30.0
    down: frozenset[tuple[str, str]] = frozenset()
    log_level: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a worker asks: see `sluice_proxy.worker.questions`."""

    number: int
    about: str
    name: str


class Refused(RuntimeError):
    """A worker cannot take a snapshot over."""


class Died(Refused):
    """A worker ended before it had taken a snapshot over."""


Asked = Callable[["Worker", Question], None]
"""Told of a question; what answers is `Worker.answer`."""


class Worker:
    """One process, from its start, or its take-over in an upgrade, to its end."""

    def __init__(
        self,
        pid: int,
        channel_end: socket.socket,
        ended: Callable[[Worker], None],
        asked: Asked,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.pid = pid
        self.adopted = 0
        """The version of the snapshot that it serves; 0 before the first."""
        self.metrics = Metrics()
        """Its numbers, as it told them last."""
        self.heard = loop.time()
        self.drains = False
        self.exit_status: int | None = None
        self._ended = ended
        self._questioned = asked
        self._loop = loop
        self._versions: dict[int, asyncio.Future[None]] = {}
        self._reports: dict[int, asyncio.Future[None]] = {}
        self._asked = 0
        self._killing: asyncio.TimerHandle | None = None
        self.channel = Channel(channel_end, self._received, lambda: None)
        self._process = os.pidfd_open(pid)
        loop.add_reader(self._process, self._exited)

    async def adopt(self, force: InForce, mine: Sequence[tuple[int, socket.socket]]) -> None:
        """Have it serve what is in force; raises Refused, also when it dies over it."""
        done = self._versions.setdefault(force.version, self._loop.create_future())
        try:
            self.channel.send(
                "adopt",
                {
                    "version": force.version,
                    "places": [place for place, _unused in mine],
                    "log_level": force.log_level,
                },
                [force.encoded, _encoded(force.down)],
                [one for _unused, one in mine],
            )
        except ValueError as error:
            raise Refused(f"{error}; have fewer addresses, or more workers") from error
        await asyncio.shield(done)

    def report(self) -> asyncio.Future[None]:
        """Ask for its numbers; what is returned is done when they are there, or it is not.

        They are those of after the question, whatever was asked before.
        """
        self._asked += 1
        done = self._reports[self._asked] = self._loop.create_future()
        self.channel.send("report", {"number": self._asked})
        return done

    def ping(self) -> None:
        """Have it say that it is there."""
        self.channel.send("ping")

    def set_down(self, down: frozenset[tuple[str, str]]) -> None:
        """Tell it which targets are down."""
        self.channel.send("down", payloads=[_encoded(down)])

    def set_log_level(self, level: str) -> None:
        """Have it log from another level on."""
        self.channel.send("log_level", {"level": level})

    def answer(self, question: Question, reply: Reply) -> None:
        """Answer a question of this worker."""
        values = {"number": question.number, "found": reply.found, "again": reply.again}
        try:
            self.channel.send("answer", values, reply.payloads)
        except OSError as error:
            _log.error("worker %d cannot be answered: %s", self.pid, error)
            self.channel.send("answer", {**values, "found": False})

    def drain(self, seconds: float) -> None:
        """Have it finish within ``seconds``, and end; it is killed if it does not."""
        self.channel.send("drain", {"seconds": seconds})
        if not self.drains:
            self.drains = True
            self._killing = self._loop.call_later(seconds + GRACE, self.kill)

    def kill(self) -> None:
        """End it at once."""
        if self.exit_status is None:
            signal.pidfd_send_signal(self._process, signal.SIGKILL)

    def _received(self, message: Message) -> None:
        self.heard = self._loop.time()
        match message.kind:
            case "adopted":
                self.adopted = version = message.values["version"]
                self._answer(version, None)
            case "refused":
                self._answer(message.values["version"], Refused(message.values["reason"]))
            case "report":
                self._take_report(message)
                self._reported(message.values.get("number", self._asked))
            case "ask":
                self._questioned(self, Question(**message.values))

    def _take_report(self, message: Message) -> None:
        try:
            self.metrics = decode_metrics(b"" if message.cut else message.payloads[0])
        except ValueError as error:
            _log.error("the numbers of worker %d cannot be read: %s", self.pid, error)

    def _answer(self, version: int, refused: Refused | None) -> None:
        done = self._versions.pop(version, None)
        if done is not None and not done.done():
            if refused is None:
                done.set_result(None)
            else:
                done.set_exception(refused)
                # Nobody may be waiting any more.
                done.exception()

    def _reported(self, number: int) -> None:
        """Tell who asked, up to the question of that ``number``."""
        for each in [each for each in self._reports if each <= number]:
            done = self._reports.pop(each)
            if not done.done():
                done.set_result(None)

    def _exited(self) -> None:
        self._loop.remove_reader(self._process)
        # Its last numbers may still be in the channel.
        self.channel.drain_incoming()
        self.channel.close()
        try:
            self.exit_status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        except ChildProcessError:
            self.exit_status = 0
        os.close(self._process)
        if self._killing is not None:
            self._killing.cancel()
        for version in list(self._versions):
            self._answer(version, Died(f"worker {self.pid} {_described(self.exit_status)}"))
        self._reported(self._asked)
        self._ended(self)

    def described_end(self) -> str:
        """Return how it ended, for a sentence about it."""
        return _described(self.exit_status)


def start_worker(factory: str, ended: Callable[[Worker], None], asked: Asked) -> Worker:
    """Start a process whose data plane ``factory`` makes; raises OSError."""
    ours, theirs = channel_pair()
    try:
        pid = os.posix_spawn(
            PYTHON,
            [
                PYTHON,
                "-m",
                "sluice_proxy.supervisor.worker_process",
                str(_CHANNEL_DESCRIPTOR),
                factory,
            ],
            worker_environment(os.environ),
            file_actions=[(os.POSIX_SPAWN_DUP2, theirs.fileno(), _CHANNEL_DESCRIPTOR)],
            setsigmask=(),
            setsigdef=(signal.SIGPIPE, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2),
        )
    except OSError:
        ours.close()
        raise
    finally:
        theirs.close()
    return Worker(pid, ours, ended, asked)


def worker_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of workers: they find this package, and tell systemd nothing."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in ("NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "FDSTORE")
        and not name.startswith("LISTEN_")
    }
    path = [str(_PACKAGES), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(path)}


def _encoded(down: frozenset[tuple[str, str]]) -> bytes:
    return json.dumps(sorted(down)).encode()


def _described(status: int | None) -> str:
    if status is not None and status < 0:
        return f"was ended by {signal.Signals(-status).name}"
    return f"ended with exit code {status}"
