# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which leaves are made, and which are kept. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from ..snapshot.issuing import Provider
from .leaves import Leaf
from .registering import is_covered
from .wanting import AUTOMATIC, Wanted


@dataclass(frozen=True, slots=True)
class Duty:
    """A certificate that is wanted, with the leaf that there is for it, if any.

    ``make`` says that a new leaf is to be made, or ordered where it is one by ACME: whoever orders
    knows when that is to be renewed. Until then, or where that fails, the one that there is can be
    shown while it is valid.
    """

    wanted: Wanted
    leaf: Leaf | None
    make: bool


def duties(
    wanted: Iterable[Wanted], held: Mapping[str, Leaf], authority: str | None, now: datetime
) -> list[Duty]:
    """Return what is to be done for each certificate that is wanted.

    A leaf is made where there is none, where it is for something else, where it is due, and where
    another CA issued it than ``authority``: clients trust that one now. None is for a CA that
    cannot be used at present.
    """
    return [_duty(one, held.get(one.id), authority, now) for one in wanted]


def _duty(wanted: Wanted, leaf: Leaf | None, authority: str | None, now: datetime) -> Duty:
    if wanted.provider is Provider.ACME:
        return _order(wanted, leaf, now)
    if leaf is None or not leaf.serves(wanted):
        return Duty(wanted, None, make=True)
    former = (
        wanted.provider is Provider.LOCAL_CA
        and authority is not None
        and leaf.authority != authority
    )
    return Duty(wanted, leaf, make=former or leaf.issued.lifetime.is_due(now))


def _order(wanted: Wanted, leaf: Leaf | None, now: datetime) -> Duty:
    """Return what is to be done for a certificate by ACME: until it is there, the former one is
    shown for the names that stay."""
    if leaf is None or leaf.provider is not wanted.provider or leaf.issued.lifetime.is_over(now):
        return Duty(wanted, None, make=True)
    if frozenset(leaf.issued.names).isdisjoint(wanted.names):
        return Duty(wanted, None, make=True)
    return Duty(wanted, leaf, make=not leaf.serves(wanted))


def superseded(
    wanted: Collection[Wanted], held: Mapping[str, Leaf], shown: Collection[str], now: datetime
) -> Iterator[tuple[str, Leaf]]:
    """Yield the leaves for hosts of routes, by id, that were ordered and go on being shown though
    another certificate has their names now: that one is ordered, and not among the names ``shown``.
    """
    ids = frozenset(one.id for one in wanted)
    ordered = frozenset(
        name for one in wanted if one.provider is Provider.ACME for name in one.names
    )
    for id_, leaf in held.items():
        if id_ in ids or not id_.startswith(AUTOMATIC) or leaf.provider is not Provider.ACME:
            continue
        if not leaf.issued.lifetime.is_over(now) and any(
            is_covered(name, ordered) and not is_covered(name, shown) for name in leaf.issued.names
        ):
            yield id_, leaf
