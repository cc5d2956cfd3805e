# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses of host names, remembered for a while."""

from __future__ import annotations

import asyncio
import socket
from ipaddress import ip_address
from time import monotonic

_MOST_NAMES = 4096
PATIENCE = 0.5
"""Seconds that one who has old addresses waits for new ones."""


class Names:
    """Asks the system's resolver, once for all that wait for the same name.

    Addresses are asked for again when they are older than ``age`` seconds; while the resolver
    fails, or takes longer than a moment, the old ones are used.
    """

    __slots__ = ("_asking", "_known", "_loop", "age")

    def __init__(self, loop: asyncio.AbstractEventLoop, age: float) -> None:
        self._loop = loop
        self.age = age
        self._known: dict[str, tuple[float, list[str]]] = {}
        self._asking: dict[str, asyncio.Task[list[str]]] = {}

    async def resolve(self, host: str) -> list[str]:
        """Return the addresses of ``host``, at least one; raises OSError when none is known.

        They are turned on by one each time, so that all of them get connections.
        """
        if _is_address(host):
            return [host]
        known = self._known.get(host)
        if known is None:
            # One that gives up waiting must not take the answer from the others.
            addresses = await asyncio.shield(self._asked(host, None))
        elif known[0] + self.age <= monotonic():
            addresses = await self._renewed(host, known[1])
        else:
            addresses = known[1]
        addresses.append(addresses.pop(0))
        return list(addresses)

    async def _renewed(self, host: str, before: list[str]) -> list[str]:
        task = self._asked(host, before)
        await asyncio.wait((task,), timeout=PATIENCE)
        if task.done():
            return task.result()
        # Not each connection has to wait for a resolver that hangs.
        self._known[host] = monotonic(), before
        return before

    def _asked(self, host: str, before: list[str] | None) -> asyncio.Task[list[str]]:
        task = self._asking.get(host)
        if task is None:

            def ended(ended: asyncio.Task[list[str]]) -> None:
                del self._asking[host]
                if not ended.cancelled():
                    # Else the loop would complain of an error that nobody waited for.
                    ended.exception()

            task = self._asking[host] = self._loop.create_task(self._ask(host, before))
            task.add_done_callback(ended)
        return task

    async def _ask(self, host: str, before: list[str] | None) -> list[str]:
        try:
            found = await self._loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            if before is None:
                raise OSError(f"the name {host} cannot be resolved: {error.strerror}") from None
            addresses = before
        else:
            addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        if len(self._known) >= _MOST_NAMES:
            self._known.clear()
        self._known[host] = monotonic(), addresses
        return addresses


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
