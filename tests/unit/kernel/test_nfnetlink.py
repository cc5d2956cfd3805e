# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings, single entries and batches over netfilter's netlink, with a socket of paper."""

from __future__ import annotations

import errno
import struct
from typing import Any, List, Tuple

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._kernel import nfnetlink
from ansible_collections.sluice.edge.plugins.module_utils._kernel.nfnetlink import (
    Interrupted,
    Message,
    NetfilterRefused,
    Nfnetlink,
)

ERROR, DONE, INTERRUPTED, CAPPED, ACK_ATTRIBUTES = 2, 3, 0x10, 0x100, 0x200
LISTING = Message(10, 0, 1, b"what")


def datagram(kind: int, sequence: int, payload: bytes, flags: int = 0) -> bytes:
    whole = struct.pack("=IHHII", 16 + len(payload), kind, flags, sequence, 0) + payload
    return whole + b"\0" * (-len(whole) % 4)


def entry(sequence: int, attributes: bytes, flags: int = 0) -> bytes:
    return datagram(10 << 8 | 9, sequence, b"\1\0\0\0" + attributes, flags)


def error(sequence: int, number: int, words: bytes = b"") -> bytes:
    payload = struct.pack("=i", -number) + bytes(16)
    flags = CAPPED
    if words:
        flags |= ACK_ATTRIBUTES
        payload += struct.pack("=HH", 4 + len(words), 1) + words
    return datagram(ERROR, sequence, payload, flags)


def done(sequence: int, number: int = 0) -> bytes:
    return datagram(DONE, sequence, struct.pack("=i", -number))


class PaperSocket:
    """Answers each call of recv with the next of ``answers``; a number is an errno."""

    def __init__(self) -> None:
        self.answers: List[Any] = []
        self.sent: List[List[Tuple[int, int, int, bytes]]] = []

    def bind(self, _address: object) -> None: ...

    def settimeout(self, _seconds: float) -> None: ...

    def setblocking(self, _blocking: bool) -> None: ...

    def setsockopt(self, *_option: object) -> None: ...

    def close(self) -> None: ...

    def send(self, data: bytes) -> None:
        messages = []
        offset = 0
        while offset < len(data):
            length, kind, flags, sequence, _port = struct.unpack_from("=IHHII", data, offset)
            messages.append((kind, flags, sequence, data[offset + 16 : offset + length]))
            offset += (length + 3) & ~3
        self.sent.append(messages)

    sendall = send

    def recv(self, _size: int) -> bytes:
        if not self.answers:
            raise BlockingIOError
        answer = self.answers.pop(0)
        if isinstance(answer, int):
            raise OSError(answer, "said the socket")
        assert isinstance(answer, bytes)
        return answer


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> PaperSocket:
    made = PaperSocket()
    monkeypatch.setattr(nfnetlink.socket, "socket", lambda *_kind: made)
    return made


def test_a_listing_may_come_in_many_datagrams(paper: PaperSocket) -> None:
    paper.answers = [entry(1, b"one ") + entry(1, b"two "), entry(1, b"last"), done(1)]
    assert Nfnetlink(10).dump(LISTING) == [b"one ", b"two ", b"last"]
    (((kind, flags, _sequence, payload),),) = paper.sent
    assert (kind, flags & 0x301) == (10 << 8 | 10, 0x301)
    assert payload == b"\1\0\0\0what"


def test_answers_to_others_are_passed_over(paper: PaperSocket) -> None:
    paper.answers = [entry(7, b"not "), entry(1, b"mine") + done(1)]
    assert Nfnetlink(10).dump(LISTING) == [b"mine"]


@pytest.mark.parametrize(
    "answer", [entry(1, b"one ", INTERRUPTED), entry(1, b"one ") + done(1, errno.EINTR)]
)
def test_an_interrupted_listing_is_no_listing(paper: PaperSocket, answer: bytes) -> None:
    paper.answers = [answer, done(1)]
    with pytest.raises(Interrupted):
        Nfnetlink(10).dump(LISTING)


def test_a_refused_listing_says_why(paper: PaperSocket) -> None:
    paper.answers = [error(1, errno.EPERM)]
    with pytest.raises(NetfilterRefused, match="Operation not permitted") as caught:
        Nfnetlink(10).dump(LISTING)
    assert (caught.value.number, caught.value.stale) == (errno.EPERM, False)


def test_what_is_missing_is_none(paper: PaperSocket) -> None:
    paper.answers = [error(1, errno.ENOENT)]
    assert Nfnetlink(10).get(LISTING) is None


def test_an_acknowledgement_does_not_disturb_the_next_request(paper: PaperSocket) -> None:
    with Nfnetlink(10) as netfilter:
        paper.answers = [entry(1, b"one ")]
        assert netfilter.get(LISTING) == b"one "
        ((_kind, _flags, first, _payload),) = paper.sent[0]
        paper.answers = [error(first, 0)]
        with pytest.raises(BlockingIOError):
            netfilter.get(LISTING)
        ((_kind, _flags, second, _payload),) = paper.sent[1]
        paper.answers = [entry(second + 2, b"two ")]
        assert netfilter.get(LISTING) == b"two "


def test_a_batch_is_one_datagram_for_one_generation(paper: PaperSocket) -> None:
    Nfnetlink(10).commit([LISTING, LISTING._replace(kind=11)], 7)
    ((begin, first, second, end),) = paper.sent
    assert [begin[0], first[0], second[0], end[0]] == [0x10, 10 << 8 | 10, 10 << 8 | 11, 0x11]
    assert begin[3] == b"\0\0\0\x0a" + b"\x08\0\x01\0" + b"\0\0\0\x07"
    assert end[3] == b"\0\0\0\x0a"
    assert [begin[2], first[2], second[2], end[2]] == [1, 2, 3, 4]


def test_a_batch_for_any_generation_names_none(paper: PaperSocket) -> None:
    Nfnetlink(10).commit([LISTING], 0)
    assert paper.sent[0][0][3] == b"\0\0\0\x0a"


def test_the_first_refusal_of_a_batch_names_its_message(paper: PaperSocket) -> None:
    wrong = LISTING._replace(kind=11)
    paper.answers = [
        error(2, 0) + error(3, errno.EEXIST, b"it is there\0"),
        error(4, errno.EINVAL),
    ]
    with pytest.raises(NetfilterRefused, match="File exists: it is there") as caught:
        Nfnetlink(10).commit([LISTING, wrong, LISTING], 7)
    assert caught.value.message is wrong
    assert caught.value.stale


def test_a_batch_for_an_old_generation_is_stale_as_a_whole(paper: PaperSocket) -> None:
    paper.answers = [error(1, errno.ERESTART)]
    with pytest.raises(NetfilterRefused) as caught:
        Nfnetlink(10).commit([LISTING], 7)
    assert caught.value.message is None
    assert caught.value.stale


def test_more_complaints_than_the_socket_holds_are_a_refusal(paper: PaperSocket) -> None:
    paper.answers = [errno.ENOBUFS]
    with pytest.raises(NetfilterRefused, match="too many complaints"):
        Nfnetlink(10).commit([LISTING], 7)
