# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How orders stand is told by the status and by numbers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sluice_proxy.admin.status import OrderStatus
from sluice_proxy.issuing.issuer import Issuer, Settled
from sluice_proxy.issuing.terms import Terms
from sluice_proxy.issuing.wanting import Demand, Wanted
from sluice_proxy.ordering.counting import Numbers
from sluice_proxy.ordering.model import OrderState, Standing
from sluice_proxy.snapshot.issuing import (
    Acme,
    CertificateAuthority,
    ChallengeType,
    Issuing,
    Provider,
)
from sluice_proxy.supervisor.numbers import HELPS
from sluice_proxy.supervisor.order_numbers import order_metrics
from sluice_proxy.supervisor.order_status import order_status, orders

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ORDERED = Issuing(Provider.ACME, acme=Acme((CertificateAuthority("one", "https://one"),)))
FAILED = OrderState(Standing.FAILED, "one", "one: rateLimited", 3, 2e9, None)


def settled() -> Settled:
    """Return a certificate that is wished for, and one that can never be had."""
    documents = [
        Wanted("good", Provider.ACME, ("a.test",), terms=Terms()),
        Wanted("bad", Provider.ACME, ("*.a.test",), terms=Terms()),
        Wanted("own", Provider.SELF_SIGNED, ("b.test",)),
    ]
    return Issuer({}, "desk").settle(Demand(ORDERED, documents), {}, NOW)


def test_an_order_is_told_as_who_orders_finds_it() -> None:
    told = order_status("good", settled(), {"good": FAILED}.get)

    assert told == OrderStatus("failed", "one", "one: rateLimited", 3, 2e9, None)


def test_one_that_is_not_known_yet_waits() -> None:
    assert order_status("good", settled(), {}.get) == OrderStatus("waiting")


def test_one_that_can_never_be_had_has_failed_with_what_to_do() -> None:
    told = order_status("bad", settled(), {}.get)

    assert told is not None
    assert (told.state, told.next_try) == ("failed", None)
    assert "set dns of issuing.acme" in told.said


@pytest.mark.parametrize("name", ["own", "nobody"])
def test_others_have_no_order(name: str) -> None:
    assert order_status(name, settled(), {}.get) is None


def test_all_orders_are_told_at_once() -> None:
    found = dict(orders(settled(), {"good": FAILED}.get))

    assert {name: one.state for name, one in found.items()} == {"good": "failed", "bad": "failed"}


def test_numbers_are_by_state_authority_and_result() -> None:
    stand = [
        OrderStatus("held", renew_at=2e9),
        OrderStatus("held", renew_at=1.9e9),
        OrderStatus("failed", failures=4),
    ]
    counted = Numbers(
        begun={"one": 7},
        issued={"one": 5},
        failed={("one", "rateLimited"): 2},
        validations={(ChallengeType.HTTP_01, True): 5, (ChallengeType.HTTP_01, False): 1},
        renewed=3,
        adopted=1,
        last_success=1.8e9,
    )
    lines = order_metrics(stand, counted, reached=False).render(HELPS).splitlines()

    for line in (
        'sluice_acme_certificates{state="held"} 2',
        'sluice_acme_certificates{state="failed"} 1',
        'sluice_acme_certificates{state="ordering"} 0',
        "sluice_acme_failures 4",
        "sluice_acme_next_renewal_timestamp_seconds 1900000000",
        "sluice_acme_last_issue_timestamp_seconds 1800000000",
        'sluice_acme_orders_total{authority="one"} 7',
        'sluice_acme_orders_issued_total{authority="one"} 5',
        'sluice_acme_orders_failed_total{authority="one",problem="rateLimited"} 2',
        'sluice_acme_validations_total{type="http-01",result="valid"} 5',
        'sluice_acme_validations_total{type="http-01",result="invalid"} 1',
        "sluice_acme_renewals_total 3",
        "sluice_acme_adopted_total 1",
        "sluice_fleet_up 0",
    ):
        assert line in lines


def test_moments_that_are_not_known_are_not_told() -> None:
    page = order_metrics([], Numbers(), reached=True).render(HELPS)

    assert "timestamp" not in page
    assert "sluice_fleet_up 1\n" in page
    assert "sluice_acme_failures 0\n" in page
