# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How h11 and httptools read a response, as clients."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import h11
import httptools


@dataclass
class Answer:
    """A final response as a parser understood it."""

    status: int = 0
    content: bytes = b""
    complete: bool = False
    complaint: str | None = None


ResponseOracle = Callable[[bytes, bytes], Answer]


def read_with_h11(raw: bytes, method: bytes) -> Answer:
    """Read one final response, after which the connection is closed, to a request of ``method``."""
    answer = Answer()
    connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=65_536)
    connection.send(h11.Request(method=method, target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    try:
        connection.receive_data(raw)
        connection.receive_data(b"")
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Response):
                answer.status = event.status_code
            elif isinstance(event, h11.Data):
                answer.content += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                answer.complete = True
                return answer
            elif not isinstance(event, h11.InformationalResponse):
                return answer
    except h11.ProtocolError as error:
        answer.complaint = str(error)
        return answer


class _Collector:
    """What httptools calls back."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.parser: httptools.HttpResponseParser | None = None

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        self.answer.status = self.parser.get_status_code()

    def on_body(self, body: bytes) -> None:
        if not self.answer.complete:
            self.answer.content += body

    def on_message_complete(self) -> None:
        self.answer.complete = True


def read_with_httptools(raw: bytes, method: bytes) -> Answer:
    """Read one response to a request that is not HEAD, of which httptools cannot be told."""
    assert method != b"HEAD"
    answer = Answer()
    collector = _Collector(answer)
    parser = collector.parser = httptools.HttpResponseParser(collector)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        pass
    except httptools.HttpParserError as error:
        answer.complaint = f"{type(error).__name__}: {error}"
    return answer


ORACLES: dict[str, ResponseOracle] = {"h11": read_with_h11, "httptools": read_with_httptools}
