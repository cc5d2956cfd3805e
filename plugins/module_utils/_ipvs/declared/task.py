# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A task about real servers as declared: which servers in which state, and how to drain. Pure."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, NamedTuple, Sequence, Union

from ..._converge.errors import InvalidInput
from ..._declare.item import Item, Vocabulary
from ..._declare.task import ABSENT, PRESENT, read_items
from ..fwmark_port import DistinctServers
from ..model import ServerId, ServiceId
from .server import (
    SERVER_ALIASES,
    SERVER_OPTIONS,
    DeclaredServer,
    read_server,
    read_server_id,
)
from .service import SERVICE_ID_VOCABULARY, Lookup, read_service_id

DRAINED = "drained"
FAIL, FORCE, KEEP = "fail", "force", "keep"

TASK_VOCABULARY = Vocabulary(SERVER_OPTIONS + ("service", "state"), SERVER_ALIASES)
DRAIN_VOCABULARY = Vocabulary(
    ("drain", "drain_timeout", "drain_connections", "on_timeout", "expire_persistence")
)
MAXIMUM_TIMEOUT = 24 * 3600.0
MAXIMUM_CONNECTIONS = 0x7FFFFFFF


class DeclaredState(NamedTuple):
    """One declared server that shall be drained or absent; ``any_port`` as in DeclaredServer."""

    key: ServerId
    any_port: bool
    state: str


class Draining(NamedTuple):
    """How to drain: before removal too, for how many seconds, down to how many connections."""

    before_removal: bool
    timeout: float
    connections: int
    on_timeout: str
    expire_persistence: bool


Declared = Union[DeclaredServer, DeclaredState]


def read_task(params: Mapping[str, Any], lookup: Lookup) -> List[Declared]:
    """Return the servers that a module's parameters declare.

    ``service`` beside ``config`` stands for the service of every entry that names none. Raises
    InvalidInput for the first wrong entry.
    """
    shared = params.get("service") if params.get("config") is not None else None
    if shared is not None:
        params = {name: value for name, value in params.items() if name != "service"}
    declared: List[Declared] = []
    distinct = DistinctServers()
    services: Dict[str, ServiceId] = {}
    for index, item in enumerate(read_items(params, TASK_VOCABULARY)):
        options = item.get("service") if item.given("service") else shared
        service = _read_service(item, options, services, lookup)
        entry = _read_entry(item, service)
        distinct.add(item, "config[%d]" % index, key_of(entry), entry.any_port)
        declared.append(entry)
    return declared


def read_draining(params: Mapping[str, Any]) -> Draining:
    """Return how a task drains; raises InvalidInput."""
    names = DRAIN_VOCABULARY.names
    item = Item({name: params.get(name) for name in names}, "", DRAIN_VOCABULARY)
    return Draining(
        item.flag("drain", False) or False,
        item.number("drain_timeout", 0, MAXIMUM_TIMEOUT, 60.0),
        item.integer("drain_connections", 0, MAXIMUM_CONNECTIONS, 0) or 0,
        item.choice("on_timeout", (FAIL, FORCE, KEEP), FAIL) or FAIL,
        item.flag("expire_persistence", True) is not False,
    )


def services_of(declared: Sequence[Declared]) -> List[ServiceId]:
    """Return the services that declared servers belong to, each once, in order."""
    return list(dict.fromkeys(key_of(entry).service for entry in declared))


def key_of(entry: Declared) -> ServerId:
    """Return the identity of a declared server."""
    return entry.server.key if isinstance(entry, DeclaredServer) else entry.key


def _read_service(
    item: Item, options: Any, known: Dict[str, ServiceId], lookup: Lookup
) -> ServiceId:
    if not isinstance(options, (dict, Mapping)):
        reason = "is missing" if options is None else "must be a dictionary, not %r" % (options,)
        raise item.error("service %s: name the virtual service by address and port" % reason)
    # Thousands of entries name few services: each is read once.
    spelling = repr(options)
    service = known.get(spelling)
    if service is None:
        inner = Item(options, item.label_of("service"), SERVICE_ID_VOCABULARY)
        service = known[spelling] = read_service_id(inner, lookup)
    return service


def _read_entry(item: Item, service: ServiceId) -> Declared:
    state = item.choice("state", (PRESENT, DRAINED, ABSENT), PRESENT) or PRESENT
    if state == PRESENT:
        return read_server(item, service)
    server, any_port = read_server_id(item, service)
    if state == DRAINED and item.given("weight") and item.integer("weight", 0, 65535) != 0:
        raise item.error("weight does not go with state drained, which is weight 0")
    return DeclaredState(server, any_port, state)


def require_services(declared: Sequence[Declared], have: Mapping[Any, Any]) -> None:
    """Raise InvalidInput when a server shall be present in a service that does not exist."""
    for entry in declared:
        if isinstance(entry, DeclaredServer) and entry.server.key.service not in have:
            raise InvalidInput(
                "%s: its virtual service does not exist: declare it with ipvs_service first"
                % entry.server.name
            )
