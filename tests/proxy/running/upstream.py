# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Upstreams: a thread for each connection, and a script for what is said on it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable

from running.closing import Closing

Script = Callable[["Conversation"], None]


class Conversation:
    """One connection of the proxy, as an upstream sees it."""

    def __init__(self, upstream: Upstream, sock: socket.socket) -> None:
        self.upstream = upstream
        self.socket = sock
        self._buffer = bytearray()

    def read_until(self, end: bytes) -> bytes:
        """Return what comes up to and with ``end``; what came of it when the connection ends."""
        while (place := self._buffer.find(end)) < 0:
            if not self._more():
                return self.rest_of_reading()
        return self._taken(place + len(end))

    def read_exactly(self, size: int) -> bytes:
        """Return ``size`` bytes, or fewer when the connection ends."""
        while len(self._buffer) < size and self._more():
            pass
        return self._taken(size)

    def read_head(self) -> bytes:
        """Return the head of a request; nothing when no more come."""
        return self.read_until(b"\r\n\r\n")

    def read_request(self) -> bytes:
        """Return a whole request and note it; nothing when no more come."""
        head = self.read_head()
        if not head:
            return b""
        lower = head.lower()
        content = b""
        if b"\r\ntransfer-encoding: chunked\r\n" in lower:
            content = self.read_chunked()
        elif b"\r\ncontent-length: " in lower:
            length = lower.split(b"\r\ncontent-length: ")[1].split(b"\r\n")[0]
            content = self.read_exactly(int(length))
        self.upstream.requests.append(head + content)
        return head + content

    def read_chunked(self) -> bytes:
        """Return chunks as they are, with the last one and the trailer section."""
        content = b""
        while True:
            line = self.read_until(b"\r\n")
            content += line
            if not line:
                raise ConnectionResetError("the proxy closed within a request")
            size = int(line.split(b";")[0], 16)
            if not size:
                break
            content += self.read_exactly(size + 2)
        while line != b"\r\n":
            line = self.read_until(b"\r\n")
            content += line
            if not line.endswith(b"\r\n"):
                raise ConnectionResetError("the proxy closed within a request")
        return content

    def rest_of_reading(self) -> bytes:
        """Return what was read but not asked for: the first of what follows."""
        return self._taken(len(self._buffer))

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def answer(self, body: bytes = b"ok", fields: bytes = b"") -> None:
        """Send a good response."""
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n%b" % (len(body), fields, body))

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except OSError:
            return False
        self._buffer += data
        return bool(data)

    def _taken(self, size: int) -> bytes:
        found = bytes(self._buffer[:size])
        del self._buffer[:size]
        return found


def answer_all(conversation: Conversation) -> None:
    """Answer every request."""
    while conversation.read_request():
        conversation.answer()


def answer_all_through(context: ssl.SSLContext) -> Script:
    """Return a script that answers every request through TLS, but of whom ``context`` refuses."""

    def script(conversation: Conversation) -> None:
        try:
            conversation.socket = context.wrap_socket(conversation.socket, server_side=True)
        except ssl.SSLError:
            return
        with conversation.socket:
            answer_all(conversation)

    return script


class Upstream(Closing):
    """Listens, and plays ``script`` on every connection."""

    def __init__(self, script: Script = answer_all, path: str | None = None) -> None:
        if path is None:
            self._listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
            self.port = self._listening.getsockname()[1]
        else:
            self._listening = socket.socket(socket.AF_UNIX)
            self._listening.bind(path)
            self._listening.listen()
        self.script = script
        self.requests: list[bytes] = []
        """The requests that were read, heads and content."""
        self.connections = 0
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is, for a route's targets."""
        return f"http://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                sock, _unused = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._sockets.append(sock)
            threading.Thread(target=self._play, args=(sock,), daemon=True).start()

    def _play(self, sock: socket.socket) -> None:
        # The proxy may close at any time, and tests close what they have done with.
        with contextlib.suppress(OSError), sock:
            self.script(Conversation(self, sock))

    def drop_connections(self) -> None:
        """Close every connection."""
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Listen no more, and close every connection."""
        # A thread that waits in accept would keep the socket open.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.drop_connections()
