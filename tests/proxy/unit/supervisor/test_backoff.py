# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When workers that died are replaced."""

from __future__ import annotations

from sluice_proxy.supervisor.backoff import FIRST, LONGEST, OFTEN, PAUSE, WITHIN, Backoff


def test_a_worker_that_served_is_replaced_at_once() -> None:
    backoff = Backoff()

    assert [backoff.delay(float(second), served=True) for second in range(10)] == [0.0] * 10


def test_one_that_never_served_waits_twice_as_long_each_time_up_to_a_bound() -> None:
    backoff = Backoff()
    waits = [backoff.delay(0.0, served=False) for _unused in range(2000)]

    assert waits[:3] == [FIRST, 2 * FIRST, 4 * FIRST]
    assert waits[-1] == LONGEST


def test_having_served_ends_the_waiting() -> None:
    backoff = Backoff()
    for _unused in range(5):
        backoff.delay(0.0, served=False)
    backoff.delay(1.0, served=True)

    assert backoff.delay(2.0, served=False) == FIRST


def test_many_deaths_in_a_short_time_are_slowed_down() -> None:
    backoff = Backoff()
    waits = [backoff.delay(place * 0.1, served=True) for place in range(OFTEN + 5)]

    assert waits == [0.0] * (OFTEN - 1) + [PAUSE] * 6
    assert backoff.delay(10 * WITHIN, served=True) == 0.0
