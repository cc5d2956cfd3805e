# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many requests a client may send: a token bucket for each, in one number.

The number is when the bucket would be full again (the generic cell rate algorithm): a client
that is not remembered is one whose bucket is full.
"""

from __future__ import annotations

import socket
from collections import OrderedDict

from sluice_proxy.routes.model.policies import RateLimit

_FORGET_AT_ONCE = 16


def client_key(address: str) -> bytes:
    """Return by what a client is counted: its IPv4 address, or the /64 of its IPv6 address.

    One subscriber has at least a /64 to take addresses from. What is no address, as of a client
    on a unix socket, is counted as it is.
    """
    try:
        if ":" not in address:
            return socket.inet_pton(socket.AF_INET, address)
        packed = socket.inet_pton(socket.AF_INET6, address.partition("%")[0])
    except OSError:
        return address.encode()
    mapped = packed[:12] == b"\0" * 10 + b"\xff\xff"
    return packed[12:] if mapped else packed[:8]


class Rate:
    """The buckets of all clients of one route, at most ``limit.clients`` of them."""

    __slots__ = ("_ahead", "_clients", "_full_at", "_interval")

    def __init__(self, limit: RateLimit) -> None:
        self._interval = 1.0 / limit.rate
        self._ahead = (limit.burst - 1) * self._interval
        self._clients = limit.clients
        self._full_at: OrderedDict[bytes, float] = OrderedDict()

    def take(self, client: bytes, now: float) -> float:
        """Count a request; return 0.0 when it may pass, else after how many seconds one may."""
        full_at = max(self._full_at.get(client, now), now)
        wait = full_at - now - self._ahead
        if wait > 1e-9:
            return wait
        # Taken out and put in again, a client stands behind those that were silent for longer.
        self._full_at.pop(client, None)
        if len(self._full_at) >= self._clients:
            self._forget(now)
        self._full_at[client] = full_at + self._interval
        return 0.0

    def __len__(self) -> int:
        return len(self._full_at)

    def _forget(self, now: float) -> None:
        """Make room: drop the client silent for longest, and after it some with full buckets."""
        self._full_at.popitem(last=False)
        for _unused in range(_FORGET_AT_ONCE):
            client = next(iter(self._full_at), None)
            if client is None or self._full_at[client] > now:
                return
            del self._full_at[client]
