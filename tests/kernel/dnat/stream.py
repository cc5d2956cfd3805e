# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A server whose connections stay open: it answers each thing that is said."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netns import network_namespace
from ansible_collections.sluice.edge.tests.kernel.namespaces import Namespace


@contextlib.contextmanager
def streaming(place: Namespace, address: str, port: int) -> Iterator[None]:
    """Serve one connection at an address and port."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with network_namespace(place.name):
        listener = socket.create_server((address, port), family=family)
    listener.settimeout(10)
    answer = ("%s %d" % (address, port)).encode()
    opened: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            one, _sender = listener.accept()
            opened.append(one)
            while one.recv(64):
                one.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        for each in opened:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(15)
        for each in opened:
            each.close()
