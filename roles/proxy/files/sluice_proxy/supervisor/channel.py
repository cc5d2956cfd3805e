# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Messages between the supervisor and one worker: a socket pair that keeps their bounds.

A message is a small mapping of JSON, with payloads of any size and sockets beside it. Payloads
travel in memory files, so that a large snapshot is one message and blocks nobody.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .reserve import Reserve

MOST_DESCRIPTORS = 250
"""Sockets and payloads of one message; the kernel takes 253 (SCM_MAX_FD)."""
_MOST_HEADER = 64 * 1024
_MOST_WAITING = 64


@dataclass(frozen=True, slots=True)
class Message:
    """``kind`` says what it is; ``values`` are JSON; who gets ``sockets`` has to close them.

    ``cut`` says that there were no descriptors left for payloads and sockets: it has neither.
    """

    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    payloads: tuple[bytes, ...] = ()
    sockets: tuple[socket.socket, ...] = ()
    cut: bool = False


def channel_pair() -> tuple[socket.socket, socket.socket]:
    """Return two connected ends; neither is inherited by programs that are started."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Channel:
    """One end, on the running loop. ``received`` and ``closed`` are called from the loop.

    ``reserve`` is what messages may use when there are no other descriptors.
    """

    def __init__(
        self,
        end: socket.socket,
        received: Callable[[Message], None],
        closed: Callable[[], None],
        reserve: Reserve | None = None,
    ) -> None:
        end.setblocking(False)
        self._reserve = reserve or Reserve(0)
        self._end = end
        self._received = received
        self._closed = closed
        self._loop = asyncio.get_running_loop()
        self._outgoing: deque[tuple[bytes, list[int]]] = deque()
        self._open = True
        self._loop.add_reader(end, self._read)

    def fileno(self) -> int:
        """Return the descriptor of this end."""
        return self._end.fileno()

    @property
    def behind(self) -> bool:
        """Whether the other end does not keep up, or is gone."""
        return not self._open or len(self._outgoing) > _MOST_WAITING

    def send(
        self,
        kind: str,
        values: dict[str, Any] | None = None,
        payloads: Sequence[bytes] = (),
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        """Send a message, now or as soon as the other end reads; sockets stay open here.

        Raises ValueError for what is too much for one message, and OSError without descriptors.
        """
        if not self._open:
            return
        if len(payloads) + len(sockets) > MOST_DESCRIPTORS:
            raise ValueError(
                f"{len(sockets)} sockets for one worker: {MOST_DESCRIPTORS} are the most"
            )
        header = {"kind": kind, "payloads": len(payloads), "values": values or {}}
        data = json.dumps(header).encode()
        if len(data) > _MOST_HEADER:
            raise ValueError(f"a message of {len(data)} bytes: put what is large into a payload")
        if payloads or sockets:
            with self._reserve.lent():
                self._put(data, _descriptors(payloads, sockets))
        else:
            self._put(data, [])

    def _put(self, data: bytes, descriptors: list[int]) -> None:
        self._outgoing.append((data, descriptors))
        if len(self._outgoing) == 1:
            self._write()

    def drain_incoming(self) -> None:
        """Take what has come and was not read yet, after the other end is gone."""
        if self._open:
            self._read()

    def close(self) -> None:
        """Close this end; ``closed`` is not called."""
        if self._open:
            self._forget()
            self._end.close()

    def _write(self) -> None:
        while self._outgoing:
            data, descriptors = self._outgoing[0]
            try:
                socket.send_fds(self._end, [data], descriptors)
            except BlockingIOError:
                self._loop.add_writer(self._end, self._write)
                return
            except OSError:
                self._lost()
                return
            self._outgoing.popleft()
            _close(descriptors)
        self._loop.remove_writer(self._end)

    def _read(self) -> None:
        while self._open:
            with self._reserve.lent():
                try:
                    data, descriptors, flags, _address = socket.recv_fds(
                        self._end, _MOST_HEADER, MOST_DESCRIPTORS
                    )
                except BlockingIOError:
                    return
                except OSError:
                    data = b""
                if not data:
                    self._lost()
                    return
                message = _message(data, descriptors, cut=bool(flags & socket.MSG_CTRUNC))
            self._received(message)

    def _lost(self) -> None:
        if self._open:
            self.close()
            self._closed()

    def _forget(self) -> None:
        self._open = False
        self._loop.remove_reader(self._end)
        self._loop.remove_writer(self._end)
        while self._outgoing:
            _close(self._outgoing.popleft()[1])


def _message(data: bytes, descriptors: list[int], *, cut: bool) -> Message:
    header = json.loads(data)
    if cut:
        _close(descriptors)
        return Message(header["kind"], header["values"], cut=True)
    count = header["payloads"]
    payloads = tuple(_content(memory) for memory in descriptors[:count])
    sockets = tuple(socket.socket(fileno=number) for number in descriptors[count:])
    return Message(header["kind"], header["values"], payloads, sockets)


def _descriptors(payloads: Sequence[bytes], sockets: Sequence[socket.socket]) -> list[int]:
    made: list[int] = []
    try:
        for payload in payloads:
            made.append(_memory(payload))
        for one in sockets:
            made.append(os.dup(one.fileno()))
    except OSError:
        _close(made)
        raise
    return made


def _memory(payload: bytes) -> int:
    memory = os.memfd_create("payload", os.MFD_CLOEXEC)
    with open(memory, "wb", closefd=False) as file:
        file.write(payload)
    os.lseek(memory, 0, os.SEEK_SET)
    return memory


def _content(memory: int) -> bytes:
    with open(memory, "rb") as file:
        return file.read()


def _close(descriptors: Sequence[int]) -> None:
    for number in descriptors:
        os.close(number)
