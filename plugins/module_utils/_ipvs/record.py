# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a record holds of services and servers, and what a task makes of it.

A service whose servers were declared as a list is recorded with all of them, as ipvs_service takes
it. Of another service the recorded servers are resources of their own, as ipvs_server takes them:
what else it has belongs to somebody else.
"""

from __future__ import annotations

from typing import Callable, Dict, Iterable, List, Mapping, NamedTuple, Sequence, Set, Union

from .._converge.errors import InvalidInput
from .._converge.plan import Desired
from .._converge.resource import Key, State
from .._declare.item import Item
from .._inet.address import Address
from .._record.keeping import Form
from .._record.text import Resources
from .declared.server import DeclaredServer
from .declared.service import SERVICE_VOCABULARY, DeclaredService, read_services
from .declared.task import Declared, read_task
from .described import describe_server, describe_service, describe_service_id
from .model import (
    Entry,
    Server,
    Service,
    ServiceId,
    Table,
    server_order,
    service_of,
    service_order,
)

KIND = "ipvs"


class RecordedService(NamedTuple):
    """A service; ``complete`` when the recorded servers are all that it shall have."""

    service: Service
    complete: bool

    @property
    def key(self) -> ServiceId:
        return self.service.key

    @property
    def name(self) -> str:
        return self.service.name

    def line(self) -> str:
        return self.service.line() + (" with these servers only" if self.complete else "")


RecordEntry = Union[RecordedService, Server]
RecordTable = Mapping[Key, RecordEntry]
Desire = Callable[[State[Entry]], Desired[Entry]]


def read_resources(resources: Resources) -> Dict[Key, RecordEntry]:
    """Return the entries that a record's resources declare; raises InvalidInput."""
    table: Dict[Key, RecordEntry] = {}
    items: List[Item] = []
    single: Resources = []
    for place, resource in enumerate(resources):
        if "service" in resource:
            single.append(resource)
        else:
            items.append(Item(resource, "resources[%d]" % place, SERVICE_VOCABULARY))
    for service, servers, absent in read_services(items, _no_lookup):
        if absent:
            raise InvalidInput("%s: state absent has no place in a record" % service.name)
        table[service.key] = RecordedService(service, servers is not None)
        for declared in servers or ():
            table[declared.server.key] = declared.server
    for entry in read_task({"config": single}, _no_lookup) if single else ():
        if not isinstance(entry, DeclaredServer):
            raise InvalidInput("only servers of state present have a place in a record")
        table[entry.server.key] = entry.server
    return table


def write_resources(table: RecordTable) -> Resources:
    """Return the resources that declare the entries: services in order, then single servers."""
    servers: Dict[ServiceId, List[Server]] = {}
    services: List[RecordedService] = []
    for entry in table.values():
        if isinstance(entry, RecordedService):
            services.append(entry)
        else:
            servers.setdefault(entry.key.service, []).append(entry)
    resources: Resources = []
    for service, complete in sorted(services, key=lambda each: service_order(each.key)):
        if complete:
            own = sorted(servers.pop(service.key, ()), key=server_order)
            resources.append(describe_service(service, own))
        else:
            options = describe_service(service, ())
            del options["servers"]
            resources.append(options)
    for key in sorted(servers, key=service_order):
        for server in sorted(servers[key], key=server_order):
            resources.append(dict(describe_server(server), service=describe_service_id(key)))
    return resources


FORM: Form[RecordEntry] = Form(KIND, read_resources, write_resources)


def pieces(entries: Iterable[RecordEntry]) -> List[List[RecordEntry]]:
    """Return the entries in pieces that can be brought back one without the other, in order.

    A service with its complete list of servers is one piece: without the list, none is complete.
    """
    found: List[List[RecordEntry]] = []
    whole: Dict[Key, List[RecordEntry]] = {}
    for entry in entries:
        piece = whole.get(entry.key.service) if isinstance(entry, Server) else None
        if piece is not None:
            piece.append(entry)
            continue
        found.append([entry])
        if isinstance(entry, RecordedService) and entry.complete:
            whole[entry.key] = found[-1]
    return found


def owner(entry: RecordEntry) -> ServiceId:
    """Return the service without which an entry could not come back."""
    return entry.key.service if isinstance(entry, Server) else entry.key


def plain(table: RecordTable) -> Table:
    """Return the entries as the kernel has them."""
    return {
        key: entry.service if isinstance(entry, RecordedService) else entry
        for key, entry in table.items()
    }


def complete_services(table: RecordTable) -> Set[ServiceId]:
    """Return the services that shall have the recorded servers only."""
    return {
        entry.key
        for entry in table.values()
        if isinstance(entry, RecordedService) and entry.complete
    }


def desired_services_record(
    declared: Sequence[DeclaredService], desire: Desire, have: RecordTable, seen: State[Entry]
) -> Desired[RecordEntry]:
    """Return what the record shall hold after a task about services. Pure.

    ``desire`` says what the task wants of any table; ``seen`` is what the kernel had, from which
    servers of a firewall mark get the ports that the task left open.
    """
    listed = {entry.service.key for entry in declared if entry.servers is not None}
    servers = [each for entry in declared for each in entry.servers or ()]
    view = _existing_ports(servers, have, seen)
    view.update(plain(have))
    return _recorded(desire(view), listed | complete_services(have))


def desired_servers_record(
    declared: Sequence[Declared], desire: Desire, have: RecordTable, seen: State[Entry]
) -> Desired[RecordEntry]:
    """Return what the record shall hold after a task about servers. Pure.

    A service that is in the kernel only is recorded with its first server: the server could not
    come back without it.
    """
    servers = [entry for entry in declared if isinstance(entry, DeclaredServer)]
    adopted: Table = {}
    # In the order of the declaration, so that check mode tells the very operations of the run.
    for key in dict.fromkeys(entry.server.key.service for entry in servers):
        service = seen.get(key)
        if key not in have and isinstance(service, Service):
            adopted[key] = service
    view: Table = _existing_ports(servers, have, seen)
    view.update(adopted)
    view.update(plain(have))
    desired = desire(view)
    wanted = dict(adopted)
    wanted.update(desired.wanted)
    return _recorded(Desired(wanted, desired.doomed), complete_services(have))


def _recorded(desired: Desired[Entry], complete: Set[ServiceId]) -> Desired[RecordEntry]:
    wanted: Dict[Key, RecordEntry] = {
        key: RecordedService(entry, key in complete) if isinstance(entry, Service) else entry
        for key, entry in desired.wanted.items()
    }

    def doomed(entry: RecordEntry) -> bool:
        return desired.doomed(entry.service if isinstance(entry, RecordedService) else entry)

    return Desired(wanted, doomed)


def _existing_ports(
    declared: Sequence[DeclaredServer], have: RecordTable, seen: State[Entry]
) -> Table:
    """Return the kernel's servers for those that were declared without a port and are new here."""
    places = {
        (entry.server.key.service, entry.server.key.address) for entry in declared if entry.any_port
    }
    if not places:
        return {}
    for recorded in have.values():
        if isinstance(recorded, Server):
            places.discard((recorded.key.service, recorded.key.address))
    return {
        key: entry
        for key, entry in seen.items()
        if isinstance(entry, Server) and (service_of(entry), entry.key.address) in places
    }


def _no_lookup(interface: str, _family: str) -> Address:
    raise InvalidInput("interface %s has no place in a record: give address" % interface)
