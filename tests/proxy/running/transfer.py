# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Large content, sent as fast as it goes and taken at a pace."""

from __future__ import annotations

import socket
import time

_ZEROS = memoryview(bytes(1024 * 1024))


def send(sock: socket.socket, size: int) -> None:
    """Send ``size`` bytes as fast as they are taken."""
    while size:
        piece = _ZEROS[:size]
        sock.sendall(piece)
        size -= len(piece)


def take_slowly(sock: socket.socket, size: int, pace: float, before: float) -> None:
    """Take ``size`` bytes, ``pace`` of them a second at most, nothing in the first ``before`` s."""
    time.sleep(before)
    begin = time.monotonic()
    buffer = bytearray(256 * 1024)
    taken = 0
    while taken < size:
        ahead = taken / pace - (time.monotonic() - begin)
        if ahead > 0:
            time.sleep(ahead)
        got = sock.recv_into(buffer, min(len(buffer), size - taken))
        if not got:
            raise EOFError(f"the connection ended after {taken} of {size} bytes")
        taken += got
