# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The netlink of netfilter (linux/netfilter/nfnetlink.h): listings, and batches as transactions."""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Sequence

from .._converge.errors import Unavailable
from . import netlink

NETLINK_NETFILTER = 12
ANY_FAMILY = 0

_BATCH_BEGIN, _BATCH_END, _BATCH_GENID = 0x10, 0x11, 1
_SNDBUFFORCE, _RCVBUFFORCE = 32, 33  # asm-generic/socket.h

_GENERIC = struct.Struct(">BBH")
_GENERATION = struct.Struct(">I")
_BODY = netlink.HEADER.size + _GENERIC.size
_RECEIVE = 256 * 1024
_TIMEOUT = 30.0
_STALE = (errno.ENOENT, errno.EEXIST, errno.EINTR, errno.ERESTART, errno.EBUSY)


class Message(NamedTuple):
    """One request: the subsystem's number for it, NLM_F flags, address family, attributes."""

    kind: int
    flags: int
    family: int
    attributes: bytes


class Interrupted(Exception):
    """What was being listed changed meanwhile: list it again."""


class NetfilterRefused(Exception):
    """The kernel's no; str() is the reason. After a batch, nothing of it was done.

    ``number`` is the errno, ``message`` the one that was refused, None for the batch as such.
    ``stale`` tells whether somebody may have changed the tables since they were read.
    """

    def __init__(self, number: int, reason: str = "", message: Optional[Message] = None) -> None:
        super().__init__(os.strerror(number) + (": " + reason if reason else ""))
        self.number = number
        self.message = message
        self.stale = number in _STALE


class Nfnetlink:
    """A socket on one subsystem of netfilter, in the namespace where it was opened."""

    def __init__(self, subsystem: int) -> None:
        """Open the socket; raises Unavailable when the kernel has no netfilter netlink."""
        self._subsystem = subsystem
        try:
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        except OSError as error:
            raise Unavailable(
                "netfilter cannot be reached: %s (module nfnetlink)" % error.strerror
            ) from None
        self._socket.bind((0, 0))
        self._socket.settimeout(_TIMEOUT)
        for option in (netlink.EXT_ACK, netlink.CAP_ACK):
            self._socket.setsockopt(netlink.SOL_NETLINK, option, 1)
        self._sequence = 0

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Nfnetlink:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def dump(self, message: Message) -> List[bytes]:
        """Return the attributes of each entry that a listing gives.

        Raises Interrupted when entries changed meanwhile, and NetfilterRefused.
        """
        self._send(message._replace(flags=message.flags | netlink.DUMP))
        return list(self._answers())

    def get(self, message: Message) -> Optional[bytes]:
        """Return the attributes of one entry, None without it; raises NetfilterRefused."""
        self._send(message._replace(flags=message.flags | netlink.ACK))
        try:
            return next(self._answers(), None)
        except NetfilterRefused as error:
            if error.number == errno.ENOENT:
                return None
            raise
        finally:
            self._drop_answers()

    def do(self, message: Message) -> None:
        """Have one request carried out; raises NetfilterRefused."""
        self._send(message._replace(flags=message.flags | netlink.ACK))
        for _attributes in self._answers():
            continue

    def commit(self, messages: Sequence[Message], generation: int) -> None:
        """Carry out all messages as one transaction, or, raising NetfilterRefused, none.

        ``generation`` is that of the ruleset that the messages were made for: the kernel refuses
        (ERESTART) when it has another by now. 0 stands for any.
        """
        first = self._sequence + 1
        asked = generation.to_bytes(4, "big")
        begin = netlink.attribute(_BATCH_GENID, asked) if generation else b""
        data = [self._mark(_BATCH_BEGIN, begin)]
        subsystem = self._subsystem << 8
        pack, request = netlink.HEADER.pack, netlink.REQUEST
        sequence = first
        for kind, flags, family, attributes in messages:
            sequence += 1
            size = _BODY + len(attributes)
            data.append(
                pack(size, subsystem | kind, flags | request, sequence, 0)
                + _GENERIC.pack(family, 0, 0)
                + attributes
            )
        self._sequence = sequence
        data.append(self._mark(_BATCH_END, b""))
        whole = b"".join(data)
        self._make_room(len(whole))
        self._socket.sendall(whole)
        # By now the kernel has said what it has to say: there is nothing to wait for.
        self._socket.setblocking(False)
        try:
            self._raise_complaint(dict(enumerate(messages, first + 1)))
        finally:
            self._socket.settimeout(_TIMEOUT)

    def _mark(self, kind: int, attributes: bytes) -> bytes:
        self._sequence += 1
        body = _GENERIC.pack(ANY_FAMILY, 0, self._subsystem) + attributes
        return netlink.message(kind, netlink.REQUEST, self._sequence, body)

    def _make_room(self, size: int) -> None:
        # The kernel takes a batch in one piece, and answers every message it refuses.
        self._socket.setsockopt(socket.SOL_SOCKET, _SNDBUFFORCE, max(size + 4096, 1 << 18))
        self._socket.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, 1 << 20)

    def _raise_complaint(self, messages: Dict[int, Message]) -> None:
        """Raise the first refusal of a batch."""
        refused: Optional[NetfilterRefused] = None
        while True:
            try:
                data = self._socket.recv(_RECEIVE)
            except BlockingIOError:
                break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
                refused = refused or NetfilterRefused(errno.ENOBUFS, "too many complaints")
                continue
            for kind, flags, sequence, payload in netlink.messages(data):
                if refused is not None or kind != netlink.ERROR:
                    continue
                number, reason = netlink.complaint(kind, flags, payload)
                if number:
                    refused = NetfilterRefused(number, reason, messages.get(sequence))
        if refused is not None:
            raise refused

    def _send(self, message: Message) -> None:
        self._sequence += 1
        body = _GENERIC.pack(message.family, 0, 0) + message.attributes
        kind = self._subsystem << 8 | message.kind
        flags = message.flags | netlink.REQUEST
        self._socket.send(netlink.message(kind, flags, self._sequence, body))

    def _answers(self) -> Iterator[bytes]:
        """Yield the attributes in the answers to the last request, up to its end."""
        while True:
            for kind, flags, sequence, payload in netlink.messages(self._socket.recv(_RECEIVE)):
                if sequence != self._sequence:
                    continue
                if flags & netlink.DUMP_INTERRUPTED:
                    self._drop_answers()
                    raise Interrupted
                if kind in (netlink.ERROR, netlink.DONE):
                    number, reason = netlink.complaint(kind, flags, payload)
                    if number == errno.EINTR:
                        raise Interrupted
                    if number:
                        raise NetfilterRefused(number, reason)
                    return
                yield payload[_GENERIC.size :]

    def _drop_answers(self) -> None:
        """Forget the rest of the answers: they carry a number that nobody waits for."""
        self._sequence += 1
