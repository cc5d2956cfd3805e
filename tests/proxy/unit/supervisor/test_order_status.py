# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An order is told as it stands, and as held only when clients are shown what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from sluice_proxy.admin.status import OrderStatus
from sluice_proxy.issuing.authority import self_signed
from sluice_proxy.issuing.issuer import Settled
from sluice_proxy.issuing.leaves import Leaf, ordered_leaf
from sluice_proxy.issuing.terms import Terms
from sluice_proxy.issuing.wanting import Wanted
from sluice_proxy.ordering.model import OrderState, Standing
from sluice_proxy.snapshot.issuing import Provider
from sluice_proxy.supervisor.order_status import order_status, orders

WANTED = Wanted("a", Provider.ACME, ("a.test",), terms=Terms())


def settled(leaves: Mapping[str, Leaf]) -> Settled:
    return Settled(leaves, {}, (), (), None, "", {"a": WANTED})


def leaf(*names: str) -> Leaf:
    made = self_signed(names, datetime.now(UTC), days=90)
    return ordered_leaf(names, Terms(), "one", made.chain, made.key)


def told(held: Mapping[str, Leaf], state: OrderState | None) -> OrderStatus:
    """Return what is told of the order, of it alone and among all."""
    one = order_status("a", settled(held), lambda name: state)
    assert one is not None
    assert dict(orders(settled(held), lambda name: state)) == {"a": one}
    return one


def test_what_is_shown_is_held() -> None:
    assert told({"a": leaf("a.test")}, OrderState(Standing.HELD, "one", renew_at=5.0)) == (
        OrderStatus("held", "one", renew_at=5.0)
    )


def test_what_has_come_and_is_not_shown_yet_is_still_being_ordered() -> None:
    assert told({}, OrderState(Standing.HELD, "one")).state == "ordering"
    other = {"a": leaf("former.test")}
    assert told(other, OrderState(Standing.HELD, "one")).state == "ordering"


@pytest.mark.parametrize("standing", [Standing.WAITING, Standing.ORDERING, Standing.FAILED])
def test_what_is_not_there_is_told_as_it_stands(standing: Standing) -> None:
    state = OrderState(standing, "one", "it said no", 3, 7.0)

    assert told({}, state) == OrderStatus(standing.value, "one", "it said no", 3, 7.0)
    assert told({}, None).state == "waiting"
