# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The shape that every converging module shares: one item's options, or ``config:`` with a list.

``netns``, ``purge``, ``purge_scope`` and ``purge_ignore`` belong to the task, not to an item.
"""

from __future__ import annotations

from typing import Any, List, Mapping, Optional

from .._converge.errors import InvalidInput
from .._inet.network import Network, Scope, parse_network
from .item import Item, Vocabulary

PRESENT = "present"
ABSENT = "absent"

_CONFIG = Vocabulary(("config",))


def read_items(params: Mapping[str, Any], vocabulary: Vocabulary) -> List[Item]:
    """Return the items that a module's parameters declare.

    ``params`` may hold other keys than the vocabulary's; those are the task's own. Raises
    InvalidInput when ``config`` is mixed with an item's own options or has an entry that is no
    dictionary.
    """
    config = params.get("config")
    own = {
        name: value
        for name, value in params.items()
        if value is not None and name in vocabulary.canonical
    }
    if config is None:
        return [Item(own, "", vocabulary)]
    if own:
        raise InvalidInput(
            "%s and config exclude each other: move it into the entries" % sorted(own)[0]
        )
    entries = Item({"config": config}, "", _CONFIG).entries("config") or []
    return [Item(entry, "config[%d]" % index, vocabulary) for index, entry in enumerate(entries)]


def purges(params: Mapping[str, Any], limited: bool) -> bool:
    """Return whether unlisted entries go; ``limited`` if options say which of them.

    Raises InvalidInput for such options without ``purge``, and for ``purge`` without ``config``:
    one item's options are never the whole list by accident.
    """
    if not params.get("purge"):
        if limited:
            raise InvalidInput("purge_scope and purge_ignore need purge: true")
        return False
    if params.get("config") is None:
        raise InvalidInput("purge needs config: the list of everything that shall stay")
    return True


def read_purge(params: Mapping[str, Any]) -> Optional[Scope]:
    """Return the scope in which unlisted entries go, None when nothing is purged.

    Raises InvalidInput for a scope that is no address or CIDR, and as ``purges`` does.
    """
    only = read_networks(params, "purge_scope")
    ignore = read_networks(params, "purge_ignore")
    if not purges(params, limited=bool(only or ignore)):
        return None
    return Scope(only, ignore)


def read_networks(params: Mapping[str, Any], name: str) -> List[Network]:
    """Return the addresses and networks that the option ``name`` lists; raises InvalidInput."""
    networks = []
    for text in params.get(name) or ():
        try:
            networks.append(parse_network(str(text).strip()))
        except ValueError as error:
            raise InvalidInput("%s: %s" % (name, error)) from None
    return networks
