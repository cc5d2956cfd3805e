# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The side towards a target: one HTTP/1.1 connection, one exchange at a time.

The response's head is held to the same rules as a client's. Its content is handed on in the framing
that it has, and looked at no further than to find its end.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from typing import Any, Protocol

from ..http.chunked import BadChunk, ChunkedScanner
from ..http.head_end import find_response_head_end
from ..http.limits import DEFAULT_LIMITS
from ..http.refusal import BadResponse
from ..http.response_gate import parse_response
from ..http.response_head import ResponseHead

WRITE_BUFFER = 64 * 1024
"""Bytes towards a target that wait to be sent before the client is read no further."""
_READ = 256 * 1024

_RESTING, _HEAD, _LENGTH, _CHUNKED, _UNTIL_CLOSE, _TUNNEL = range(6)


class Served(Protocol):
    """The exchange that a connection serves."""

    request_complete: bool

    def interim(self, head: ResponseHead) -> None:
        """A 1xx other than 101."""

    def respond(self, head: ResponseHead, content: bytes, ended: bool) -> None:
        """The final head, and as much content as came with it."""

    def relay(self, content: bytes, ended: bool) -> None:
        """More content, in the framing of the head; maybe the last of it."""

    def switch(self, head: ResponseHead) -> None:
        """101: from here on bytes go both ways."""

    def tunnel_ended(self) -> None:
        """The target sends no more through the tunnel."""

    def broken(self, reason: str, *, malformed: bool) -> None:
        """No more comes, or nothing that could be sent on; the connection is closed."""

    def target_full(self) -> None:
        """The target takes no more for now."""

    def target_drained(self) -> None:
        """It does again."""


class Owner(Protocol):
    """The pool that a connection belongs to."""

    def give_back(self, connection: TargetConnection, now: float) -> None:
        """It can serve another exchange."""

    def lost(self, connection: TargetConnection) -> None:
        """It is gone."""


