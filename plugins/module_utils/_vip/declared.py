# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to wanted and unwanted addresses: all that can be told without the kernel."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from .._converge.errors import InvalidInput
from .._declare.item import Item, Vocabulary
from .._declare.task import ABSENT, PRESENT, read_items, read_purge
from .._inet.address import BITS, IPV4, IPV6, Address, parse_address
from .._inet.network import Network, Scope, parse_prefix
from .model import MAXIMUM_LIFETIME, Manner, VirtualAddress

VOCABULARY = Vocabulary(
    names=(
        "address",
        "prefix",
        "interface",
        "label",
        "preferred_lifetime",
        "nodad",
        "duplicate_detection",
        "duplicate_detection_timeout",
        "announce_count",
        "announce_interval",
        "state",
    ),
    aliases={"ip": "address", "alias": "label"},
)
FOREVER = "forever"
_NAME_BYTES = 15  # IFNAMSIZ without its NUL (linux/if.h); labels have the same size
_MAPPED = b"\0" * 10 + b"\xff\xff"


class DeclaredAddress(NamedTuple):
    """One item: the address, how to take it, and whether it shall exist.

    ``exact`` tells whether the prefix length was given or is only the default.
    """

    item: Item
    entry: VirtualAddress
    manner: Manner
    absent: bool
    exact: bool


class Declaration(NamedTuple):
    """The whole task: its items, where unlisted addresses go, and whether new ones are taken."""

    addresses: List[DeclaredAddress]
    purge: Optional[Scope]
    take: bool = True


def read_declaration(params: Mapping[str, Any]) -> Declaration:
    """Return what a module's parameters declare; raises InvalidInput."""
    purge = read_purge(params)
    if purge is not None and not params.get("purge_scope"):
        raise InvalidInput(
            "purge needs purge_scope: without one the host's own addresses would go; name the "
            "networks that the virtual addresses are taken from"
        )
    addresses = [_read(item) for item in read_items(params, VOCABULARY)]
    _refuse_duplicates(addresses)
    return Declaration(addresses, purge, params.get("take") is not False)


def _read(item: Item) -> DeclaredAddress:
    network, exact = _network(item)
    address = network.address
    interface = _interface(item)
    item.call("{} on {}".format, address, interface)
    entry = VirtualAddress(
        interface=interface,
        address=address,
        prefix=network.prefix,
        label=_label(item, interface, address),
        preferred_lifetime=_lifetime(item),
    )
    absent = item.choice("state", (PRESENT, ABSENT), PRESENT) == ABSENT
    return DeclaredAddress(item, entry, _manner(item, address), absent, exact)


def _network(item: Item) -> Tuple[Network, bool]:
    text = item.text("address")
    if text is None:
        raise item.error("address is required")
    item.call(text)
    host, slash, suffix = text.partition("/")
    try:
        address = parse_address(host)
        prefix = parse_prefix(suffix, address.family) if slash else None
    except ValueError as error:
        raise item.error("address: %s" % error) from None
    prefix = _agreed_prefix(item, address, prefix)
    exact = prefix is not None
    network = Network(address, BITS[address.family] if prefix is None else prefix)
    reason = _unusable(network)
    if reason is not None:
        raise item.error("address %s" % reason)
    return network, exact


def _agreed_prefix(item: Item, address: Address, written: Optional[int]) -> Optional[int]:
    text = item.text("prefix")
    if text is None:
        return written
    try:
        prefix = parse_prefix(text, address.family)
    except ValueError as error:
        raise item.error("prefix: %s" % error) from None
    if written is not None and written != prefix:
        raise item.error("prefix %d contradicts /%d of address: give one" % (prefix, written))
    return prefix


def _unusable(network: Network) -> Optional[str]:
    """Return why no host can have the address, None when one can."""
    address, prefix = network
    if address.is_unspecified:
        return "is the unspecified address"
    if address.is_multicast:
        return "is a multicast address"
    if address.is_broadcast:
        return "is the broadcast address"
    if address.is_loopback:
        return "is a loopback address, which the kernel sets itself"
    if address.family == IPV6 and address.packed.startswith(_MAPPED):
        return "is an IPv4 address mapped into IPv6: write it as IPv4"
    if prefix == 0:
        return "has the prefix length 0, which stands for every address"
    return _edge_of_subnet(address, prefix) if address.family == IPV4 else None


def _edge_of_subnet(address: Address, prefix: int) -> Optional[str]:
    # RFC 3021: with 31 bits both addresses are hosts.
    if prefix >= 31:
        return None
    host_mask = (1 << (32 - prefix)) - 1
    host = int.from_bytes(address.packed, "big") & host_mask
    if host == 0:
        return "is the network address of its /%d" % prefix
    if host == host_mask:
        return "is the broadcast address of its /%d" % prefix
    return None


def _interface(item: Item) -> str:
    name = item.text("interface")
    if name is None:
        raise item.error("interface is required")
    if ":" in name:
        raise item.error(
            "interface %r is a label: give interface %s and label %s"
            % (name, name.partition(":")[0], name)
        )
    if len(name.encode()) > _NAME_BYTES or "/" in name or name in (".", "..") or " " in name:
        raise item.error("interface %r is not the name of an interface" % name)
    return name


def _label(item: Item, interface: str, address: Address) -> Optional[str]:
    label = item.text("label")
    if label is None:
        return None
    if address.family != IPV4:
        raise item.error("label does not go with an IPv6 address: only IPv4 has labels")
    if label == interface:
        return None
    if not label.startswith(interface + ":") or label == interface + ":":
        raise item.error(
            "label %r must start with the interface's name, as %s:0 does" % (label, interface)
        )
    if len(label.encode()) > _NAME_BYTES:
        raise item.error("label %r has more than %d bytes" % (label, _NAME_BYTES))
    return label


def _lifetime(item: Item) -> Optional[int]:
    value = item.get("preferred_lifetime")
    if isinstance(value, str) and value.strip() == FOREVER:
        return None
    return item.integer("preferred_lifetime", 0, MAXIMUM_LIFETIME)


def _manner(item: Item, address: Address) -> Manner:
    if address.family == IPV4:
        item.refuse(("nodad",), "an IPv4 address: it has duplicate_detection")
    else:
        item.refuse(
            ("duplicate_detection", "duplicate_detection_timeout"),
            "an IPv6 address: it has nodad",
        )
    usual = Manner()
    return Manner(
        nodad=bool(item.flag("nodad", usual.nodad)),
        detect=bool(item.flag("duplicate_detection", usual.detect)),
        detect_timeout=item.number("duplicate_detection_timeout", 0.2, 60, usual.detect_timeout),
        announce_count=item.integer("announce_count", 0, 100, usual.announce_count) or 0,
        announce_interval=item.number("announce_interval", 0.1, 60, usual.announce_interval),
    )


def _refuse_duplicates(addresses: List[DeclaredAddress]) -> None:
    places: Dict[Tuple[str, Address], int] = {}
    for place, declared in enumerate(addresses):
        entry = declared.entry
        first = places.setdefault((entry.interface, entry.address), place)
        if first == place:
            continue
        other = addresses[first]
        if other.absent != declared.absent:
            raise declared.item.error(
                "is declared present and absent, the other time in config[%d]" % first
            )
        raise declared.item.error("is declared twice, first in config[%d]" % first)
