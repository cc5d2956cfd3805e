# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The process of one worker: a data plane, told by the supervisor what to do.

``python -m sluice_proxy.supervisor.worker_process DESCRIPTOR MODULE:FACTORY`` is how the
supervisor starts it. A fresh interpreter has none of the supervisor's memory, threads and
descriptors but the channel. When the supervisor is gone, a worker finishes what it does and ends.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import json
import logging
import signal
import socket
import sys
from collections.abc import Sequence

from ..observe.error_log import set_level
from ..snapshot.snapshot import Snapshot, decode
from ..worker.questions import NOTHING, Reply
from .aside import aside
from .channel import Channel, Message
from .data_plane import DataPlane, Make
from .metrics_form import encode_metrics, pieces
from .reserve import Reserve

DEFAULT_DRAIN = 30.0
"""Seconds to finish in, as long as no snapshot says it."""

_log = logging.getLogger("sluice_proxy.worker")


class WorkerProcess:
    """Acts on the supervisor's messages until it is to end."""

    def __init__(self, make: Make) -> None:
        self._plane: DataPlane = make(self._ask)
        self._snapshot: Snapshot | None = None
        self._channel: Channel | None = None
        self._reserve = Reserve()
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._ending: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def run(self, end: socket.socket) -> None:
        """Serve until told to drain, or until the supervisor is gone."""
        self._channel = Channel(end, self._received, self._orphaned, self._reserve)
        # The supervisor decides what a signal to the whole group means.
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, signal.SIG_IGN)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._end, None)
        acting = asyncio.ensure_future(self._act())
        await self._plane.drain(await self._ending)
        acting.cancel()
        self._channel.send("report", payloads=[encode_metrics(self._plane.metrics())])
        self._channel.close()

    def _received(self, message: Message) -> None:
        if message.kind == "answer":
            # Clients wait for it: it waits for no snapshot that is being made ready.
            self._plane.answered(message.values["number"], _reply(message))
        else:
            self._messages.put_nowait(message)

    async def _act(self) -> None:
        """Do what the messages say, one after the other."""
        while True:
            message = await self._messages.get()
            try:
                await self._act_on(message)
            except Exception:  # noqa: BLE001 - clients are served all the same
                _log.exception("the message %r could not be acted on", message.kind)

    async def _act_on(self, message: Message) -> None:
        match message.kind:
            case "adopt":
                await self._adopt(message)
            case "down" if not message.cut:
                self._plane.set_down(_down(message.payloads[0]))
            case "ping":
                self._answer("pong")
            case "report":
                self._answer("report", message.values, [await self._told()])
            case "reopen":
                with self._reserve.lent():
                    self._plane.reopen_logs()
            case "log_level":
                set_level(message.values["level"])
            case "drain":
                self._end(message.values["seconds"])

    async def _told(self) -> bytes:
        """Return the numbers; clients are served meanwhile."""
        told = []
        for piece in pieces(self._plane.metrics()):
            told.append(piece)
            await asyncio.sleep(0)
        return b"".join(told)

    async def _adopt(self, message: Message) -> None:
        version = message.values["version"]
        if message.cut:
            reason = "there is no file that it may open any more: set LimitNOFILE higher"
            self._answer("refused", {"version": version, "reason": reason})
            return
        encoded, down = message.payloads
        try:
            snapshot = await aside(decode, encoded)
            listening = [
                (snapshot.listeners[place], one)
                for place, one in zip(message.values["places"], message.sockets, strict=True)
            ]
            with self._reserve.lent():
                await self._plane.adopt(snapshot, listening, _down(down))
        except Exception as error:  # noqa: BLE001 - whatever it is, the old snapshot goes on
            for one in message.sockets:
                one.close()
            _log.exception("snapshot %s cannot be taken over", version)
            self._answer("refused", {"version": version, "reason": _reason(error)})
            return
        if message.values.get("log_level"):
            set_level(message.values["log_level"])
        first, self._snapshot = self._snapshot is None, snapshot
        if first:
            # What is there now stays: it need not be looked at by every collection.
            gc.collect()
            gc.freeze()
        self._answer("adopted", {"version": version})

    def _answer(
        self, kind: str, values: dict[str, object] | None = None, payloads: Sequence[bytes] = ()
    ) -> None:
        assert self._channel is not None
        self._channel.send(kind, values, payloads)

    def _ask(self, number: int, about: str, name: str) -> bool:
        channel = self._channel
        if channel is None or channel.behind:
            return False
        channel.send("ask", {"number": number, "about": about, "name": name})
        return True

    def _orphaned(self) -> None:
        _log.warning("the supervisor is gone: finishing what is under way")
        self._plane.leave_alone()
        self._end(None)

    def _end(self, seconds: float | None) -> None:
        if self._ending.done():
            return
        if seconds is None:
            snapshot = self._snapshot
            seconds = DEFAULT_DRAIN if snapshot is None else snapshot.timeouts.drain
        self._ending.set_result(seconds)


def _down(encoded: bytes) -> frozenset[tuple[str, str]]:
    return frozenset((route, target) for route, target in json.loads(encoded))


def _reply(message: Message) -> Reply:
    if message.cut:
        return NOTHING
    values = message.values
    return Reply(values["found"], message.payloads, values["again"])


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:2000]


def _factory(named: str) -> Make:
    module, _unused, name = named.partition(":")
    make: Make = getattr(importlib.import_module(module), name)
    return make


def main(arguments: list[str]) -> int:
    """Run the worker whose channel is the descriptor ``arguments[0]``; return the exit code."""
    end = socket.socket(fileno=int(arguments[0]))
    make = _factory(arguments[1])

    async def serve() -> None:
        await WorkerProcess(make).run(end)

    try:
        import uvloop
    except ImportError:
        asyncio.run(serve())
    else:
        uvloop.run(serve())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
