# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listings over rtnetlink that the kernel breaks off, with a socket of paper."""

from __future__ import annotations

import errno
import struct
from typing import List

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.plugins.module_utils._kernel import rtnetlink
from ansible_collections.sluice.edge.plugins.module_utils._kernel.netlink import (
    ACK_ATTRIBUTES,
    CAPPED,
    DONE,
    DUMP_INTERRUPTED,
    ERROR,
    attribute,
    message,
)

MULTIPART = 0x2
WORDS = attribute(1, b"Device does not exist\0")


def number(error: int) -> bytes:
    return struct.pack("=i", -error)


class PaperSocket:
    """Answers each request with the next of ``answers``."""

    def __init__(self, *answers: bytes) -> None:
        self.answers: List[bytes] = list(answers)

    def bind(self, _address: object) -> None: ...

    def setsockopt(self, *_option: object) -> None: ...

    def sendto(self, *_message: object) -> None: ...

    def recv(self, _size: int) -> bytes:
        return self.answers.pop(0)

    def close(self) -> None: ...


def open_on(monkeypatch: pytest.MonkeyPatch, *answers: bytes) -> rtnetlink.Rtnetlink:
    with monkeypatch.context() as patched:
        patched.setattr(rtnetlink.socket, "socket", lambda *_kind: PaperSocket(*answers))
        return rtnetlink.Rtnetlink()


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        pytest.param(
            message(ERROR, CAPPED, 1, number(errno.EPERM) + bytes(16)),
            r"cannot be read: Operation not permitted; the task needs root \(become: true\)",
            id="at its start",
        ),
        pytest.param(
            message(DONE, MULTIPART, 1, number(errno.ENOMEM)),
            "cannot be read: Cannot allocate memory",
            id="at its end",
        ),
        pytest.param(
            message(DONE, MULTIPART | ACK_ATTRIBUTES, 1, number(errno.ENODEV) + WORDS),
            "cannot be read: Device does not exist",
            id="at its end, in words",
        ),
    ],
)
def test_a_listing_that_the_kernel_breaks_off_is_no_listing(
    monkeypatch: pytest.MonkeyPatch, answer: bytes, complaint: str
) -> None:
    with pytest.raises(Unavailable, match=complaint):
        open_on(monkeypatch, answer).addresses()


def test_a_listing_during_a_change_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    first = message(DONE, MULTIPART | DUMP_INTERRUPTED, 1, number(0))
    kernel = open_on(monkeypatch, first, message(DONE, MULTIPART, 2, number(0)))
    assert kernel.links() == []
