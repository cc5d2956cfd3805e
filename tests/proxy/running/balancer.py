# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A balancer that knows nothing of what it relays: each connection goes to the next of many."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Sequence

from running.closing import Closing
from running.service import free_port


class Balancer(Closing):
    """Relays connections on loopback to ports, in turn; a port that refuses is passed over."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.port = free_port()
        self.sent: Counter[int] = Counter()
        """How many connections went to each port."""
        self._ports = list(ports)
        self._next = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._tasks: set[asyncio.Task[None]] = set()
        self.held = 0
        """How many connections wait to be relayed."""
        self._may_go_on = asyncio.Event()
        self._may_go_on.set()
        try:
            self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        except BaseException:
            self._stop()
            raise

    def close(self) -> None:
        """End it, and all that it relays."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._stop()

    def hold(self) -> None:
        """Accept connections, and relay none that comes from now on."""
        self._loop.call_soon_threadsafe(self._may_go_on.clear)

    def release(self) -> None:
        """Relay those that were held, and others."""
        self._loop.call_soon_threadsafe(self._may_go_on.set)

    def _stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._relay, "127.0.0.1", self.port, backlog=1024)

    async def _end(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            self.held += 1
            await self._may_go_on.wait()
            self.held -= 1
            far, forth = await self._connected()
            try:
                await asyncio.gather(_copied(near, forth), _copied(far, back))
            finally:
                forth.close()
        except OSError:
            # One of the two went away, which the other is told by the end of its connection.
            return
        finally:
            back.close()
            self._tasks.discard(task)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        for _unused in self._ports:
            port = self._ports[self._next % len(self._ports)]
            self._next += 1
            try:
                streams = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
            self.sent[port] += 1
            return streams
        raise ConnectionRefusedError


async def _copied(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        sink.write(data)
        await sink.drain()
    sink.write_eof()
