# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exchanges of a client that speaks no HTTP/1: streams in memory, with heads as HTTP/2 has them.

What carries a request is behind one seam. Were there anything of HTTP/1 left on the way of a
request from its head onwards, a stream that has no text could not drive it.
"""

from __future__ import annotations

from time import monotonic

from running.memory import Plane
from running.proxy import to
from sluice_proxy.http.chunked import LAST_CHUNK, ChunkedDecoder, encode_chunk
from sluice_proxy.http.forwarding import ClientSide, ResponsePolicy
from sluice_proxy.http.pseudo_fields import request_from_fields
from sluice_proxy.http.response_head import ResponseHead
from sluice_proxy.proxy_protocol import Command, ProxyHeader
from sluice_proxy.routes.model.policies import TlsPolicy
from sluice_proxy.worker.exchange import Exchange

TARGET = "http://127.0.0.1:9"
SIDE = ClientSide("192.0.2.9", "https", 443)
PAGE = "listen: ['127.0.0.1:1']\nroutes: [{name: p, page: {content: hi}}]\n"


class Stream:
    """One request of a connection that carries many at a time."""

    tls_policy: TlsPolicy | None = None
    side = SIDE
    addresses = ProxyHeader(Command.LOCAL)

    def __init__(
        self, plane: Plane, method: bytes = b"GET", path: bytes = b"/", *, ended: bool = True
    ) -> None:
        self._plane = plane
        self.statuses: list[int] = []
        self.content = b""
        self.trailers: list[bytes] = []
        self.ended = self.over = self.was_cut = self.held = False
        self.content_bytes = 0
        self._decoder: ChunkedDecoder | None = None
        head = request_from_fields(method, b"https", b"a.example", path, [], ended=ended)
        self.exchange = Exchange(plane.worker, self, head, monotonic(), 100)
        self.exchange.begin(b"", ended)

    # The client

    def data(self, content: bytes, *, ended: bool = False) -> None:
        """Let content come, as a DATA frame brings it."""
        self.content_bytes += len(content)
        framed = encode_chunk(content) if content else b""
        self.exchange.content(framed + LAST_CHUNK if ended else framed, ended)

    # ClientStream

    def interim(self, head: ResponseHead) -> None:
        self.statuses.append(head.status)

    def respond(
        self, head: ResponseHead, policy: ResponsePolicy, content: bytes, ended: bool
    ) -> int:
        self.statuses.append(head.status)
        self._decoder = ChunkedDecoder() if head.chunked else None
        return self.relay(content, ended)

    def relay(self, content: bytes, ended: bool) -> int:
        if self._decoder is not None:
            pieces, _end = self._decoder.feed(content)
            content = b"".join(pieces)
        self.content += content
        self.ended = self.ended or ended
        return len(content)

    def answer(self, status: int, body: bytes, fields: list[tuple[bytes, bytes]]) -> int:
        self.statuses.append(status)
        self.content, self.ended = body, True
        return len(body)

    def switch(self, head: ResponseHead, policy: ResponsePolicy) -> int:
        raise AssertionError("HTTP/2 has no 101")

    def end_sending(self) -> None:
        raise AssertionError("nor what comes after it")

    def cut(self) -> None:
        self.was_cut = True

    def hold_content(self) -> None:
        self.held = True

    def resume_content(self) -> None:
        self.held = False

    def exchange_over(self, now: float) -> None:
        assert not self.over
        self.over = True


def nothing_left(plane: Plane) -> bool:
    """Return whether nothing is counted, watched or waited for any more."""
    return not (sum(plane.in_flight()) or plane.worker.deadlines.watched or plane.worker.held)


def test_a_request_goes_to_the_target_and_its_response_comes_back() -> None:
    with Plane(to(TARGET)) as plane:
        stream = Stream(plane, path=b"/x?y=1")
        target = plane.dialled().accept()
        plane.step()
        request = target.take()
        assert request.startswith(b"GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\n")
        assert b"\r\nX-Forwarded-Proto: https\r\n" in request
        assert b"\r\nVia: 2 sluice\r\n" in request
        target.send(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe")
        target.send(b"llo")
        assert (stream.statuses, stream.content, stream.ended) == ([200], b"hello", True)
        assert stream.over
        (line,) = plane.log
        assert (line.status, line.client, line.bytes_out) == (200, "192.0.2.9", 5)
        assert nothing_left(plane)


def test_streams_of_one_connection_do_not_wait_for_each_other() -> None:
    with Plane(to(TARGET)) as plane:
        slow, quick = Stream(plane, path=b"/slow"), Stream(plane, path=b"/quick")
        targets = [plane.dialled().accept() for _unused in range(2)]
        plane.step()
        for target, body in zip(reversed(targets), (b"quick", b"slow"), strict=True):
            target.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            assert quick.content == b"quick"
        assert slow.content == b"slow"
        assert len(plane.log) == 2
        assert nothing_left(plane)


def test_content_of_unknown_length_is_framed_towards_the_target() -> None:
    with Plane(to(TARGET)) as plane:
        stream = Stream(plane, b"PUT", ended=False)
        stream.data(b"early")
        target = plane.dialled().accept()
        plane.step()
        stream.data(b"later")
        stream.data(b"", ended=True)
        request = target.take()
        assert b"\r\nTransfer-Encoding: chunked\r\n" in request
        assert request.endswith(b"\r\n\r\n5\r\nearly\r\n5\r\nlater\r\n0\r\n\r\n")
        target.send(b"HTTP/1.1 204 No Content\r\n\r\n")
        assert (stream.statuses, stream.ended, stream.over) == ([204], True, True)


def test_content_beyond_the_limit_is_refused_without_counting_its_framing() -> None:
    with Plane(to(TARGET, "body_limit: 10B")) as plane:
        stream = Stream(plane, b"PUT", ended=False)
        plane.dialled().accept()
        plane.step()
        stream.data(b"x" * 10)
        assert not stream.over
        stream.data(b"x")
        assert (stream.statuses, stream.over) == ([413], True)
        assert nothing_left(plane)


def test_chunks_of_a_response_are_for_the_stream_to_take_off() -> None:
    with Plane(to(TARGET)) as plane:
        stream = Stream(plane)
        target = plane.dialled().accept()
        plane.step()
        target.send(b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n")
        target.send(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde")
        assert (stream.statuses, stream.content, stream.ended) == ([103, 200], b"abcde", False)
        target.send(b"\r\n0\r\n\r\n")
        assert stream.ended
        # The connection to the target serves the next stream.
        Stream(plane)
        assert target.take().count(b"GET / HTTP/1.1\r\n") == 2


def test_a_stream_that_takes_no_more_holds_back_its_target_alone() -> None:
    with Plane(to(TARGET)) as plane:
        streams = [Stream(plane) for _unused in range(2)]
        targets = [plane.dialled().accept() for _unused in range(2)]
        plane.step()
        for target in targets:
            target.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        streams[0].exchange.client_full()
        for target in targets:
            target.send(b"123456789")
        assert [stream.content for stream in streams] == [b"", b"123456789"]
        streams[0].exchange.client_drained()
        plane.step()
        assert streams[0].content == b"123456789"


def test_a_target_that_takes_no_more_holds_back_its_stream_alone() -> None:
    with Plane(to(TARGET)) as plane:
        stream, other = Stream(plane, b"PUT", ended=False), Stream(plane, b"PUT", ended=False)
        target = plane.dialled().accept(greedy=False)
        plane.dialled().accept()
        plane.step()
        stream.data(b"x" * 200_000)
        other.data(b"x" * 200_000)
        assert (stream.held, other.held) == (True, False)
        target.take()
        assert not stream.held


def test_a_stream_that_is_reset_frees_its_target_and_no_other_one() -> None:
    with Plane(to(TARGET)) as plane:
        stream, other = Stream(plane), Stream(plane)
        targets = [plane.dialled().accept() for _unused in range(2)]
        plane.step()
        stream.exchange.client_lost("the client reset the stream")
        assert [target.aborted for target in targets] == [True, False]
        assert stream.over
        assert plane.log[0].status == 499
        targets[1].send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        assert other.content == b"ok"
        assert nothing_left(plane)


def test_a_response_that_breaks_off_cuts_the_stream() -> None:
    with Plane(to(TARGET)) as plane:
        stream = Stream(plane)
        target = plane.dialled().accept()
        plane.step()
        target.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1234")
        target.lose(ConnectionResetError())
        assert (stream.was_cut, stream.over, stream.ended) == (True, True, False)


def test_what_the_proxy_answers_itself_needs_no_text_either() -> None:
    with Plane(PAGE) as plane:
        stream = Stream(plane)
        assert (stream.statuses, stream.content, stream.over) == ([200], b"hi", True)
        assert nothing_left(plane)
