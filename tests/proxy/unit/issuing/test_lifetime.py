# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a certificate is renewed, with the clock given in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sluice_proxy.issuing.lifetime import Lifetime

BEGINS = datetime(2026, 1, 1, tzinfo=UTC)
NINETY = Lifetime(BEGINS, BEGINS + timedelta(days=90))


def after(days: float) -> datetime:
    return BEGINS + timedelta(days=days)


@pytest.mark.parametrize(
    ("days", "due"), [(0, False), (59.9, False), (60, True), (89, True), (90, True), (500, True)]
)
def test_it_is_due_when_two_thirds_are_over(days: float, due: bool) -> None:
    assert NINETY.is_due(after(days)) is due


def test_one_of_the_future_is_due() -> None:
    assert NINETY.is_due(after(-0.1))


def test_days_left_go_below_zero() -> None:
    assert NINETY.days_left(after(0)) == 90
    assert NINETY.days_left(after(89.5)) == 0.5
    assert NINETY.days_left(after(92)) == -2


def test_its_last_moment_counts() -> None:
    assert not NINETY.is_over(after(90))
    assert NINETY.is_over(after(90) + timedelta(seconds=1))
