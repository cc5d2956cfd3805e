# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging virtual services, with their servers where the declaration lists them."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from .._converge.collector import collector_paused
from .._converge.plan import Desired
from .._converge.resource import State
from .._converge.runner import converge, revert
from .._declare.task import read_items, read_purge
from .._inet.network import Scope
from .._kernel.lock import sole_writer
from .._kernel.netns import network_namespace
from .._kernel.termination import termination_as_error
from .._record.keeping import Keeper, Runtime
from .._record.store import Store
from .access import LOCK, open_ipvs
from .declared.server import DeclaredServer
from .declared.service import SERVICE_VOCABULARY, DeclaredService, read_services
from .driver import IpvsDriver
from .fwmark_port import ExistingPorts
from .interface import InterfaceLookup
from .model import Entry, Service, ServiceId, Table, service_of
from .plan import arrange
from .record import FORM, desired_services_record

TITLE = "IPVS"


def converge_services(
    params: Mapping[str, Any], check: bool, with_diff: bool, store: Optional[Store] = None
) -> Dict[str, Any]:
    """Converge the services that a module's parameters declare; return the module's result.

    Raises EdgeError; then kernel and record are as they were, or the error says what could not be
    undone.
    """
    items = read_items(params, SERVICE_VOCABULARY)
    purge = read_purge(params)
    keeper = Keeper(FORM, params, store or Store())
    netns = params.get("netns")
    with collector_paused(), termination_as_error(), ExitStack() as stack:
        runtime: Optional[Runtime] = None
        if keeper.parts.runtime:
            stack.enter_context(network_namespace(netns))
            netns = None
        declared = read_services(items, InterfaceLookup(netns))
        desire = desire_services(declared, purge)
        if keeper.parts.runtime:
            named = {entry.service.key for entry in declared}
            transport = stack.enter_context(open_ipvs(check))
            stack.enter_context(sole_writer(LOCK, check))
            driver = IpvsDriver(transport, None if purge else named)
            runtime = Runtime(
                lambda: converge(driver, desire, arrange, check),
                lambda outcome: revert(driver, outcome, arrange),
            )
        done = keeper.run(
            check,
            runtime,
            lambda seen: lambda have: desired_services_record(declared, desire, have, seen),
        )
        return done.as_result(TITLE, with_diff)


def desired_services(
    declared: List[DeclaredService], purge: Optional[Scope], have: State[Entry]
) -> Desired[Entry]:
    """Return what shall be, given what is. Pure."""
    return desire_services(declared, purge)(have)


def desire_services(
    declared: List[DeclaredService], purge: Optional[Scope]
) -> Callable[[State[Entry]], Desired[Entry]]:
    """Return the function that tells, given what is, what shall be. Pure.

    What does not depend on what is, nearly everything, is put together once for all its calls.
    """
    fixed: Table = {}
    open_ports: List[DeclaredServer] = []
    named: Set[ServiceId] = set()
    absent: Set[ServiceId] = set()
    listed: Set[ServiceId] = set()
    for service, servers, gone in declared:
        named.add(service.key)
        if gone:
            absent.add(service.key)
            continue
        fixed[service.key] = service
        if servers is not None:
            listed.add(service.key)
            for declared_server in servers:
                if declared_server.any_port:
                    open_ports.append(declared_server)
                else:
                    fixed[declared_server.server.key] = declared_server.server

    def doomed(entry: Entry) -> bool:
        key = service_of(entry)
        if key in absent or (key in listed and not isinstance(entry, Service)):
            return True
        return purge is not None and key not in named and key.address in purge

    def desire(have: State[Entry]) -> Desired[Entry]:
        if not open_ports:
            return Desired(fixed, doomed)
        ports = ExistingPorts(have)
        settled = (ports.settle(*declared_server) for declared_server in open_ports)
        return Desired({**fixed, **{server.key: server for server in settled}}, doomed)

    return desire
