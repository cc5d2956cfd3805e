# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a request may pass now."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.routes.admission.pausing import Admission, admission
from sluice_proxy.routes.admission.rate import Rate, client_key
from sluice_proxy.routes.model.policies import Maintenance, MaintenanceMode, RateLimit


def test_a_client_gets_its_burst_and_then_the_rate() -> None:
    rate = Rate(RateLimit(rate=2.0, burst=3))
    assert [rate.take(b"c", 0.0) for _unused in range(3)] == [0.0] * 3
    assert rate.take(b"c", 0.0) == pytest.approx(0.5)
    assert rate.take(b"other", 0.0) == 0.0
    assert rate.take(b"c", 0.5) == 0.0
    assert rate.take(b"c", 0.5) > 0.0


@given(st.lists(st.floats(0, 5), min_size=1, max_size=100), st.integers(1, 5))
def test_no_window_has_more_than_the_burst_and_the_rate(gaps: list[float], burst: int) -> None:
    rate = Rate(RateLimit(rate=1.0, burst=burst))
    now, passed = 0.0, []
    for gap in gaps:
        now += gap
        if rate.take(b"c", now) == 0.0:
            passed.append(now)
    for first, begin in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + (passed[last] - begin) + 1e-6


def test_a_bounded_number_of_clients_is_remembered_the_silent_ones_go_first() -> None:
    rate = Rate(RateLimit(rate=0.001, burst=1, clients=3))
    for now, client in enumerate((b"a", b"b", b"c", b"d")):
        assert rate.take(client, float(now)) == 0.0
    assert len(rate) == 3
    assert rate.take(b"d", 4.0) > 0.0
    assert rate.take(b"a", 4.0) == 0.0


def test_clients_with_full_buckets_make_room_first() -> None:
    rate = Rate(RateLimit(rate=1.0, burst=1, clients=3))
    for client in (b"a", b"b", b"c"):
        rate.take(client, 0.0)
    rate.take(b"d", 10.0)
    assert len(rate) == 1


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.1", "192.0.2.1", True),
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8:0:1::1", "2001:db8:0:2::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("unix", "unix", True),
    ],
)
def test_clients_are_counted_by_ipv4_address_and_ipv6_subscriber(
    one: str, other: str, same: bool
) -> None:
    assert (client_key(one) == client_key(other)) == same


@pytest.mark.parametrize(
    ("mode", "waiting", "expected"),
    [
        (MaintenanceMode.OFF, 99, Admission.PASS),
        (MaintenanceMode.PAUSE, 1, Admission.HOLD),
        (MaintenanceMode.PAUSE, 2, Admission.REFUSE),
        (MaintenanceMode.STOP, 0, Admission.REFUSE),
    ],
)
def test_maintenance_holds_a_bounded_number_or_refuses(
    mode: MaintenanceMode, waiting: int, expected: Admission
) -> None:
    assert admission(Maintenance(mode, queue=2), waiting) is expected
