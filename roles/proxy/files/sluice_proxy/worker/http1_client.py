# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The side towards a client that speaks HTTP/1: requests in, responses out, in order."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any

from ..http.answer import compose_answer
from ..http.chunked import BadChunk
from ..http.forwarding import (
    ClientSide,
    OutgoingFraming,
    ResponsePolicy,
    compose_response,
    outgoing_framing,
)
from ..http.head_end import find_head_end, skip_empty_line
from ..http.refusal import BadRequest
from ..http.request_gate import parse_request
from ..http.request_head import RequestHead
from ..http.response_head import ResponseHead
from ..proxy_protocol import ProxyHeader
from ..routes.model.policies import TlsPolicy
from .addresses import both_ends
from .answers import error_answer
from .deadlines import NEVER
from .dropping import drop
from .exchange import Exchange
from .reframing import Reframing, reframing
from .request_content import RequestContent

if TYPE_CHECKING:
    from .server import Worker

WRITE_BUFFER = 64 * 1024
"""Bytes towards a client that wait to be sent before the target is read no further."""
MOST_AHEAD = 64 * 1024
"""Bytes of further requests that are taken while one is answered."""
LINGER = 5.0
"""Seconds for which what a client still sends is taken and dropped, so that it reads the end."""
_APART = 16 * 1024
"""Content of more bytes is not copied to stand in one piece with the head."""

# What the next byte of the client belongs to; _COMPLETE: to another request than the one that is
# being answered, or whose response is not taken yet; _ENDING: to nothing.
_HEAD, _CONTENT, _COMPLETE, _TUNNEL, _ENDING = range(5)
# Members of an enumeration are slow to look up.
_BY_LENGTH, _NONE = OutgoingFraming.LENGTH, OutgoingFraming.NONE
_NO_CHANGES = ResponsePolicy()


