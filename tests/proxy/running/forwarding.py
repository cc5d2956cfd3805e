# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A port of this machine that leads to a socket file, as ``ssh -L PORT:FILE`` makes one."""

from __future__ import annotations

import selectors
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def forwarded(path: Path) -> Iterator[int]:
    """Give the port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as far:
                far.connect(str(path))
                _relay(self.request, far)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        # A browser keeps connections that it may need again.
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def _relay(near: socket.socket, far: socket.socket) -> None:
    with selectors.DefaultSelector() as ready:
        for one, other in ((near, far), (far, near)):
            ready.register(one, selectors.EVENT_READ, other)
        while True:
            for key, _events in ready.select():
                data = key.fileobj.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                key.data.sendall(data)
