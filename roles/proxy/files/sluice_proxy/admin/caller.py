# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who asks: a process of this machine by a socket file, or a client over the network."""

from __future__ import annotations

import socket
import struct
from contextvars import ContextVar
from dataclasses import dataclass

from aiohttp import web

_CREDENTIALS = struct.Struct("3i")
_caller: ContextVar[str] = ContextVar("caller", default="nobody")


@dataclass(frozen=True, slots=True)
class Connected:
    """The other end of a connection. ``address`` is None for a socket file's, where ``user`` is
    the number of who opened it."""

    address: str | None
    user: int | None = None


def connected(request: web.Request) -> Connected | None:
    """Return who is at the other end, None when nobody is any more."""
    transport = request.transport
    end = None if transport is None else transport.get_extra_info("socket")
    if transport is None or end is None:
        return None
    if end.family == socket.AF_UNIX:
        return Connected(None, _user(end))
    peer = transport.get_extra_info("peername")
    return Connected(str(peer[0])) if peer else None


def name_caller(name: str) -> None:
    """Remember who asks, for the log, as long as the request is answered."""
    _caller.set(name)


def caller_of(request: web.Request) -> str:
    """Return who asks and for what, in a line of the log: no query, which may have secrets."""
    return f"{_caller.get()}, {request.method} {request.rel_url.raw_path[:200]}"


def _user(end: socket.socket) -> int | None:
    try:
        data = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return None
    return int(_CREDENTIALS.unpack(data)[1])
