# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that sends any bytes, and reads responses by the letter."""

from __future__ import annotations

import socket
from dataclasses import dataclass, field

from running.closing import Closing


@dataclass
class Response:
    """One response."""

    status: int
    fields: list[tuple[str, str]] = field(default_factory=list)
    """Names in lower case."""
    content: bytes = b""
    """Without the chunked coding."""
    trailers: bytes = b""

    def __getitem__(self, name: str) -> str:
        """Return the value of the only field of that name."""
        (value,) = [value for key, value in self.fields if key == name]
        return value

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _unused in self.fields)


class Client(Closing):
    """One connection to the proxy."""

    def __init__(self, place: tuple[str, int] | str | socket.socket, timeout: float = 10) -> None:
        if isinstance(place, socket.socket):
            self.socket = place
        elif isinstance(place, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.connect(place)
        else:
            self.socket = socket.create_connection(place)
        self.socket.settimeout(timeout)
        self._buffer = bytearray()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def get(self, path: str = "/", host: str = "a", fields: str = "") -> Response:
        """Ask for a path."""
        self.send(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode("latin-1"))
        return self.response()

    def response(self, method: str = "GET") -> Response:
        """Read one response, interim or final."""
        status, fields = self.head()
        response = Response(status, fields)
        if status < 200 or status in (204, 304) or method == "HEAD":
            return response
        if ("transfer-encoding", "chunked") in fields:
            self._read_chunks(response)
        elif "content-length" in response:
            response.content = self.exactly(int(response["content-length"]))
        else:
            response.content = self.rest()
        return response

    def head(self) -> tuple[int, list[tuple[str, str]]]:
        """Read the head of a response."""
        head = self.until(b"\r\n\r\n").decode("latin-1")
        status_line, *lines = head[:-4].split("\r\n")
        assert status_line.startswith("HTTP/1.1 "), status_line
        pairs = [line.split(":", 1) for line in lines]
        return int(status_line[9:12]), [(name.lower(), value.strip()) for name, value in pairs]

    def _read_chunks(self, response: Response) -> None:
        while size := int(self.until(b"\r\n").split(b";")[0], 16):
            response.content += self.exactly(size)
            assert self.exactly(2) == b"\r\n"
        while (line := self.until(b"\r\n")) != b"\r\n":
            response.trailers += line

    def until(self, end: bytes) -> bytes:
        """Return what comes up to and with ``end``; raises EOFError."""
        while (place := self._buffer.find(end)) < 0:
            self._more()
        return self._taken(place + len(end))

    def exactly(self, size: int) -> bytes:
        """Return ``size`` bytes; raises EOFError."""
        while len(self._buffer) < size:
            self._more()
        return self._taken(size)

    def rest_of_reading(self) -> bytes:
        """Return what was read but not asked for: the first of what follows."""
        return self._taken(len(self._buffer))

    def rest(self) -> bytes:
        """Return all that comes until the proxy closes."""
        try:
            while True:
                self._more()
        except EOFError:
            return self.rest_of_reading()

    def is_closed(self) -> bool:
        """Wait for the proxy to close, and return whether it sent nothing before."""
        try:
            return self.rest() == b""
        except ConnectionResetError:
            return True

    def _more(self) -> None:
        data = self.socket.recv(262_144)
        if not data:
            raise EOFError(f"the proxy closed after {bytes(self._buffer[:200])!r}")
        self._buffer += data

    def _taken(self, size: int) -> bytes:
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found

    def end_sending(self) -> None:
        """Send no more, but read on."""
        self.socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()
