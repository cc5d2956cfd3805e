# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging virtual services, with their servers where the declaration lists them."""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Mapping, Optional, Set

from .._converge.collector import collector_paused
from .._converge.plan import Desired
from .._converge.resource import State
from .._converge.runner import converge
from .._declare.task import read_items, read_purge
from .._inet.network import Scope
from .._kernel.netns import network_namespace
from .._kernel.termination import termination_as_error
from .access import open_ipvs, sole_writer
from .declared.server import DeclaredServer
from .declared.service import SERVICE_VOCABULARY, DeclaredService, read_services
from .driver import IpvsDriver
from .fwmark_port import ExistingPorts
from .interface import InterfaceLookup
from .model import Entry, Service, ServiceId, Table, service_of
from .plan import arrange

TITLE = "IPVS"


def converge_services(params: Mapping[str, Any], check: bool, with_diff: bool) -> Dict[str, Any]:
    """Converge the services that a module's parameters declare; return the module's result.

    Raises EdgeError; then the kernel is as it was, or the error says what could not be undone.
    """
    items = read_items(params, SERVICE_VOCABULARY)
    purge = read_purge(params)
    netns = params.get("netns")
    with collector_paused(), termination_as_error(), network_namespace(netns):
        declared = read_services(items, InterfaceLookup())
        named = {entry.service.key for entry in declared}
        with open_ipvs(check) as transport, sole_writer(check):
            driver = IpvsDriver(transport, None if purge else named)
            outcome = converge(driver, desire_services(declared, purge), arrange, check)
        return outcome.as_result(TITLE, with_diff)


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