class TargetConnection(asyncio.Protocol):
    """One connection to a target."""

    __slots__ = (
        "_buffer",
        "_exchange",
        "_keep_alive",
        "_left",
        "_method",
        "_owner",
        "_phase",
        "_scanner",
        "_upgrade",
        "closed",
        "full",
        "idle_since",
        "reading",
        "transport",
        "used",
    )

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.transport: Any = None
        self._exchange: Served | None = None
        self._phase = _RESTING
        self._buffer = b""
        self._left = 0
        self._scanner: ChunkedScanner | None = None
        self._keep_alive = False
        self.reading = True
        self._method = b""
        self._upgrade: bytes | None = None
        self.closed = False
        self.used = 0
        """How many exchanges it has served, the present one included."""
        self.full = False
        """Whether the target takes nothing for now, and what is sent to it only piles up."""
        self.idle_since = 0.0

    # Called by the exchange

    def start(self, exchange: Served, data: bytes, method: bytes, upgrade: bytes | None) -> None:
        """Send a request's head, and what there is of its content already."""
        self._exchange = exchange
        self._method = method
        self._upgrade = upgrade
        self._phase = _HEAD
        self.used += 1
        self.transport.write(data)

    def send(self, data: bytes) -> None:
        """Send more of the request's content, or through the tunnel."""
        self.transport.write(data)

    def pause(self) -> None:
        """Stop reading: the client does not keep up."""
        if self.reading and not self.closed:
            self.reading = False
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self.reading and not self.closed:
            self.reading = True
            self.transport.resume_reading()

    def end_sending(self) -> None:
        """Tell a tunnel's far end that no more comes; close where that cannot be told."""
        if self.closed:
            return
        if self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            self.transport.close()

    def release(self, now: float) -> None:
        """Let go of the exchange: serve another one if that is possible, else close."""
        reusable = self._phase == _RESTING and self._keep_alive and not self.closed
        exchange, self._exchange = self._exchange, None
        if reusable and exchange is not None and exchange.request_complete and not self.full:
            if not self.reading:
                self.resume()
            self._owner.give_back(self, now)
        else:
            self.close()

    def finish(self) -> None:
        """Close after what is still to be sent: the orderly end of a tunnel."""
        self._exchange = None
        if not self.closed:
            self.transport.close()

    def close(self) -> None:
        """Close at once."""
        self._exchange = None
        if not self.closed:
            self.closed = True
            self.transport.abort()

    # asyncio.Protocol, called by the loop

    def connection_made(self, transport: Any) -> None:
        """Begin to rest."""
        self.transport = transport
        transport.set_write_buffer_limits(WRITE_BUFFER)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the pool, and the exchange that has not ended."""
        self.closed = True
        self._owner.lost(self)
        if exc is not None and self._exchange is not None and self._phase != _TUNNEL:
            self._read_what_is_left()
        exchange, self._exchange = self._exchange, None
        if exchange is not None:
            self._lost_under(exchange, exc)

    def _read_what_is_left(self) -> None:
        """Read the response of a target that answered, and closed, before it had all content.

        Sending more then fails before what was received is read (RFC 9112, section 9.6).
        """
        transport = self.transport
        sock = transport.get_extra_info("socket")
        if sock is None or transport.get_extra_info("sslcontext") is not None:
            return
        # The exchange ends with the response, and a response of any size was received already.
        with suppress(OSError):
            while self._exchange is not None and (data := os.read(sock.fileno(), _READ)):
                self.data_received(data)

    def _lost_under(self, exchange: Served, error: Exception | None) -> None:
        if self._phase == _TUNNEL:
            exchange.tunnel_ended()
        elif self._phase == _UNTIL_CLOSE and error is None:
            self._phase = _RESTING
            exchange.relay(b"", True)
        else:
            exchange.broken("closed the connection", malformed=False)

    def eof_received(self) -> bool:
        """End what the end of the connection ends; a tunnel stays open the other way."""
        exchange = self._exchange
        if exchange is None:
            self.close()
        elif self._phase == _TUNNEL:
            exchange.tunnel_ended()
            return True
        else:
            self._exchange = None
            self.close()
            self._lost_under(exchange, None)
        return False

    def pause_writing(self) -> None:
        """Pass it on."""
        self.full = True
        if self._exchange is not None:
            self._exchange.target_full()

    def resume_writing(self) -> None:
        """Pass it on."""
        self.full = False
        if self._exchange is not None:
            self._exchange.target_drained()

    def data_received(self, data: bytes) -> None:
        """Read a response, or more of one."""
        exchange = self._exchange
        phase = self._phase
        if exchange is None or phase == _RESTING:
            # A response to nothing: what follows could be taken for the next request's.
            self._stray()
        elif phase == _HEAD:
            self._read_head(exchange, self._buffer + data if self._buffer else data)
        elif phase == _LENGTH:
            size = len(data)
            if size < self._left:
                self._left -= size
                exchange.relay(data, False)
            else:
                self._end(exchange, data, self._left)
        elif phase == _CHUNKED:
            self._read_chunked(exchange, data)
        else:
            exchange.relay(data, False)

    def _stray(self) -> None:
        if self._exchange is None:
            self.close()
        else:
            # The exchange is ending by itself; the connection must not be used again.
            self._keep_alive = False

    # The response

    def _read_head(self, exchange: Served, data: bytes) -> None:
        while True:
            try:
                end = find_response_head_end(data, 0, DEFAULT_LIMITS)
                if end < 0:
                    self._buffer = data
                    return
                rest = data[end:]
                block = data[:end] if rest else data
                head = parse_response(block, self._method, DEFAULT_LIMITS, self._upgrade)
            except BadResponse as refusal:
                self._fail(exchange, refusal.reason)
                return
            self._buffer = b""
            if head.status >= 200:
                self._read_final(exchange, head, rest)
                return
            if head.status == 101:
                self._phase = _TUNNEL
                exchange.switch(head)
                if rest and self._exchange is exchange:
                    exchange.relay(rest, False)
                return
            exchange.interim(head)
            if not rest or self._exchange is not exchange:
                return
            data = rest

    def _read_final(self, exchange: Served, head: ResponseHead, rest: bytes) -> None:
        self._keep_alive = head.keep_alive
        length = head.content_length
        if length is not None:
            size = len(rest)
            if size < length:
                self._phase = _LENGTH
                self._left = length - size
                exchange.respond(head, rest, False)
                return
            self._phase = _RESTING
            if size > length:
                rest = rest[:length]
                self._keep_alive = False
            exchange.respond(head, rest, True)
        elif head.chunked:
            self._phase = _CHUNKED
            self._scanner = ChunkedScanner()
            self._read_first_chunks(exchange, head, rest)
        else:
            self._phase = _UNTIL_CLOSE
            exchange.respond(head, rest, False)

    def _read_first_chunks(self, exchange: Served, head: ResponseHead, data: bytes) -> None:
        assert self._scanner is not None
        try:
            size = self._scanner.feed(data) if data else 0
        except BadChunk as bad:
            self._fail(exchange, bad.reason)
            return
        if self._scanner.done:
            self._scanner = None
            self._phase = _RESTING
            if size < len(data):
                data = data[:size]
                self._keep_alive = False
            exchange.respond(head, data, True)
        else:
            exchange.respond(head, data, False)

    def _read_chunked(self, exchange: Served, data: bytes) -> None:
        assert self._scanner is not None
        try:
            size = self._scanner.feed(data)
        except BadChunk as bad:
            self._fail(exchange, bad.reason)
            return
        if self._scanner.done:
            self._scanner = None
            self._end(exchange, data, size)
        else:
            exchange.relay(data, False)

    def _end(self, exchange: Served, data: bytes, size: int) -> None:
        """Hand on the last of the content; what goes beyond it spoils the connection."""
        self._phase = _RESTING
        if size < len(data):
            data = data[:size]
            self._keep_alive = False
        exchange.relay(data, True)

    def _fail(self, exchange: Served, reason: str) -> None:
        self.close()
        exchange.broken(reason, malformed=True)
