# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Reading the table: all of it, or only what a transaction of ours touched."""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ..._converge.errors import Unavailable
from ..._kernel.nfnetlink import Interrupted, NetfilterRefused
from ..ports import Netfilter
from .elements import Members, is_remembered
from .layout import Framing
from .observed import Listing, frame_damage, is_usable, without_counters
from .places import NAME
from .rules import Rules
from .sets import shape_of
from .transaction import Change
from .wire import elements, messages
from .wire.elements import Key
from .wire.messages import Header, SetShape, request

ATTEMPTS = 20
"""How often the table is read anew when somebody changes the ruleset meanwhile."""
FEW = 256
"""Elements that are asked for one by one rather than by listing their sets."""

Chains = Dict[str, Tuple[Header, Rules]]


def read_listing(netfilter: Netfilter) -> Tuple[int, Optional[Listing]]:
    """Return the ruleset's generation and the table in it, None without the table.

    Raises Unavailable when the kernel does not tell, or when the ruleset never rests.
    """
    for _attempt in range(ATTEMPTS):
        try:
            generation = read_generation(netfilter)
            listing = _read(netfilter, generation)
            if read_generation(netfilter) == generation:
                return generation, listing
        except Interrupted:
            continue
        except NetfilterRefused as error:
            if not error.stale:
                raise Unavailable(
                    "nftables cannot be read: %s (module nf_tables)" % error
                ) from None
    raise Unavailable(
        "nftables cannot be read: another program keeps changing it; try again when it is done"
    )


def read_generation(netfilter: Netfilter) -> int:
    """Return the number that grows with each transaction in this namespace, never 0."""
    return messages.read_generation(netfilter.get(request(messages.GET_GENERATION)))


def is_confirmed(netfilter: Netfilter, change: Change) -> bool:
    """Tell whether the table is what a change led to and nobody else has written since.

    Only what the change touched is read.
    """
    generation = change.result.generation
    try:
        if read_generation(netfilter) != generation:
            return False
        if not change.result.exists:
            return _table(netfilter) is None
        if not _frame_is_right(netfilter, change) or not _elements_are_right(netfilter, change):
            return False
        return read_generation(netfilter) == generation
    except (Interrupted, NetfilterRefused):
        return False


def _table(netfilter: Netfilter) -> Optional[bytes]:
    return netfilter.get(request(messages.GET_TABLE, messages.in_table(NAME)))


def _read(netfilter: Netfilter, generation: int) -> Optional[Listing]:
    table = _table(netfilter)
    if table is None:
        return None
    chains, sets = _read_frame(netfilter)
    members = {
        name: _read_members(netfilter, name, shape)
        for name, shape in sets.items()
        if is_usable(name, shape)
    }
    return Listing(generation, messages.read_table_flags(table), chains, sets, members)


def _read_frame(netfilter: Netfilter) -> Tuple[Chains, Dict[str, SetShape]]:
    chains: Chains = {}
    # Of chains, the kernel lists those of other tables as well.
    for entry in netfilter.dump(request(messages.GET_CHAIN)):
        found = messages.read_chain(NAME, entry)
        if found is not None:
            chains[found[0]] = (found[1], [])
    where = messages.in_table(NAME)
    for entry in netfilter.dump(request(messages.GET_RULE, where)):
        chain, rule = messages.read_rule(entry)
        if chain not in chains:
            raise Interrupted
        chains[chain][1].append(rule)
    entries = netfilter.dump(request(messages.GET_SET, where))
    return chains, dict(messages.read_set(entry) for entry in entries)


def _read_members(netfilter: Netfilter, name: str, shape: SetShape) -> Members:
    found: Members = {}
    listing = elements.listing(NAME, name)
    for entry in netfilter.dump(request(messages.GET_ELEMENT, listing)):
        found.update(elements.read(entry, shape.key_length))
    return found


def _frame_is_right(netfilter: Netfilter, change: Change) -> bool:
    chains, sets = _read_frame(netfilter)
    wanted = Framing(tuple(change.result.sets), change.result.chains)
    return all(is_usable(name, shape) for name, shape in sets.items()) and not frame_damage(
        wanted, chains, sets
    )


def _elements_are_right(netfilter: Netfilter, change: Change) -> bool:
    few = sum(map(len, change.touched.values())) <= FEW
    for name, keys in change.touched.items():
        shape = shape_of(name)
        if shape is None:
            return False
        wanted = change.result.sets[name]
        if few and not shape.fields and all(keys):
            found = _read_each(netfilter, name, shape, keys)
            wanted = {key: wanted[key] for key in keys if key in wanted}
        else:
            found = _read_members(netfilter, name, shape)
        if is_remembered(name):
            # Packets go on to add to it: only what was taken away has to be gone.
            if not found.keys().isdisjoint(keys):
                return False
        elif without_counters(name, found)[0] != wanted:
            return False
    return True


def _read_each(netfilter: Netfilter, name: str, shape: SetShape, keys: List[Key]) -> Members:
    found: Members = {}
    for key in keys:
        entry = netfilter.get(elements.get(NAME, name, key))
        if entry is not None:
            found.update(elements.read(entry, shape.key_length))
    return found
