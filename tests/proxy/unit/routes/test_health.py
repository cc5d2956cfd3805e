# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a target is healthy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sluice_proxy.routes.health.checking import Standing, complaint
from sluice_proxy.routes.health.watching import Watch
from sluice_proxy.routes.model.health import ActiveCheck, PassiveCheck

CHECK = ActiveCheck("/up", expected_body="fine", expected_field=("x-up", "yes"))
FIELDS = [("X-Up", " yes ")]


def test_an_answer_that_is_as_expected_passes() -> None:
    assert complaint(CHECK, 200, FIELDS, b"all is fine here") is None


@pytest.mark.parametrize(
    ("status", "fields", "content", "said"),
    [
        (500, FIELDS, b"fine", "status 500, not 200"),
        (200, [], b"fine", "field x-up is missing, not yes"),
        (200, [("x-up", "no")], b"fine", "field x-up is no, not yes"),
        (200, FIELDS, b"bad", "content without 'fine'"),
    ],
)
def test_every_expectation_has_to_hold(
    status: int, fields: list[tuple[str, str]], content: bytes, said: str
) -> None:
    assert complaint(CHECK, status, fields, content) == said


def test_a_target_starts_healthy_and_falls_and_rises_after_so_many_in_a_row() -> None:
    standing = Standing(replace(CHECK, rise=2, fall=3))
    seen = []
    for passed in (False, False, True, False, False, False, True, False, True, True):
        changed = standing.record(passed)
        seen.append((standing.healthy, changed))
    assert seen == [
        *[(True, False)] * 5,
        (False, True),
        *[(False, False)] * 3,
        (True, True),
    ]


def test_failures_within_the_window_take_a_target_out_for_the_cooldown() -> None:
    watch = Watch(PassiveCheck(errors=3, window=10.0, cooldown=5.0))
    assert [watch.failed(now, others=True) for now in (0.0, 8.0, 11.0, 12.0)] == [
        False,
        False,
        False,
        True,
    ]
    assert watch.out_until == 17.0
    assert not watch.failed(13.0, others=True)
    assert [watch.returns(now) for now in (16.9, 17.0, 18.0)] == [False, True, False]
    assert not watch.failed(18.0, others=True)


def test_the_last_target_is_never_taken_out_by_watching() -> None:
    watch = Watch(PassiveCheck(errors=1))
    assert not watch.failed(0.0, others=False)
    assert watch.failed(0.0, others=True)
