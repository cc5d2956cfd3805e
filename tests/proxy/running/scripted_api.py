# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers commands as a test tells it to, over a unix socket or over TLS."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from running.closing import Closing


@dataclass
class Asked:
    """One request; ``fields`` have names in lower case."""

    method: str
    target: str
    fields: dict[str, str]
    body: Any


@dataclass
class Told:
    """One answer; a ``body`` that is no bytes is told as JSON."""

    body: Any = b""
    status: int = 200
    fields: dict[str, str] = field(default_factory=dict)


Answering = Callable[[Asked], Told]


class _Quiet(socketserver.ThreadingMixIn, socketserver.BaseServer):
    daemon_threads = True

    def handle_error(self, *unused: Any) -> None:
        """A client that does not trust the certificate is gone."""


class _Unix(_Quiet, socketserver.UnixStreamServer):
    pass


class _Tcp(_Quiet, socketserver.TCPServer):
    pass


class ScriptedApi(Closing):
    """Answers what ``answering`` returns; ``asked`` has the requests."""

    def __init__(
        self, answering: Answering, folder: Path, context: ssl.SSLContext | None = None
    ) -> None:
        self.asked: list[Asked] = []
        self.answering = answering
        self.socket = str(folder / "admin.sock")
        handler = self._handler()
        if context is None:
            self._server: socketserver.BaseServer = _Unix(self.socket, handler)
        else:
            server = _Tcp(("127.0.0.1", 0), handler)
            server.socket = context.wrap_socket(server.socket, server_side=True)
            self.port = server.server_address[1]
            self._server = server
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                content = self.rfile.read(int(self.headers.get("content-length", 0)))
                asked = Asked(
                    self.command,
                    self.path,
                    {name.lower(): value for name, value in self.headers.items()},
                    json.loads(content) if content else None,
                )
                api.asked.append(asked)
                told = api.answering(asked)
                body = told.body if isinstance(told.body, bytes) else json.dumps(told.body).encode()
                self.send_response(told.status)
                for name, value in told.fields.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def __getattr__(self, name: str) -> Any:
                # One for each method, as the library looks for them.
                if name.startswith("do_"):
                    return self.handle_any
                raise AttributeError(name)

            def address_string(self) -> str:
                return "client"

            def log_message(self, *unused: Any) -> None:
                pass

        return Handler
