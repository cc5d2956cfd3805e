# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The framing of netlink: messages and attributes there and back, and the kernel's complaints."""

from __future__ import annotations

import errno
import struct
from typing import List, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._kernel.netlink import (
    ACK_ATTRIBUTES,
    CAPPED,
    DONE,
    ERROR,
    attribute,
    attributes,
    complaint,
    each_attribute,
    message,
    messages,
)

NESTED, NET_BYTEORDER = 0x8000, 0x4000
MULTIPART = 0x2
U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
BODIES = st.binary(max_size=10).map(lambda half: half + half + bytes(-2 * len(half) % 4))
KINDS = st.integers(0, 0x3FFF)
ATTRIBUTES = st.lists(st.tuples(KINDS, st.binary(max_size=20)), max_size=6)


def packed(layout: str, *numbers: int) -> bytes:
    return struct.pack("=" + layout, *numbers)


def complained(number: int, request: bytes, words: bytes = b"") -> bytes:
    told = attribute(2, b"offs") + attribute(1, words) if words else b""
    return struct.pack("=i", -number) + request + bytes(-len(request) % 4) + told


def test_a_message_starts_with_length_kind_flags_and_sequence() -> None:
    header = packed("IHHII", 20, 24, 0x301, 7, 0)
    assert message(24, 0x301, 7, b"body") == header + b"body"


def test_an_attribute_tells_its_length_without_the_padding() -> None:
    assert attribute(3, b"lo\0") == packed("HH", 7, 3) + b"lo\0\0"


@given(st.lists(st.tuples(U16, U16, U32, BODIES), max_size=4))
def test_messages_of_a_datagram_come_apart_as_they_were_put_together(
    told: List[Tuple[int, int, int, bytes]],
) -> None:
    assert list(messages(b"".join(message(*each) for each in told))) == told


@given(ATTRIBUTES, st.binary(max_size=12))
def test_attributes_come_apart_as_they_were_put_together(
    told: List[Tuple[int, bytes]], before: bytes
) -> None:
    data = before + b"".join(attribute(*each) for each in told)
    assert list(each_attribute(data, len(before))) == told
    assert attributes(data, len(before)) == dict(told)


@given(ATTRIBUTES, st.sampled_from([NESTED, NET_BYTEORDER, NESTED | NET_BYTEORDER]))
def test_the_flags_of_a_kind_are_no_part_of_it(told: List[Tuple[int, bytes]], flags: int) -> None:
    data = b"".join(attribute(kind | flags, payload) for kind, payload in told)
    assert list(each_attribute(data)) == told


@given(st.binary(max_size=80))
def test_any_bytes_come_apart_without_end_or_error(data: bytes) -> None:
    assert len(list(messages(data))) <= len(data) // 16
    assert len(list(each_attribute(data))) <= len(data) // 4
    for kind in (ERROR, DONE):
        complaint(kind, ACK_ATTRIBUTES, data)


@pytest.mark.parametrize("length", range(16))
def test_nothing_is_read_behind_a_message_shorter_than_its_header(length: int) -> None:
    first = message(1, 2, 3, b"body")
    assert list(messages(first + packed("IHHII", length, 1, 2, 4, 0))) == [(1, 2, 3, b"body")]


@pytest.mark.parametrize("length", range(4))
def test_nothing_is_read_behind_an_attribute_shorter_than_its_header(length: int) -> None:
    assert attributes(attribute(1, b"x") + packed("HH", length, 2)) == {1: b"x"}


REQUEST = message(20, 5, 9, b"request's body")
HEADER = REQUEST[:16]


@pytest.mark.parametrize(
    ("flags", "body", "expected"),
    [
        pytest.param(0, b"", (0, ""), id="nothing"),
        pytest.param(0, complained(0, REQUEST), (0, ""), id="done"),
        pytest.param(0, complained(errno.EPERM, REQUEST), (errno.EPERM, ""), id="number alone"),
        pytest.param(ACK_ATTRIBUTES, complained(errno.EPERM, b""), (errno.EPERM, ""), id="short"),
        pytest.param(
            CAPPED | ACK_ATTRIBUTES,
            complained(errno.EINVAL, HEADER, b"IPv4: bad\0"),
            (errno.EINVAL, "IPv4: bad"),
            id="words after the request's header",
        ),
        pytest.param(
            ACK_ATTRIBUTES,
            complained(errno.EINVAL, REQUEST, b"IPv4: bad\0"),
            (errno.EINVAL, "IPv4: bad"),
            id="words after the whole request",
        ),
        pytest.param(
            CAPPED | ACK_ATTRIBUTES,
            complained(0, HEADER, b"only a warning\0"),
            (0, "only a warning"),
            id="words without an error",
        ),
        pytest.param(
            CAPPED,
            complained(errno.EINVAL, HEADER, b"unsaid\0"),
            (errno.EINVAL, ""),
            id="no words announced",
        ),
        pytest.param(
            CAPPED | ACK_ATTRIBUTES,
            complained(errno.EINVAL, HEADER, b"\xff\0"),
            (errno.EINVAL, "\N{REPLACEMENT CHARACTER}"),
            id="words that are no text",
        ),
    ],
)
def test_the_kernels_number_and_words(flags: int, body: bytes, expected: Tuple[int, str]) -> None:
    assert complaint(ERROR, flags, body) == expected


def test_the_end_of_a_listing_repeats_no_request() -> None:
    # As Linux 6.18 answers a strict listing of addresses with a prefix in its header.
    body = complained(errno.EINVAL, b"", b"ipv4: Invalid values in header\0")
    assert complaint(DONE, MULTIPART | ACK_ATTRIBUTES, body) == (
        errno.EINVAL,
        "ipv4: Invalid values in header",
    )
