# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Batches and dumps over a generic netlink socket, with everything that can come back on it."""

from __future__ import annotations

import errno
import socket
from typing import Any, Callable, List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._kernel import genetlink
from ansible_collections.sluice.edge.plugins.module_utils._kernel.genetlink import GenericNetlink
from ansible_collections.sluice.edge.tests.contract.ipvs_requests import dest, service
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.fakes.netlink_socket import (
    ACK,
    FakeNetlinkSocket,
    acknowledgement,
    message,
)

GET_SERVICES = bytes([4])


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> FakeNetlinkSocket:
    fake = FakeNetlinkSocket(FakeIpvs())
    monkeypatch.setattr(genetlink.socket, "socket", lambda *_kind: fake)
    return fake


@pytest.fixture
def netlink(wire: FakeNetlinkSocket) -> GenericNetlink:
    return GenericNetlink("IPVS")


def test_a_kernel_without_the_family_is_a_file_not_found_and_the_socket_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake = FakeNetlinkSocket(FakeIpvs(), family=None)
    monkeypatch.setattr(genetlink.socket, "socket", lambda *_kind: fake)
    with pytest.raises(FileNotFoundError):
        GenericNetlink("IPVS")
    assert fake.closed


def test_only_the_last_request_of_a_datagram_asks_for_an_answer(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    wire.sent.clear()
    assert netlink.batch([service(1, port=port) for port in (1, 2, 3)]) == [0, 0, 0]
    (datagram,) = wire.sent
    assert [bool(flags & ACK) for _sequence, flags, _request in datagram] == [False, False, True]


def test_errors_in_the_middle_of_a_datagram_belong_to_their_requests(
    netlink: GenericNetlink,
) -> None:
    requests = [dest(5), service(1), service(1), dest(5), dest(5), dest(7, port=9), dest(5, port=8)]
    answers = netlink.batch(requests)
    assert answers == [errno.ESRCH, 0, errno.EEXIST, 0, errno.EEXIST, errno.ENOENT, 0]


def test_an_error_of_the_last_request_ends_the_batch_too(netlink: GenericNetlink) -> None:
    assert netlink.batch([service(1), service(1)]) == [0, errno.EEXIST]


def test_an_empty_batch_sends_nothing(wire: FakeNetlinkSocket, netlink: GenericNetlink) -> None:
    wire.sent.clear()
    assert netlink.batch([]) == []
    assert wire.sent == []


def test_a_large_batch_is_several_datagrams_and_each_answer_finds_its_request(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    wire.sent.clear()
    requests = [service(1, port=1 + number // 2) for number in range(3000)]
    assert netlink.batch(requests) == [0, errno.EEXIST] * 1500
    assert len(wire.sent) > 1
    assert sum(map(len, wire.sent)) == 3000
    for datagram in wire.sent:
        assert sum(len(request) + 16 for _sequence, _flags, request in datagram) <= 64 * 1024


@given(st.lists(st.integers(1, 3), max_size=30))
def test_any_batch_is_answered_as_one_request_at_a_time_is(ports: List[int]) -> None:
    requests = [service(1, port=port) for port in ports]
    one_by_one = FakeIpvs()
    expected = [one_by_one.batch([request])[0] for request in requests]
    wire = FakeNetlinkSocket(FakeIpvs())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(genetlink.socket, "socket", lambda *_kind: wire)
        assert GenericNetlink("IPVS").batch(requests) == expected


def test_a_dump_brings_every_entry_of_every_datagram(netlink: GenericNetlink) -> None:
    netlink.batch([service(1, port=port) for port in range(1, 12)])
    assert len(netlink.dump(GET_SERVICES)) == 11


def test_a_dump_during_which_the_table_changed_is_made_again(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    netlink.batch([service(1)])
    wire.interrupted_dumps = 2
    assert len(netlink.dump(GET_SERVICES)) == 1
    assert wire.dumps == 3


def test_a_table_that_never_stops_changing_does_not_hold_a_dump_for_ever(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    netlink.batch([service(1)])
    wire.interrupted_dumps = 1000
    assert len(netlink.dump(GET_SERVICES)) == 1
    assert wire.dumps < 100


def test_a_refused_dump_raises_its_error(netlink: GenericNetlink) -> None:
    with pytest.raises(OSError, match="not supported"):
        netlink.dump(bytes([77]))


def test_a_dump_that_ends_with_an_error_raises_it(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    wire.done_error = errno.EMSGSIZE
    with pytest.raises(OSError, match="too long"):
        netlink.dump(GET_SERVICES)


def test_a_refused_get_raises_its_error(netlink: GenericNetlink) -> None:
    with pytest.raises(ProcessLookupError):
        netlink.get(service(4))


Act = Callable[[GenericNetlink], Any]
ACTS: List[Act] = [
    lambda netlink: netlink.batch([service(1, port=7)]),
    lambda netlink: netlink.dump(GET_SERVICES),
    lambda netlink: netlink.get(bytes([15])),
]


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    ("trouble", "number"),
    [(OSError(errno.ENOBUFS, "full"), errno.ENOBUFS), (socket.timeout(), errno.ETIMEDOUT)],
)
def test_trouble_with_the_socket_is_an_error_with_a_number(
    wire: FakeNetlinkSocket, netlink: GenericNetlink, act: Act, trouble: Exception, number: int
) -> None:
    wire.answers.insert(0, trouble)
    with pytest.raises(OSError, match=r".+") as caught:
        act(netlink)
    assert caught.value.errno == number


def test_answers_that_come_after_a_breakdown_are_not_taken_for_new_ones(
    wire: FakeNetlinkSocket, netlink: GenericNetlink
) -> None:
    wire.answers.insert(0, OSError(errno.ENOBUFS, "full"))
    with pytest.raises(OSError, match="full"):
        netlink.batch([service(1), service(1), service(1)])
    # The answers to that batch, refusals among them, are still in the queue.
    assert len(wire.answers) == 2
    assert netlink.batch([service(1, port=81), service(1, port=82)]) == [0, 0]
    assert wire.answers == []


@pytest.mark.parametrize("act", ACTS)
def test_messages_that_answer_something_else_are_passed_over(
    wire: FakeNetlinkSocket, netlink: GenericNetlink, act: Act
) -> None:
    wire.answers[:0] = [
        acknowledgement(0, errno.EPERM),
        message(0x1C, 2, 0, b""),
        acknowledgement(10**6, errno.EPERM),
    ]
    expected = {0: [0], 1: [], 2: FakeIpvs().get(bytes([15]))}[ACTS.index(act)]
    assert act(netlink) == expected
