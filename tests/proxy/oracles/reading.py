# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How h11 and httptools read the bytes of a client's connection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import h11
import httptools


@dataclass
class Message:
    """A request as a parser understood it."""

    method: bytes
    target: bytes
    fields: list[tuple[bytes, bytes]]
    content: bytes = b""

    def key(self) -> tuple[bytes, bytes, bytes]:
        """Return what has to be the same for every parser."""
        return self.method, self.target, self.content


@dataclass
class Reading:
    """Complete requests in order, and the complaint about what followed them."""

    messages: list[Message] = field(default_factory=list)
    complaint: str | None = None
    upgraded: bool = False
    """Whether the parser stopped at a request that asks for another protocol."""


Oracle = Callable[[bytes], Reading]


def read_with_h11(raw: bytes) -> Reading:
    """Read as a server made with h11 does, answering each request at once."""
    reading = Reading()
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=65_536)
    connection.receive_data(raw)
    message: Message | None = None
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                message = Message(event.method, event.target, list(event.headers))
            elif isinstance(event, h11.Data) and message is not None:
                message.content += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage) and message is not None:
                reading.messages.append(message)
                connection.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return reading
                connection.start_next_cycle()
            else:
                return reading
    except h11.ProtocolError as error:
        reading.complaint = str(error)
        return reading


class _Collector:
    """What httptools calls back."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.message = Message(b"", b"", [])
        self.parser: httptools.HttpRequestParser | None = None

    def on_message_begin(self) -> None:
        self.message = Message(b"", b"", [])

    def on_url(self, url: bytes) -> None:
        self.message.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.message.fields.append((name, value))

    def on_headers_complete(self) -> None:
        assert self.parser is not None
        self.message.method = self.parser.get_method()

    def on_body(self, body: bytes) -> None:
        self.message.content += body

    def on_message_complete(self) -> None:
        self.reading.messages.append(self.message)


def read_with_httptools(raw: bytes) -> Reading:
    """Read as a server made with httptools (llhttp) does."""
    reading = Reading()
    collector = _Collector(reading)
    parser = collector.parser = httptools.HttpRequestParser(collector)
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        reading.upgraded = True
    except httptools.HttpParserError as error:
        reading.complaint = f"{type(error).__name__}: {error}"
    return reading


ORACLES: dict[str, Oracle] = {"h11": read_with_h11, "httptools": read_with_httptools}
