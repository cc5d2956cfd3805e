# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What shall be, given what is: the declaration held against the host. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import AbstractSet, Dict, List, Tuple

from .._converge.plan import Desired
from .._converge.resource import Key, State
from .._inet.address import Address
from .declared import Declaration, DeclaredAddress
from .model import VirtualAddress
from .plan import purgeable

Holders = Dict[Tuple[str, Address], List[VirtualAddress]]


def desired_addresses(
    declaration: Declaration,
    have: State[VirtualAddress],
    interfaces: AbstractSet[str],
    elapsed: int,
) -> Desired[VirtualAddress]:
    """Return the wanted addresses, and which others shall go.

    A lifetime that has run below half is to be set again; ``elapsed`` are the seconds since this
    run's first look, which what it set itself may have lost meanwhile.

    Raises InvalidInput for an interface that does not exist, and for an address that its interface
    has with another prefix length: it may be the host's own.
    """
    wanted: Dict[Key, VirtualAddress] = {}
    absent = set()
    holders: Holders = {}
    for entry in have.values():
        holders.setdefault((entry.interface, entry.address), []).append(entry)
    for declared in declaration.addresses:
        entry = declared.entry
        if entry.key not in have:
            _check_new(declared, interfaces, holders)
            if not declaration.take:
                continue
        if declared.absent:
            absent.add(entry.key)
        else:
            wanted[entry.key] = _with_running_lifetime(entry, have, elapsed)
    scope = declaration.purge

    def doomed(entry: VirtualAddress) -> bool:
        if entry.key in absent:
            return True
        return scope is not None and entry.address in scope and purgeable(entry)

    return Desired(wanted, doomed)


def _check_new(declared: DeclaredAddress, interfaces: AbstractSet[str], holders: Holders) -> None:
    entry = declared.entry
    if entry.interface not in interfaces:
        if declared.absent:
            return
        raise declared.item.error(
            "interface %s does not exist on this host (it has %s)"
            % (entry.interface, ", ".join(sorted(interfaces)))
        )
    if declared.absent and declared.exact:
        return
    for holder in holders.get((entry.interface, entry.address), ()):
        raise declared.item.error(_held(holder, declared))


def _held(holder: VirtualAddress, declared: DeclaredAddress) -> str:
    if holder.peer is not None:
        return "is there already as a point-to-point address with peer " + str(holder.peer)
    if declared.absent:
        return "is there with prefix length %d: give prefix: %d to remove it" % (
            holder.prefix,
            holder.prefix,
        )
    return "is there already with prefix length %d, not %d: give prefix: %d, or remove it first" % (
        holder.prefix,
        declared.entry.prefix,
        holder.prefix,
    )


def _with_running_lifetime(
    entry: VirtualAddress, have: State[VirtualAddress], elapsed: int
) -> VirtualAddress:
    """Accept a running lifetime: a declared number of seconds is a span, not a moment."""
    present = have.get(entry.key)
    full = entry.preferred_lifetime
    if present is None or not full or present.preferred_lifetime is None:
        return entry
    least = (full + 1) // 2 - elapsed
    if least <= present.preferred_lifetime <= full:
        return replace(entry, preferred_lifetime=present.preferred_lifetime)
    return entry
