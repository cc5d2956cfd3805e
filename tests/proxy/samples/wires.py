# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands for the loop and for HTTP around one TLS connection in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class TlsWire:
    """Stands for the transport of the loop."""

    def __init__(self) -> None:
        self.sent = b""
        self.reading = True
        self.ended = self.closed = self.aborted = False

    def write(self, data: bytes) -> None:
        # uvloop takes not even nothing after the end.
        assert not self.ended, data
        self.sent += data

    def pause_reading(self) -> None:
        self.reading = False

    def resume_reading(self) -> None:
        self.reading = True

    def write_eof(self) -> None:
        self.ended = True

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.closed = self.aborted = True

    def is_closing(self) -> bool:
        return self.closed


class Inside:
    """What is inside the connection; ``on_data`` does something when data come."""

    def __init__(self) -> None:
        self.transport: Any = None
        self.received: list[bytes] = []
        self.ends = 0
        self.lost = False
        self.stays_open = True
        self.on_data: Callable[[], None] = lambda: None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received.append(data)
        self.on_data()

    def eof_received(self) -> bool:
        self.ends += 1
        return self.stays_open

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True

    def pause_writing(self) -> None:
        raise AssertionError

    def resume_writing(self) -> None:
        raise AssertionError
