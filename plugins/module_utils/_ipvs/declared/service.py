# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual services as declared: options in, canonical entries out. Pure."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from ..._converge.errors import EdgeError
from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT, PRESENT
from ..._inet.address import BITS, FAMILIES, IPV4, IPV6, Address, parse_address
from ..._inet.network import parse_prefix
from ..fwmark_port import DistinctServers
from ..model import FLAGS, OPS, PROTOCOLS, SCHEDULERS, TCP, UDP, Service, ServiceId
from .server import SERVER_VOCABULARY, DeclaredServer, read_server

Lookup = Callable[[str, str], Address]
"""Finds the address of an interface or alias label in a family; raises EdgeError."""

MAXIMUM_PERSISTENCE = 31 * 24 * 3600

ID_OPTIONS = ("address", "port", "protocol", "fwmark", "family", "interface")
ID_ALIASES = {"host": "address", "type": "protocol"}
SERVICE_ID_VOCABULARY = Vocabulary(ID_OPTIONS, ID_ALIASES)
SERVICE_VOCABULARY = Vocabulary(
    ID_OPTIONS
    + (
        "scheduler",
        "flags",
        "persistence",
        "netmask",
        "persistence_engine",
        "servers",
        "state",
    ),
    dict(ID_ALIASES, prefix="netmask", persistence_timeout="persistence"),
)


class DeclaredService(NamedTuple):
    """One declared service; ``servers`` is None when the declaration says nothing of them."""

    service: Service
    servers: Optional[Tuple[DeclaredServer, ...]]
    absent: bool


def read_services(items: Sequence[Item], lookup: Lookup) -> List[DeclaredService]:
    """Return the services that ``items`` declare; raises InvalidInput for the first wrong one."""
    declared = []
    seen: Dict[ServiceId, int] = {}
    for index, item in enumerate(items):
        entry = _read_service(item, lookup)
        first = seen.setdefault(entry.service.key, index)
        if first != index:
            raise item.error("config[%d] declares the same virtual service" % first)
        declared.append(entry)
    return declared


def read_service_id(item: Item, lookup: Lookup) -> ServiceId:
    """Return the identity that an item's options name, and call the item by it."""
    if item.given("fwmark"):
        item.refuse(("address", "interface", "port", "protocol"), "fwmark")
        mark = item.integer("fwmark", 1, 0xFFFFFFFF) or 0
        family = item.choice("family", FAMILIES, IPV4) or IPV4
        key = ServiceId(family, "", None, 0, mark)
        item.call(str, key)
        return key
    protocol = item.choice("protocol", PROTOCOLS, TCP) or TCP
    address = _service_address(item, lookup)
    port = item.integer("port", 0, 65535)
    if port is None:
        raise item.error("port is missing: give port, or fwmark instead of address and port")
    key = ServiceId(address.family, protocol, address, port, 0)
    item.call(str, key)
    return key


def _service_address(item: Item, lookup: Lookup) -> Address:
    interface = item.text("interface")
    if interface is not None:
        item.refuse(("address",), "interface")
        wanted = item.choice("family", FAMILIES, IPV4) or IPV4
        try:
            return lookup(interface, wanted)
        except EdgeError as error:
            raise item.error(str(error)) from None
    address = item.address("address")
    if address is None:
        raise item.error("address is missing: give address, interface or fwmark")
    family = item.choice("family", FAMILIES)
    if family is not None and family != address.family:
        raise item.error("family %s does not go with address %s" % (family, address))
    if not address.is_unicast:
        raise item.error("address %s is not an address that a host can have" % (address,))
    return address


def _read_service(item: Item, lookup: Lookup) -> DeclaredService:
    key = read_service_id(item, lookup)
    absent = item.choice("state", (PRESENT, ABSENT), PRESENT) == ABSENT
    scheduler = item.choice("scheduler", SCHEDULERS, "wlc") or "wlc"
    persistence = item.integer("persistence", 0, MAXIMUM_PERSISTENCE, 0) or 0
    engine = _engine(item, key, persistence)
    if key.address is not None and key.port == 0 and not persistence and not absent:
        raise item.error("port 0 (every port) needs persistence")
    service = Service(
        key,
        scheduler,
        _flags(item, key, scheduler),
        persistence,
        _netmask(item, key.family, persistence),
        engine,
    )
    servers = _servers(item, key)
    if absent and servers:
        raise item.error("servers do not go with state absent: they go with their service")
    return DeclaredService(service, servers, absent)


def _engine(item: Item, key: ServiceId, persistence: int) -> str:
    engine = item.text("persistence_engine") or ""
    if not engine:
        return engine
    if not persistence:
        raise item.error("persistence_engine needs persistence")
    if len(engine) > 16:
        raise item.error("persistence_engine %r is longer than 16 characters" % engine)
    if key.address is not None and key.protocol != UDP:
        raise item.error("persistence_engine needs protocol udp or a fwmark")
    return engine


def _flags(item: Item, key: ServiceId, scheduler: str) -> Tuple[str, ...]:
    given = item.words("flags") or []
    canonical = []
    for flag in given:
        if flag not in FLAGS:
            raise item.error("flags: %r is none of %s" % (flag, ", ".join(FLAGS)))
        if flag == OPS and key.address is not None and key.protocol != UDP:
            raise item.error("flags: ops (one packet) needs protocol udp or a fwmark")
        if flag[:3] in ("sh-", "mh-") and flag[:2] != scheduler:
            raise item.error("flags: %s needs scheduler %s" % (flag, flag[:2]))
        if scheduler in ("sh", "mh") and flag in ("flag-1", "flag-2"):
            flag = scheduler + ("-fallback" if flag == "flag-1" else "-port")
        canonical.append(flag)
    return tuple(sorted(set(canonical), key=FLAGS.index))


def _netmask(item: Item, family: str, persistence: int) -> str:
    text = item.text("netmask")
    if not persistence:
        if text is not None:
            raise item.error("netmask needs persistence")
        return ""
    if text is None:
        return str(BITS[family])
    try:
        prefix = parse_prefix(text.lstrip("/"), family)
    except ValueError as error:
        if family == IPV4 and _is_dotted(text):
            return text
        raise item.error("netmask: %s" % error) from None
    if family == IPV6 and prefix == 0:
        raise item.error("netmask: the kernel takes an IPv6 prefix of 1 to 128, not 0")
    return str(prefix)


def _is_dotted(text: str) -> bool:
    try:
        return parse_address(text).family == IPV4
    except ValueError:
        return False


def _servers(item: Item, key: ServiceId) -> Optional[Tuple[DeclaredServer, ...]]:
    entries: Optional[List[Mapping[str, object]]] = item.entries("servers")
    if entries is None:
        return None
    servers = []
    distinct = DistinctServers()
    for index, options in enumerate(entries):
        label = item.label_of("servers", index)
        entry = Item(options, label, SERVER_VOCABULARY)
        server = read_server(entry, key)
        distinct.add(entry, label, server.server.key, server.any_port)
        servers.append(server)
    return tuple(servers)