class Http1Client(asyncio.Protocol):
    """One connection of a client."""

    __slots__ = (
        "_announced",
        "_buffer",
        "_content",
        "_ends_with_close",
        "_eof",
        "_exchange",
        "_expecting",
        "_full",
        "_head",
        "_held",
        "_keep_alive",
        "_phase",
        "_reading",
        "_reading_heads",
        "_reframing",
        "_requests",
        "_transport",
        "_worker",
        "deadline",
        "side",
        "tls_policy",
    )

    def __init__(
        self, worker: Worker, side: ClientSide, announced: ProxyHeader | None = None
    ) -> None:
        """``announced`` is the PROXY header that the connection began with, if any."""
        self._worker = worker
        self._announced = announced
        self.side = side
        self.tls_policy: TlsPolicy | None = None
        self.deadline = NEVER
        self._transport: Any = None
        self._phase = _HEAD
        self._buffer = b""
        self._content: RequestContent | None = None
        self._exchange: Exchange | None = None
        self._head: RequestHead | None = None
        self._expecting = False
        self._ends_with_close = False
        self._reframing: Reframing | None = None
        self._keep_alive = True
        self._requests = 0
        self._reading = True
        self._held = False
        self._reading_heads = False
        self._full = False
        self._eof = False

    # asyncio.Protocol, called by the loop or by TLS

    def connection_made(self, transport: Any) -> None:
        """Wait for the first request."""
        self._transport = transport
        transport.set_write_buffer_limits(WRITE_BUFFER)
        worker = self._worker
        if self.side.scheme == "https":
            self.tls_policy = transport.get_extra_info("tls_policy")
        self.deadline = monotonic() + worker.serving.timeouts.head
        worker.deadlines.watched[self] = None
        worker.clients[self] = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        worker = self._worker
        worker.deadlines.watched.pop(self, None)
        worker.clients.pop(self, None)
        worker.connection_closed(self.side.address)
        self._phase = _ENDING
        if self._exchange is not None:
            self._exchange.client_lost("the client closed the connection")

    def eof_received(self) -> bool:
        """The client sends no more, but may still read."""
        phase, exchange = self._phase, self._exchange
        if phase == _COMPLETE:
            # What came before it is answered still, requests that were sent ahead included.
            self._eof = True
            return True
        if phase == _TUNNEL and exchange is not None:
            exchange.client_ended()
            return True
        if exchange is not None:
            exchange.client_lost("the client closed the connection within its request")
        return False

    def pause_writing(self) -> None:
        """The client does not keep up."""
        self._full = True
        if self._exchange is not None:
            self._exchange.client_full()
        if self._phase != _ENDING:
            self.deadline = monotonic() + self._worker.serving.timeouts.send

    def resume_writing(self) -> None:
        """It does again."""
        self._full = False
        if self._phase == _ENDING:
            return
        if self._exchange is None:
            self._go_on(monotonic())
        else:
            self.deadline = NEVER
            self._await_content()
            self._exchange.client_drained()

    def data_received(self, data: bytes) -> None:
        """Read requests."""
        phase = self._phase
        if phase == _HEAD:
            if self._buffer:
                if len(data) < 256 and b"\n" not in data and len(self._buffer) < 4096:
                    # Neither the end of a head, nor much: spare the search.
                    self._buffer += data
                    return
                data = self._buffer + data
            self._read_heads(data)
        elif phase == _COMPLETE:
            self._buffer += data
            if len(self._buffer) > MOST_AHEAD:
                self._pause()
        elif phase == _CONTENT:
            self._read_content(data)
        elif phase == _TUNNEL and self._exchange is not None:
            self._exchange.content(data, False)

    # Requests

    def _read_heads(self, data: bytes) -> None:
        """Read a request, and those that are already answered when it returns."""
        worker = self._worker
        while True:
            limits = worker.serving.head_limits
            try:
                start = skip_empty_line(data, 0) if data[:1] == b"\r" else 0
                end = find_head_end(data, start, limits)
                if end < 0:
                    if self._eof:
                        self._close(monotonic())
                    else:
                        self._await_head(data)
                    return
                rest = data[end:]
                head = parse_request(data[start:end] if start or rest else data, limits)
                content, complete = b"", True
                if head.content_length or head.chunked:
                    self._content = RequestContent(head)
                    content, rest, complete = self._content.take(rest)
            except BadRequest as refusal:
                self._refuse(refusal.status, refusal.reason, len(data))
                return
            except BadChunk as bad:
                self._refuse(400, bad.reason, len(data))
                return
            self._head = head
            self._phase = _COMPLETE if complete else _CONTENT
            self._buffer = rest
            self._requests += 1
            self._keep_alive = (
                head.keep_alive
                and not (self._eof and not rest)
                and self._requests < worker.serving.snapshot.limits.requests_per_connection
            )
            now = monotonic()
            self.deadline = NEVER
            exchange = self._exchange = Exchange(worker, self, head, now, end - start)
            self._reading_heads = True
            if complete:
                exchange.begin(content, True)
            else:
                self._begin_with_more_to_come(exchange, content)
            self._reading_heads = False
            if self._phase != _HEAD or not self._buffer:
                return
            data, self._buffer = self._buffer, b""

    def _begin_with_more_to_come(self, exchange: Exchange, content: bytes) -> None:
        if self._eof:
            exchange.client_lost("the client closed the connection within its request")
            return
        self._expecting = exchange.head.expect_continue and not content
        self._await_content()
        exchange.begin(content, False)
        self._read_on()

    def _await_head(self, data: bytes) -> None:
        if not self._buffer:
            self.deadline = monotonic() + self._worker.serving.timeouts.head
        self._buffer = data
        self._resume()

    def _await_content(self) -> None:
        """Set the limit for the client's next content, unless it is not the client's turn."""
        if self._phase == _CONTENT and self._reading and not (self._full or self._expecting):
            self.deadline = monotonic() + self._worker.serving.timeouts.body

    def _read_content(self, data: bytes) -> None:
        exchange, content = self._exchange, self._content
        if exchange is None or content is None:
            return
        try:
            data, self._buffer, complete = content.take(data)
        except BadChunk as bad:
            self._keep_alive = False
            exchange.refuse_content(400, bad.reason)
            return
        if complete:
            self._phase = _COMPLETE
            if not self._full:
                self.deadline = NEVER
        elif self._expecting or content.came_on(self._worker.serving.timeouts.body):
            self._expecting = False
            self._await_content()
        exchange.content(data, complete)

    def _refuse(self, status: int, reason: str, size: int) -> None:
        """Answer what is no request, and close."""
        worker = self._worker
        answer = error_answer(worker.serving.pages, status, reason)
        data = compose_answer(answer.status, answer.body, (*answer.fields, (b"Date", worker.date)))
        self._transport.write(data)
        self._linger()
        worker.refused(self.side.address, status, reason, size, len(data))

    # The client's stream, called by the exchange

    @property
    def addresses(self) -> ProxyHeader:
        """The two ends of the connection; nothing of a unix socket."""
        return self._announced or both_ends(self._transport)

    @property
    def content_bytes(self) -> int:
        """Bytes of content so far of a request whose head does not say how many there are."""
        return 0 if self._content is None else self._content.bytes_so_far

    def interim(self, head: ResponseHead) -> None:
        """Send a 1xx; HTTP/1.0 knows none."""
        assert self._head is not None
        if self._head.version == b"1.1":
            self._transport.write(compose_response(head, _NO_CHANGES, _NONE, b"1.1", True))
        if self._expecting and head.status == 100:
            # The client has to go on (RFC 9110, section 10.1.1).
            self._expecting = False
            self._await_content()

    def respond(
        self, head: ResponseHead, policy: ResponsePolicy, content: bytes, ended: bool
    ) -> int:
        """Send the final head and the first of the content."""
        worker = self._worker
        request = self._head
        assert request is not None
        version = request.version
        framing = outgoing_framing(head, version)
        if self._phase != _COMPLETE or worker.draining:
            self._keep_alive = False
        self._reframing = None
        if framing is not _BY_LENGTH:
            self._ends_with_close = framing.closes
            if framing.closes:
                self._keep_alive = False
            self._reframing = reframing(framing)
        data = compose_response(head, policy, framing, version, self._keep_alive, worker.date)
        if self._reframing is not None:
            content = self._reframing.reframed(content, ended)
        if len(content) > _APART:
            self._transport.writelines((data, content))
            return len(data) + len(content)
        data += content
        self._transport.write(data)
        return len(data)

    def relay(self, content: bytes, ended: bool) -> int:
        """Send more content, maybe the last."""
        if self._reframing is not None:
            content = self._reframing.reframed(content, ended)
        if content:
            self._transport.write(content)
        return len(content)

    def answer(self, status: int, body: bytes, fields: list[tuple[bytes, bytes]]) -> int:
        """Send a response of the proxy's own."""
        worker = self._worker
        request = self._head
        assert request is not None
        self._keep_alive = self._keep_alive and self._phase == _COMPLETE and not worker.draining
        fields.append((b"Date", worker.date))
        data = compose_answer(
            status,
            body,
            fields,
            method=request.method,
            keep_alive=self._keep_alive,
            client_version=request.version,
        )
        self._transport.write(data)
        return len(data)

    def switch(self, head: ResponseHead, policy: ResponsePolicy) -> int:
        """Send a 101, and what the client has sent ahead into the tunnel."""
        self._phase = _TUNNEL
        self._keep_alive = False
        self._ends_with_close = True
        data = compose_response(head, policy, _NONE, b"1.1", False)
        self._transport.write(data)
        ahead, self._buffer = self._buffer, b""
        if ahead and self._exchange is not None:
            self._exchange.content(ahead, False)
        self._read_on()
        if self._eof and self._exchange is not None:
            self._exchange.client_ended()
        return len(data)

    def end_sending(self) -> None:
        """No more comes through the tunnel."""
        self._transport.write_eof()

    def cut(self) -> None:
        """End a response that cannot be completed so that the client can tell."""
        self._keep_alive = False
        if self._ends_with_close:
            self._transport.abort()

    def hold_content(self) -> None:
        """Read no more of the request's content for now."""
        self._held = True
        self._pause()
        if not self._full:
            self.deadline = NEVER

    def resume_content(self) -> None:
        """Read on."""
        self._held = False
        self._read_on()
        self._await_content()

    def exchange_over(self, now: float) -> None:
        """Go on with the next request, or close."""
        self._exchange = None
        self._content = self._reframing = None
        self._held = False
        phase = self._phase
        if phase != _COMPLETE:
            if phase == _TUNNEL:
                self._close(now)
            elif phase != _ENDING:
                self._linger()
        elif not self._keep_alive:
            self._close(now)
        elif not self._full:
            # Else the next request waits until the client has taken what it asked for before.
            self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Read the next request, or wait for it."""
        if self._eof and not self._buffer:
            self._close(now)
            return
        self._phase = _HEAD
        self.deadline = now + self._worker.idle_seconds
        if not self._reading:
            self._read_on()
        # Through TLS, reading on may have brought the next request already.
        if self._phase == _HEAD and self._buffer and not self._reading_heads:
            data, self._buffer = self._buffer, b""
            self._read_heads(data)

    # The end

    def drain(self, deadline: float) -> None:
        """Close by ``deadline``, or with the end of the request that is being answered."""
        if self._phase == _HEAD and self._exchange is None and not self._buffer:
            self.deadline = min(self.deadline, deadline)

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    def expired(self, now: float) -> None:
        """The client took too long."""
        phase = self._phase
        if phase == _HEAD and self._buffer:
            self._refuse(408, "the head did not come in time", len(self._buffer))
        elif phase == _ENDING or self._full or self._transport.get_write_buffer_size():
            self._give_up()
        elif phase == _HEAD:
            self._close(now)
        elif phase == _CONTENT and self._exchange is not None:
            self._exchange.refuse_content(408, "the content did not come in time")

    def _give_up(self) -> None:
        """Close, as the client does not take what it is sent."""
        self._phase = _ENDING
        if self._exchange is not None:
            self._exchange.client_lost("the client did not take what was sent in time")
        drop(self._transport)

    def _close(self, now: float) -> None:
        """Close after what is still to be sent."""
        if self._buffer:
            # Closing with something unread makes a reset, which could overtake the response.
            self._linger()
            return
        self._phase = _ENDING
        self.deadline = now + self._worker.serving.timeouts.send
        self._transport.close()

    def _linger(self) -> None:
        """Say that no more comes, and drop what the client still sends for a while."""
        self._phase = _ENDING
        self._buffer = b""
        # What is still to be sent may take as long as any other sending.
        unsent = self._transport.get_write_buffer_size()
        self.deadline = monotonic() + (self._worker.serving.timeouts.send if unsent else LINGER)
        self._transport.write_eof()
        self._resume()

    def _read_on(self) -> None:
        """Read, unless the exchange holds content back or enough of further requests is there."""
        if not self._held and len(self._buffer) <= MOST_AHEAD:
            self._resume()

    def _pause(self) -> None:
        if self._reading:
            self._reading = False
            self._transport.pause_reading()

    def _resume(self) -> None:
        if not self._reading:
            self._reading = True
            self._transport.resume_reading()
