# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The sets of the table: what their keys consist of and what they map to. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Optional, Sequence, Tuple

from ..model import PROTOCOLS
from .places import (
    AFFINITY,
    HAIRPINNED,
    PROFILES,
    SLOTS,
    SOURCES,
    STICKY,
    TRAFFIC,
    SetName,
    read_set_name,
)
from .wire import userdata
from .wire.messages import (
    CONCAT,
    EVAL,
    INTERVAL,
    MAP,
    TIMEOUT,
    VERDICT_SIZE,
    VERDICT_TYPE,
    SetShape,
)

MOST_AFFINITIES = 262144
"""Clients that one map remembers; beyond that, new ones are balanced without affinity."""

_INTEGER, _IPV4, _IPV6, _PROTOCOL, _SERVICE = 4, 7, 8, 12, 13  # nft's numbers (enum datatypes)
_LENGTHS = {_INTEGER: 4, _IPV4: 4, _IPV6: 16, _PROTOCOL: 1, _SERVICE: 2}
_TYPE_BITS = 6


@lru_cache(maxsize=4096)
def shape_of(name: str) -> Optional[SetShape]:
    """Return how the set of a name is made, None for one that is not of our naming."""
    said = read_set_name(name)
    if said is None or not _is_spelled_right(said):
        return None
    address = _IPV6 if said.place.digit == "6" else _IPV4
    selector = (address, _PROTOCOL, _SERVICE)
    if said.kind == PROFILES:
        return SetShape(
            flags=MAP,
            key_type=_type(selector),
            key_length=_length(selector),
            data_type=VERDICT_TYPE,
            data_length=VERDICT_SIZE,
            userdata=userdata.of_map(userdata.untyped()),
        )
    if said.kind == SLOTS:
        return _slots(said.place.digit, (*selector, _INTEGER), (address, _SERVICE))
    if said.kind == AFFINITY:
        return SetShape(
            flags=MAP | TIMEOUT | EVAL,
            key_type=_type((*selector, address)),
            key_length=_length((*selector, address)),
            data_type=_type((address, _SERVICE)),
            data_length=_length((address, _SERVICE)),
            size=MOST_AFFINITIES,
            userdata=userdata.of_map(userdata.untyped(), userdata.untyped()),
        )
    if said.kind == TRAFFIC:
        return _plain((*selector, address, _SERVICE), counted=True)
    if said.kind == SOURCES:
        key = (*selector, address)
        fields = tuple([_LENGTHS[part] for part in key])
        return _plain(key)._replace(flags=INTERVAL | CONCAT, fields=fields)
    if said.kind == HAIRPINNED:
        return _plain((*selector, address))
    return _plain(selector)


def differs(name: str, found: SetShape) -> bool:
    """Tell whether a set of our naming is not made as ours are."""
    wanted = shape_of(name)
    return wanted is not None and found != wanted._replace(fields=(), userdata=b"")


def _is_spelled_right(said: SetName) -> bool:
    if said.kind == SLOTS:
        return said.detail in PROTOCOLS
    if said.kind == STICKY:
        return said.detail.isdigit()
    return not said.detail


def _plain(key: Sequence[int], counted: bool = False) -> SetShape:
    return SetShape(
        flags=0,
        key_type=_type(key),
        key_length=_length(key),
        counted=counted,
        userdata=userdata.of_set(userdata.untyped()),
    )


def _slots(digit: str, key: Tuple[int, ...], data: Tuple[int, ...]) -> SetShape:
    # nft has no name for the type of a number: only what gives one can say it.
    destination = userdata.destination(digit)
    return SetShape(
        flags=MAP,
        key_type=_type(key),
        key_length=_length(key),
        data_type=_type(data),
        data_length=_length(data),
        userdata=userdata.of_map(
            userdata.typeof(
                [destination, userdata.protocol(), userdata.any_port(), userdata.numgen()]
            ),
            userdata.typeof([destination, userdata.any_port()]),
        ),
    )


def _type(parts: Sequence[int]) -> int:
    """Return nft's number for a concatenation of types."""
    found = 0
    for part in parts:
        found = found << _TYPE_BITS | part
    return found


def _length(parts: Sequence[int]) -> int:
    """Return the bytes of a concatenation: each part begins at a multiple of four."""
    return sum((_LENGTHS[part] + 3) & ~3 for part in parts)
