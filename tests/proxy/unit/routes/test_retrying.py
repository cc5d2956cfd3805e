# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What may be sent again, and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sluice_proxy.routes.model.policies import RetryOn, RetryPolicy
from sluice_proxy.routes.retrying import Failure, RetryBudget, may_retry

POLICY = RetryPolicy()
REFUSED = Failure(RetryOn.CONNECT, "POST", attempt=1, sent=False, replayable=True)
CLOSED = Failure(RetryOn.CLOSED, "GET", attempt=1, sent=True, replayable=True)


@pytest.mark.parametrize("method", ["GET", "POST", "PATCH", "PUT"])
def test_a_request_of_which_nothing_was_sent_may_go_elsewhere_whatever_its_method(
    method: str,
) -> None:
    assert may_retry(POLICY, replace(REFUSED, method=method))


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
def test_a_request_that_was_sent_may_be_repeated_when_its_method_is_idempotent(method: str) -> None:
    assert may_retry(POLICY, replace(CLOSED, method=method))


@pytest.mark.parametrize("method", ["POST", "PATCH", "LINK", "get"])
def test_a_request_that_may_have_done_its_work_is_not_repeated(method: str) -> None:
    assert not may_retry(POLICY, replace(CLOSED, method=method))


@pytest.mark.parametrize(
    "failure",
    [
        replace(REFUSED, attempt=2),
        replace(REFUSED, replayable=False),
        replace(CLOSED, answered=True),
        replace(CLOSED, reason=RetryOn.TIMEOUT),
        replace(CLOSED, reason=RetryOn.HTTP_503),
    ],
    ids=[
        "attempts used up",
        "content gone",
        "answer begun",
        "timeout not asked for",
        "503 neither",
    ],
)
def test_no_retry(failure: Failure) -> None:
    assert not may_retry(POLICY, failure)


def test_a_policy_may_ask_for_more() -> None:
    policy = RetryPolicy(on=frozenset({RetryOn.HTTP_503}), methods=frozenset({"POST"}))
    assert may_retry(policy, Failure(RetryOn.HTTP_503, "POST", 1, sent=True, replayable=True))


def test_the_budget_allows_a_part_of_the_requests_above_the_reserve() -> None:
    budget = RetryBudget(RetryPolicy(budget=0.5, reserve=0.0), now=0.0)
    assert not budget.spend(0.0)
    for _unused in range(10):
        budget.earn()
    assert [budget.spend(0.0) for _unused in range(6)] == [True] * 5 + [False]


def test_a_small_budget_and_a_small_reserve_add_up_to_a_retry() -> None:
    seldom = RetryBudget(RetryPolicy(budget=0.0, reserve=0.05), now=0.0)
    assert [seldom.spend(now) for now in (0.0, 5.0, 11.0, 12.0, 31.0)] == [
        False,
        False,
        True,
        False,
        True,
    ]
    few = RetryBudget(RetryPolicy(budget=0.005, reserve=0.0), now=0.0)
    for _unused in range(201):
        few.earn()
    assert [few.spend(0.0) for _unused in range(2)] == [True, False]


def test_the_reserve_comes_back_with_time_and_is_bounded() -> None:
    budget = RetryBudget(RetryPolicy(budget=0.0, reserve=2.0), now=0.0)
    assert [budget.spend(0.0) for _unused in range(21)] == [True] * 20 + [False]
    assert [budget.spend(1.0) for _unused in range(3)] == [True, True, False]
    assert [budget.spend(1e6) for _unused in range(21)] == [True] * 20 + [False]
