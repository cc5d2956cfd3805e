# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a certificate authority finds when it validates, without a proxy."""

from __future__ import annotations

import http.server
import socketserver
import ssl
import threading
from pathlib import Path

from sluice_proxy.acme.validation.tls_alpn import PROTOCOL

from running.closing import Closing


class ChallengeResponder(Closing):
    """Servers on loopback for http-01 and tls-alpn-01.

    ``http`` has what is answered by path; what TLS shows is told by ``show``.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.http: dict[str, bytes] = {}
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._servers = [self._http_server(), self._tls_server()]
        self.http_port, self.tls_port = (one.server_address[1] for one in self._servers)
        for server in self._servers:
            server.daemon_threads = True
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _http_server(self) -> socketserver.ThreadingTCPServer:
        answers = self.http

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                content = answers.get(self.path)
                self.send_response(404 if content is None else 200)
                self.end_headers()
                self.wfile.write(content or b"")

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def _tls_server(self) -> socketserver.ThreadingTCPServer:
        choose = self._choose

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.sni_callback = choose
                context.set_alpn_protocols([PROTOCOL])
                try:
                    with context.wrap_socket(self.request, server_side=True) as connection:
                        connection.recv(1)
                except OSError:
                    # The authority tells what it thinks of it.
                    return

        return socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)

    def show(self, name: str, chain: bytes, key: bytes) -> None:
        """Show a certificate (PEM) to who asks for a name by its ALPN."""
        files = [self._folder / f"{name}.{kind}" for kind in ("pem", "key")]
        for file, content in zip(files, (chain, key), strict=True):
            file.write_bytes(content)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols([PROTOCOL])
        context.load_cert_chain(*files)
        self._contexts[name] = context

    def _choose(self, connection: ssl.SSLObject, name: str, default: ssl.SSLContext) -> int | None:
        context = self._contexts.get(name)
        if context is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = context
        return None

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()
