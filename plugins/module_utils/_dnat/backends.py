# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which backend holds the profiles of a host."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Dict, Iterator, List

from .._converge.errors import InvalidInput, Unavailable
from .._kernel.nfnetlink import NetfilterRefused, Nfnetlink
from .._kernel.xtables.reading import existing_tables, read_table
from .._kernel.xtables.writing import Xtables, require_writer
from .iptables.backend import IptablesBackend
from .iptables.layout import FAMILIES, FILTER, NAT
from .model import AUTO, BACKENDS, IPTABLES, NFTABLES, Profile
from .nftables.backend import NftablesBackend
from .nftables.reading import read_generation
from .nftables.wire.messages import SUBSYSTEM
from .ports import Backend

CHOICES = (*BACKENDS, AUTO)


@contextmanager
def open_backend(name: str, writes: bool = True) -> Iterator[Backend]:
    """Open a backend in the network namespace the process is in.

    Raises InvalidInput for a name that is none, and Unavailable when the host lacks it;
    ``writes`` says whether what is needed for that is asked for too.
    """
    if name == IPTABLES:
        if writes:
            require_writer()
        yield IptablesBackend(Xtables())
    elif name == NFTABLES:
        with Nfnetlink(SUBSYSTEM) as netfilter:
            yield NftablesBackend(netfilter)
    else:
        raise InvalidInput("backend %s is unknown: use one of %s" % (name, ", ".join(BACKENDS)))


def chosen_backend(wish: Any) -> str:
    """Return the name of the backend for a wish: CHOICES, or None for nftables.

    With ``auto``, the backend that holds profiles already, else iptables where legacy xtables
    has rules or nftables is missing, else nftables. Raises InvalidInput for another wish, and for
    ``auto`` when both hold profiles.
    """
    if wish is None:
        return NFTABLES
    if wish not in CHOICES:
        raise InvalidInput("backend must be one of %s, not %r" % (", ".join(CHOICES), wish))
    if wish != AUTO:
        return str(wish)
    holding = [name for name in BACKENDS if _profiles(name)]
    if len(holding) > 1:
        raise InvalidInput(
            "backend: auto cannot tell which to use, because nftables and iptables both hold "
            "profiles: name one, and remove the profiles of the other"
        )
    if holding:
        return holding[0]
    return IPTABLES if _uses_xtables() or not _has_nftables() else NFTABLES


def held_elsewhere(name: str) -> Dict[str, List[Profile]]:
    """Return the profiles that the other backends hold, by backend."""
    held = {other: _profiles(other) for other in BACKENDS if other != name}
    return {other: profiles for other, profiles in held.items() if profiles}


def _profiles(name: str) -> List[Profile]:
    try:
        with open_backend(name, writes=False) as backend:
            return backend.read()[1]
    except Unavailable:
        return []


def _uses_xtables() -> bool:
    return any(
        any(read_table(family, table).values())
        for family in FAMILIES
        for table in sorted(existing_tables(family) & {NAT, FILTER})
    )


def _has_nftables() -> bool:
    try:
        with Nfnetlink(SUBSYSTEM) as netfilter:
            return read_generation(netfilter) > 0
    except (Unavailable, NetfilterRefused):
        return False
