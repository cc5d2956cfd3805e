# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Frames on and off the wire at set moments."""

from __future__ import annotations

import select
import socket
import time
from contextlib import ExitStack
from typing import Callable, Dict, Iterable, NamedTuple, Optional

_ETH_P_NONE = 0
_FRAME_BYTES = 2048
_RECEIVE_BYTES = 4 << 20


Hear = Callable[[str, bytes], None]
"""Gets the interface and each frame that arrives on it."""


class Departure(NamedTuple):
    """A frame that leaves ``interface`` so many seconds after the start."""

    offset: float
    interface: str
    frame: bytes


class Wire:
    """Packet sockets (packet(7)) on some interfaces, one each, closed together.

    ``protocol`` is the Ethernet type that is heard; 0 hears nothing.
    """

    def __init__(self, interfaces: Iterable[str], protocol: int = _ETH_P_NONE) -> None:
        self._stack = ExitStack()
        self._sockets: Dict[str, socket.socket] = {}
        self._names: Dict[socket.socket, str] = {}
        try:
            for interface in sorted(set(interfaces)):
                opened = self._stack.enter_context(_open(interface, protocol))
                self._sockets[interface] = opened
                self._names[opened] = interface
        except OSError:
            self._stack.close()
            raise

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stack.close()

    def run(
        self, departures: Iterable[Departure], until: float = 0.0, hear: Optional[Hear] = None
    ) -> None:
        """Send each frame when it is due, then go on until ``until`` seconds have passed.

        The process sleeps in between.
        """
        start = time.monotonic()
        for departure in sorted(departures):
            self._wait(start + departure.offset, hear)
            self._sockets[departure.interface].send(departure.frame)
        self._wait(start + until, hear)

    def _wait(self, moment: float, hear: Optional[Hear]) -> None:
        listening = [] if hear is None else list(self._names)
        while True:
            left = max(0.0, moment - time.monotonic())
            for ready in select.select(listening, [], [], left)[0]:
                frame = ready.recv(_FRAME_BYTES)
                if hear is not None:
                    hear(self._names[ready], frame)
            if time.monotonic() >= moment:
                return


def _open(interface: str, protocol: int) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
    try:
        if protocol:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BYTES)
        opened.bind((interface, protocol))
    except OSError:
        opened.close()
        raise
    return opened
