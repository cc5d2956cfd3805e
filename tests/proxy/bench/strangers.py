# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that ask for names which nobody permits: ``python -m bench.strangers PORT RATE SECONDS``.

Each comes when it is due with a ClientHello for a name that no other has, and leaves when it is
answered. Prints how many came, and how many of them were told that the name is unknown.
"""

from __future__ import annotations

import json
import selectors
import socket
import ssl
import sys
from time import perf_counter

_NAME = "n{:08}.strangers.example"
_UNKNOWN_NAME = 112
_PATIENCE = 30.0


class Strangers:
    """Clients of one port."""

    def __init__(self, port: int) -> None:
        self._address = ("127.0.0.1", port)
        self._selector = selectors.DefaultSelector()
        self._hello = _hello()
        self._place = self._hello.index(_NAME.format(0).encode())
        self.came = 0
        self.told = 0

    def come(self) -> None:
        """Have one more client."""
        name = _NAME.format(self.came).encode()
        end = self._place + len(name)
        sock = socket.create_connection(self._address)
        sock.sendall(self._hello[: self._place] + name + self._hello[end:])
        self._selector.register(sock, selectors.EVENT_READ)
        self.came += 1

    def leave(self, seconds: float) -> None:
        """Have those leave that are answered within so many seconds."""
        for key, _events in self._selector.select(max(0.0, seconds)):
            sock = key.fileobj
            assert isinstance(sock, socket.socket)
            alert = sock.recv(64)
            self.told += alert[:1] == b"\x15" and alert[-1] == _UNKNOWN_NAME
            self._selector.unregister(sock)
            sock.close()

    @property
    def waiting(self) -> int:
        """How many are not answered yet."""
        return len(self._selector.get_map())


def _hello() -> bytes:
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(
        ssl.MemoryBIO(), outgoing, server_hostname=_NAME.format(0)
    )
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a client alone shook hands")


def main() -> None:
    """Come, and print what came of it."""
    port, rate, seconds = map(int, sys.argv[1:4])
    strangers = Strangers(port)
    begin = perf_counter()
    while strangers.came < rate * seconds:
        until_due = begin + strangers.came / rate - perf_counter()
        if until_due <= 0:
            strangers.come()
        strangers.leave(until_due)
    end = perf_counter()
    while strangers.waiting and perf_counter() < end + _PATIENCE:
        strangers.leave(1.0)
    found = {"came": strangers.came, "told": strangers.told, "began": begin, "ended": end}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
