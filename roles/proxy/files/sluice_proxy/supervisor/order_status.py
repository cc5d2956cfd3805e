# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How orders stand, as the API tells it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..admin.status import OrderStatus
from ..issuing.issuer import Settled
from ..ordering.model import OrderState, Standing
from ..snapshot.issuing import Provider

State = Callable[[str], OrderState | None]
"""Returns how who orders finds an order, by the id of the certificate."""


def orders(settled: Settled, state: State) -> Iterator[tuple[str, OrderStatus]]:
    """Yield how all orders stand, by the ids of their certificates."""
    for name in settled.wishes:
        yield name, _status(name, settled, state)
    for trouble in settled.troubles:
        if trouble.never and trouble.wanted.provider is Provider.ACME:
            yield trouble.wanted.id, _hindered(trouble.message)


def order_status(name: str, settled: Settled, state: State) -> OrderStatus | None:
    """Return how the order for a certificate stands, None for one that is not ordered."""
    if name in settled.wishes:
        return _status(name, settled, state)
    for trouble in settled.troubles:
        if trouble.wanted.id == name and trouble.never:
            return _hindered(trouble.message)
    return None


def _status(name: str, settled: Settled, state: State) -> OrderStatus:
    found = state(name)
    if found is None:
        return OrderStatus(Standing.WAITING.value)
    leaf = settled.leaves.get(name)
    in_force = leaf is not None and leaf.serves(settled.wishes[name])
    # Who orders has it a moment before clients are shown it.
    coming = found.standing is Standing.HELD and not in_force
    return OrderStatus(
        Standing.ORDERING.value if coming else found.standing.value,
        found.authority,
        found.said,
        found.failures,
        found.next_try,
        found.renew_at,
    )


def _hindered(message: str) -> OrderStatus:
    return OrderStatus(Standing.FAILED.value, said=message)
