# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Listing addresses as declarations, with what the kernel knows beside them."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Optional, Set, Tuple

from .._declare.item import Item, Vocabulary
from .._inet.address import Address
from .._kernel.netns import network_namespace
from .._kernel.rtnetlink import SCOPES, InterfaceAddress, Link, Rtnetlink
from .declared import FOREVER
from .model import VirtualAddress, observed
from .packet import spell_mac

_VOCABULARY = Vocabulary(names=("interface", "scope"))
ALL = "all"
SCOPE_CHOICES = ("global", "link", "host", ALL)


def list_addresses(params: Mapping[str, Any]) -> Dict[str, Any]:
    """Return the addresses that a module's parameters select; reads only."""
    options = {name: params.get(name) for name in _VOCABULARY.names}
    item = Item(options, "", _VOCABULARY)
    interface = item.text("interface")
    scope = item.choice("scope", SCOPE_CHOICES, "global")
    with network_namespace(params.get("netns")), Rtnetlink() as kernel:
        links = [link for link in kernel.links() if interface in (None, link.name)]
        if interface is not None and not links:
            raise item.error("interface %s does not exist on this host" % interface)
        records = [
            record
            for record in kernel.addresses()
            if interface in (None, record.interface)
            and scope in (ALL, SCOPES.get(record.scope, str(record.scope)))
        ]
    return describe(records, links)


def describe(records: List[InterfaceAddress], links: List[Link]) -> Dict[str, Any]:
    """Return the result's keys for these addresses and interfaces. Pure."""
    ordered = sorted(records, key=lambda record: (record.interface, record.address, record.prefix))
    return {
        "addresses": _declarations(ordered),
        "details": [_detail(record) for record in ordered],
        "interfaces": [_interface(link) for link in sorted(links, key=lambda link: link.name)],
    }


def _declarations(records: List[InterfaceAddress]) -> List[Dict[str, Any]]:
    found: List[Dict[str, Any]] = []
    seen: Set[Tuple[str, Address]] = set()
    for record in records:
        entry = observed(record)
        place = (entry.interface, entry.address)
        if place in seen or not _declarable(entry):
            continue
        seen.add(place)
        found.append(_declaration(entry))
    return found


def _declarable(entry: VirtualAddress) -> bool:
    lasting = not (entry.leased or entry.duplicate)
    return lasting and entry.peer is None and not entry.address.is_loopback


def _declaration(entry: VirtualAddress) -> Dict[str, Any]:
    declaration: Dict[str, Any] = {
        "address": str(entry.address),
        "prefix": entry.prefix,
        "interface": entry.interface,
        "preferred_lifetime": _lifetime(entry.preferred_lifetime),
    }
    if entry.label is not None:
        declaration["label"] = entry.label
    return declaration


def _detail(record: InterfaceAddress) -> Dict[str, Any]:
    entry = observed(record)
    return {
        "address": str(record.address),
        "prefix": record.prefix,
        "family": record.address.family,
        "interface": record.interface,
        "label": record.label,
        "peer": str(record.peer) if record.peer is not None else None,
        "broadcast": str(record.broadcast) if record.broadcast is not None else None,
        "scope": SCOPES.get(record.scope, str(record.scope)),
        "preferred_lifetime": _lifetime(entry.preferred_lifetime),
        "valid_lifetime": _lifetime(record.valid_lifetime if entry.leased else None),
        "secondary": record.secondary,
        "temporary": record.temporary,
        "tentative": record.tentative,
        "dadfailed": record.dadfailed,
        "deprecated": record.deprecated,
        "nodad": record.nodad,
        "leased": entry.leased,
        "kernel_made": record.kernel_made,
    }


def _interface(link: Link) -> Dict[str, Any]:
    return {
        "name": link.name,
        "mac": spell_mac(link.mac),
        "mtu": link.mtu,
        "up": link.is_up,
        "carrier": link.carries,
        "statistics": link.statistics,
    }


def _lifetime(seconds: Optional[int]) -> Any:
    return FOREVER if seconds is None else seconds
