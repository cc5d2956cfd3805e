# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The side towards the origin: one HTTP/1.1 connection, one exchange at a time.

The response's head is read and held to the same rules as a client's; its content is relayed in the
framing it has, without being looked at beyond where it ends.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ..http.chunked import ChunkedScanner
from ..http.errors import BadResponse
from ..http.response import find_head_end, parse_response

if TYPE_CHECKING:
    from .exchange import Exchange
    from .pool import Pool
    from .server import Server

_HEAD, _LENGTH, _CHUNKED, _CLOSE, _TUNNEL, _RESTING = range(6)


class Upstream(asyncio.Protocol):
    """One connection to a target."""

    __slots__ = (
        "_buffer",
        "_closing",
        "_left",
        "_phase",
        "_pool",
        "_reading",
        "_scanner",
        "_server",
        "_transport",
        "exchange",
        "used",
    )

    def __init__(self, server: Server, pool: Pool) -> None:
        self._server = server
        self._pool = pool
        self._transport: Any = None
        self._phase = _RESTING
        self._buffer = b""
        self._left = 0
        self._scanner: ChunkedScanner | None = None
        self._closing = False
        self._reading = True
        self.exchange: Exchange | None = None
        self.used = 0
        """How many exchanges it has served, the present one included."""

    # Called by the exchange

    def start(self, exchange: Exchange, data: bytes) -> None:
        """Send a request's head, with what there is of its content already."""
        self.exchange = exchange
        self.used += 1
        self._phase = _HEAD
        self._transport.write(data)

    def send(self, data: bytes) -> None:
        """Send more of the request's content."""
        self._transport.write(data)

    def pause(self) -> None:
        """Stop reading: the client does not keep up."""
        if self._reading and not self._closing:
            self._reading = False
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if not self._reading and not self._closing:
            self._reading = True
            self._transport.resume_reading()

    def end_of_requests(self) -> None:
        """Tell a tunnel's far end that no more comes."""
        if self._transport.can_write_eof():
            self._transport.write_eof()

    def abandon(self) -> None:
        """Drop the exchange, and the connection, which cannot be used after half a response."""
        self.exchange = None
        self.close()

    def rest(self) -> None:
        """Wait in the pool; what arrives now belongs to nobody."""
        self.exchange = None
        self._phase = _RESTING

    def close(self) -> None:
        self._closing = True
        if self._transport is not None:
            self._transport.abort()

    def is_closing(self) -> bool:
        return self._closing or self._transport.is_closing()

    # asyncio.Protocol, called by the loop

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(self._server.limits.buffer)

    def connection_lost(self, error: Exception | None) -> None:
        self._closing = True
        self._pool.lost(self)
        exchange, self.exchange = self.exchange, None
        if exchange is None:
            return
        if self._phase in (_CLOSE, _TUNNEL) and error is None:
            exchange.response_ended(self, False)
        else:
            exchange.upstream_lost(self, str(error) if error else "closed the connection")

    def eof_received(self) -> bool:
        exchange = self.exchange
        if self._phase == _TUNNEL and exchange is not None:
            exchange.tunnel_half_closed()
            return True
        return False

    def pause_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.hold_request()

    def resume_writing(self) -> None:
        if self.exchange is not None:
            self.exchange.go_on_with_request()

    def data_received(self, data: bytes) -> None:
        exchange = self.exchange
        phase = self._phase
        if exchange is None:
            # A response to nothing: what follows could be taken for the next request's.
            self.close()
        elif phase == _HEAD:
            self._read_head(exchange, self._buffer + data if self._buffer else data)
        elif phase == _LENGTH:
            size = len(data)
            if size < self._left:
                self._left -= size
                exchange.content(data)
            else:
                self._end(exchange, data, self._left)
        elif phase == _CHUNKED:
            self._read_chunked(exchange, data)
        else:
            exchange.content(data)

    # The response

    def _read_head(self, exchange: Exchange, data: bytes) -> None:
        limits = self._server.limits
        try:
            end = find_head_end(data, limits.head)
            if end < 0:
                self._buffer = data
                return
            head = parse_response(data[:end], exchange.method, limits.head)
        except BadResponse as error:
            self._fail(exchange, str(error))
            return
        rest = data[end:]
        self._buffer = b""
        if head.status < 200:
            if head.status == 101:
                self._switch(exchange, head, rest)
                return
            exchange.interim(head)
            if rest:
                self._read_head(exchange, rest)
            return
        if head.chunked:
            self._phase = _CHUNKED
            self._scanner = ChunkedScanner(limits.head)
            exchange.respond(head)
            if rest:
                self._read_chunked(exchange, rest)
            return
        length = head.content_length
        if length is None:
            self._phase = _CLOSE
            exchange.respond(head)
            if rest:
                exchange.content(rest)
            return
        if len(rest) < length:
            self._phase = _LENGTH
            self._left = length - len(rest)
            exchange.respond(head)
            if rest:
                exchange.content(rest)
            return
        self._phase = _RESTING
        exchange.respond_whole(head, rest[:length] if len(rest) > length else rest)
        self._done(exchange, head.keep_alive and len(rest) == length)

    def _switch(self, exchange: Exchange, head: Any, rest: bytes) -> None:
        if not exchange.switch(head):
            self._fail(exchange, "answered 101 to a request without Upgrade")
            return
        self._phase = _TUNNEL
        if rest:
            exchange.content(rest)

    def _read_chunked(self, exchange: Exchange, data: bytes) -> None:
        assert self._scanner is not None
        try:
            size, done = self._scanner.feed(data)
        except BadResponse as error:
            self._fail(exchange, str(error))
            return
        if done:
            self._end(exchange, data, size)
        else:
            exchange.content(data)

    def _end(self, exchange: Exchange, data: bytes, size: int) -> None:
        """Hand on the last of the content; what goes beyond it spoils the connection."""
        self._phase = _RESTING
        whole = size == len(data)
        exchange.content(data if whole else data[:size])
        self._done(exchange, whole and exchange.upstream_stays)

    def _done(self, exchange: Exchange, reusable: bool) -> None:
        self.exchange = None
        # The request's content may still be on its way when the response is complete.
        reusable = reusable and exchange.request_is_sent and not self._closing
        exchange.response_ended(self, reusable)
        if reusable:
            if not self._reading:
                self.resume()
            self._pool.give_back(self)
        else:
            self.close()

    def _fail(self, exchange: Exchange, reason: str) -> None:
        self.exchange = None
        self.close()
        exchange.upstream_failed(self, reason)
