# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waiting for connections to end: how often it looks, when it stops, what it tells."""

from __future__ import annotations

from typing import Dict, List, Sequence

import pytest

from ansible_collections.sluice.edge.plugins.module_utils._converge.waiting import (
    MAXIMUM_SAMPLES,
    Clock,
)
from ansible_collections.sluice.edge.plugins.module_utils._inet.address import parse_address
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.draining import (
    Drained,
    wait_until_drained,
)
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import (
    Server,
    ServerId,
    ServiceId,
)

SERVICE = ServiceId("ipv4", "tcp", parse_address("192.0.2.1"), 80, 0)


def server(last: int = 1) -> Server:
    key = ServerId(SERVICE, parse_address("198.51.100.%d" % last), 80)
    return Server(key, "masquerade", 0)


class Time:
    """A clock that moves only by pauses and by what polls cost."""

    def __init__(self) -> None:
        self.now = 100.0
        self.pauses: List[float] = []

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.now, self.sleep)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


class Connections:
    """Active connections of one server or more, one reading after the other; the last stays."""

    def __init__(self, time: Time, readings: Sequence[Dict[ServerId, int]], cost: float = 0.0):
        self._time = time
        self._readings = list(readings)
        self._cost = cost
        self.polls = 0

    def __call__(self) -> Dict[ServerId, int]:
        self.polls += 1
        self._time.now += self._cost
        return self._readings.pop(0) if len(self._readings) > 1 else self._readings[0]


def wait(
    time: Time,
    count: Connections,
    servers: Sequence[Server],
    threshold: int = 0,
    timeout: float = 9,
) -> List[Drained]:
    return wait_until_drained(servers, count, threshold, timeout, time.clock)


def test_a_server_without_connections_is_not_waited_for() -> None:
    time = Time()
    count = Connections(time, [{server().key: 0}])
    (drained,) = wait(time, count, [server()])
    assert (time.pauses, count.polls, drained.timed_out) == ([], 1, False)


def test_a_server_that_has_vanished_counts_as_drained() -> None:
    time = Time()
    (drained,) = wait(time, Connections(time, [{server().key: 5}, {}]), [server()])
    assert not drained.timed_out
    assert [count for _seconds, count in drained.samples] == [5, 0]


def test_waiting_ends_at_the_threshold_not_at_zero() -> None:
    time = Time()
    readings = [{server().key: count} for count in (9, 4, 3, 0)]
    (drained,) = wait(time, Connections(time, readings), [server()], threshold=3)
    assert [count for _seconds, count in drained.samples] == [9, 4, 3]


def test_waiting_ends_exactly_when_the_time_is_up() -> None:
    time = Time()
    (drained,) = wait(time, Connections(time, [{server().key: 1}]), [server()], timeout=7.5)
    assert drained.timed_out
    assert time.now == pytest.approx(107.5)


def test_a_timeout_of_zero_looks_once() -> None:
    time = Time()
    count = Connections(time, [{server().key: 1}])
    (drained,) = wait(time, count, [server()], timeout=0)
    assert (count.polls, time.pauses, drained.timed_out) == (1, [], True)


def test_all_servers_share_one_wait_and_each_says_how_it_went() -> None:
    time = Time()
    first, second = server(1), server(2)
    readings = [{first.key: 2, second.key: 2}, {first.key: 0, second.key: 2}]
    one, two = wait(time, Connections(time, readings), [first, second], timeout=5)
    assert (one.timed_out, two.timed_out) == (False, True)
    assert len(one.samples) == 2
    assert two.samples[-1][1] == 2


def test_pauses_grow_to_two_seconds() -> None:
    time = Time()
    wait(time, Connections(time, [{server().key: 1}]), [server()], timeout=60)
    assert time.pauses[0] == pytest.approx(0.1)
    assert time.pauses[:-1] == sorted(time.pauses[:-1])
    assert max(time.pauses) == 2.0


def test_polls_that_are_slow_make_pauses_long_so_that_waiting_costs_little() -> None:
    time = Time()
    count = Connections(time, [{server().key: 1}], cost=0.1)
    wait(time, count, [server()], timeout=600)
    assert count.polls * 0.1 / 600 < 0.025


def test_the_result_has_at_most_twenty_samples_the_first_and_the_last_among_them() -> None:
    samples = tuple((float(second), 500 - second) for second in range(400))
    result = Drained(server(), samples, False).as_result()
    assert len(result["samples"]) == MAXIMUM_SAMPLES
    assert result["samples"][0] == {"seconds": 0.0, "connections": 500}
    assert result["samples"][-1] == {"seconds": 399.0, "connections": 101}
    assert (result["connections_before"], result["connections_after"]) == (500, 101)
