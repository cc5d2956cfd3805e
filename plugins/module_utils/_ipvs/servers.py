# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Converging real servers, draining them where that is declared."""

from __future__ import annotations

import time
from typing import Any, Callable, Collection, Dict, List, Mapping, Optional, Sequence, Set, Tuple

from .._converge.collector import collector_paused
from .._converge.diff import joined
from .._converge.draining import DrainTimeout, with_undone
from .._converge.errors import EdgeError
from .._converge.plan import Desired, make_plan
from .._converge.resource import State
from .._converge.runner import Outcome, converge, revert
from .._converge.waiting import Clock
from .._declare.task import read_purge
from .._inet.network import Scope
from .._kernel.lock import sole_writer
from .._kernel.netns import network_namespace
from .._kernel.termination import termination_as_error
from .._record.keeping import Keeper, Runtime
from .._record.store import Store
from .access import LOCK, open_ipvs
from .declared.server import DeclaredServer
from .declared.task import (
    DRAINED,
    FAIL,
    FORCE,
    Declared,
    Draining,
    key_of,
    read_draining,
    read_task,
    require_services,
    services_of,
)
from .draining import Drained, wait_until_drained
from .driver import IpvsDriver, Transport
from .fwmark_port import ExistingPorts
from .interface import InterfaceLookup
from .model import Entry, Server, ServerId, Service, ServiceId, Table
from .plan import arrange
from .record import FORM, RecordEntry, desired_servers_record
from .services import TITLE
from .settings.converge import expire_quiescent_templates, revert_settings
from .settings.model import Setting
from .wire import attributes as a
from .wire.codec import encode_service_reference
from .wire.servers import CounterDecoder, ServerDecoder

CLOCK = Clock(time.monotonic, time.sleep)


class ServersTask:
    """One task about real servers: what is declared, and what of it can be planned."""

    def __init__(
        self,
        declared: List[Declared],
        draining: Draining,
        purge: Optional[Scope],
        check: bool,
    ) -> None:
        self._declared = declared
        self.draining = draining
        self._purge = purge
        self._check = check
        self.services = set(services_of(declared))
        self.may_drain = any(self._drains(entry) for entry in declared)

    def desired(self, have: State[Entry], quiet: Collection[ServerId] = ()) -> Desired[Entry]:
        """Return what shall be, given what is; servers in ``quiet`` stay, with weight 0. Pure.

        Raises InvalidInput when a server shall join a service that does not exist; in check mode
        it is taken for granted that an earlier task makes it.
        """
        if not self._check:
            require_services(self._declared, have)
        ports = ExistingPorts(have)
        wanted: Table = {}
        leaving: Set[ServerId] = set()
        for entry in self._declared:
            if isinstance(entry, DeclaredServer):
                server = ports.settle(*entry)
                wanted[server.key] = server
                continue
            for key in ports.identities(entry.key, entry.any_port):
                present = have.get(key)
                if entry.state != DRAINED and key not in quiet:
                    leaving.add(key)
                elif isinstance(present, Server):
                    wanted[key] = present._replace(weight=0)

        def doomed(entry: Entry) -> bool:
            if isinstance(entry, Service):
                return False
            if entry.key in leaving:
                return True
            return (
                self._purge is not None
                and entry.key.service in self.services
                and entry.key.address in self._purge
            )

        return Desired(wanted, doomed)

    def record(
        self, seen: State[Entry], quiet: Collection[ServerId] = ()
    ) -> Callable[[State[RecordEntry]], Desired[RecordEntry]]:
        """Return what the record shall hold, given what it holds and what the kernel had. Pure."""

        def declare(have: State[RecordEntry]) -> Desired[RecordEntry]:
            return desired_servers_record(
                self._declared, lambda view: self.desired(view, quiet), have, seen
            )

        return declare

    def to_drain(self, have: State[Entry]) -> List[Server]:
        """Return the existing servers that are waited for."""
        ports = ExistingPorts(have)
        existing = (
            have.get(key)
            for entry in self._declared
            if self._drains(entry)
            for key in ports.identities(key_of(entry), entry.any_port)
        )
        return [entry for entry in existing if isinstance(entry, Server)]

    def must_expire_persistence(self, targets: List[Server], have: State[Entry]) -> bool:
        """Tell whether known clients would go on coming to one of the servers."""
        if not self.draining.expire_persistence:
            return False
        services = (have.get(server.key.service) for server in targets)
        return any(isinstance(entry, Service) and entry.persistence for entry in services)

    def kept(self, drained: List[Drained]) -> Set[ServerId]:
        """Return the servers that stay because they still have connections."""
        if self.draining.on_timeout == FORCE:
            return set()
        return {entry.server.key for entry in drained if entry.timed_out}

    def _drains(self, entry: Declared) -> bool:
        if isinstance(entry, DeclaredServer):
            return False
        return entry.state == DRAINED or self.draining.before_removal


def converge_servers(
    params: Mapping[str, Any],
    check: bool,
    with_diff: bool,
    clock: Clock = CLOCK,
    store: Optional[Store] = None,
) -> Dict[str, Any]:
    """Converge the real servers that a module's parameters declare; return the module's result.

    Raises EdgeError; then kernel and record are as they were, or the error says what could not be
    undone.
    """
    purge = read_purge(params)
    draining = read_draining(params)
    keeper = Keeper(FORM, params, store or Store())
    netns = params.get("netns")
    with collector_paused(), termination_as_error():
        if not keeper.parts.runtime:
            task = ServersTask(read_task(params, InterfaceLookup(netns)), draining, purge, check)
            done = keeper.run(check, None, task.record)
            return dict(done.as_result(TITLE, with_diff), drained=[])
        with network_namespace(netns):
            task = ServersTask(read_task(params, InterfaceLookup()), draining, purge, check)
            with open_ipvs(check) as transport:
                driver = IpvsDriver(transport, task.services)
                if task.may_drain:
                    return _converge_draining(
                        transport, driver, task, keeper, clock, check, with_diff
                    )
                runtime = Runtime(
                    lambda: converge(driver, task.desired, arrange, check),
                    lambda outcome: revert(driver, outcome, arrange),
                )
                with sole_writer(LOCK, check):
                    done = keeper.run(check, runtime, task.record)
    return dict(done.as_result(TITLE, with_diff), drained=[])


def _converge_draining(
    transport: Transport,
    driver: IpvsDriver,
    task: ServersTask,
    keeper: Keeper[RecordEntry],
    clock: Clock,
    check: bool,
    with_diff: bool,
) -> Dict[str, Any]:
    keeper.require_readable()
    observed = driver.read()
    targets = task.to_drain(observed)
    begun = Begun(driver)
    try:
        if task.must_expire_persistence(targets, observed):
            begun.expiry = expire_quiescent_templates(check)
        expiry = begun.expiry
        drained: List[Drained] = []
        if targets and not check:
            drained = _drain(transport, driver, task, targets, clock, begun)
        kept = task.kept(drained)

        def finish() -> Outcome[Entry]:
            if not check:
                converge(driver, lambda have: task.desired(have, kept), arrange)
            return Outcome(observed, make_plan(observed, task.desired(observed, kept), arrange))

        runtime = Runtime(finish, lambda outcome: revert(driver, outcome, arrange))
        with sole_writer(LOCK, check):
            done = keeper.run(check, runtime, lambda seen: task.record(seen, kept))
    except (EdgeError, OSError) as error:
        if check:
            raise
        raise with_undone(error, *begun.put_back()) from None
    except BaseException:
        if not check:
            begun.put_back()
        raise
    result = done.as_result(TITLE, with_diff)
    if expiry is not None and expiry.changed:
        result = joined(expiry.as_result(TITLE, with_diff), result)
    return dict(result, drained=[entry.as_result() for entry in drained])


class Begun:
    """What a drain did before it waited: weights that are 0, and a kernel parameter."""

    def __init__(self, driver: IpvsDriver) -> None:
        self._driver = driver
        self.quieted: Optional[Outcome[Entry]] = None
        self.expiry: Optional[Outcome[Setting]] = None

    def put_back(self) -> Tuple[List[str], List[str]]:
        """Take back what is not taken back yet; return (undone, not undone) as lines."""
        undone: List[str] = []
        kept: List[str] = []
        quieted, expiry = self.quieted, self.expiry
        self.quieted = self.expiry = None
        if quieted is not None:
            _take_back(quieted, lambda: self._revert(quieted), undone, kept)
        if expiry is not None:
            _take_back(expiry, lambda: revert_settings(expiry), undone, kept)
        return undone, kept

    def _revert(self, quieted: Outcome[Entry]) -> Outcome[Entry]:
        with sole_writer(LOCK, check=False):
            return revert(self._driver, quieted, arrange)


def _take_back(
    outcome: Outcome[Any],
    undo: Callable[[], Outcome[Any]],
    undone: List[str],
    kept: List[str],
) -> None:
    try:
        undone += [str(operation) for operation in undo().plan]
    except (EdgeError, OSError) as error:
        kept += ["%s: %s" % (operation.inverse(), error) for operation in outcome.plan]


def _drain(
    transport: Transport,
    driver: IpvsDriver,
    task: ServersTask,
    targets: List[Server],
    clock: Clock,
    begun: Begun,
) -> List[Drained]:
    quiet = {server.key for server in targets}
    services = list(dict.fromkeys(server.key.service for server in targets))
    with sole_writer(LOCK, check=False):
        begun.quieted = converge(driver, lambda have: task.desired(have, quiet), arrange)
    draining = task.draining
    drained = wait_until_drained(
        targets,
        lambda: count_connections(transport, services),
        draining.connections,
        draining.timeout,
        clock,
    )
    late = [entry for entry in drained if entry.timed_out]
    if late and draining.on_timeout == FAIL:
        undone, kept = begun.put_back()
        raise DrainTimeout(_too_slow(late, draining, kept), drained, undone, kept)
    return drained


def count_connections(transport: Transport, services: List[ServiceId]) -> Dict[ServerId, int]:
    """Return the active connections of every server of some services."""
    decoder, counting = ServerDecoder(), CounterDecoder()
    counts: Dict[ServerId, int] = {}
    for service in services:
        entries = transport.dump(encode_service_reference(a.CMD_GET_DEST, service))
        for server, entry in zip(decoder.decode(service, entries), entries):
            counts[server.key] = counting.decode(entry).active
    return counts


def _too_slow(late: List[Drained], draining: Draining, kept: Sequence[str]) -> str:
    first = late[0]
    more = " and %d more" % (len(late) - 1) if len(late) > 1 else ""
    back = "NOT undone: " + "; ".join(kept) if kept else "every weight was put back"
    return (
        "%s%s: %d active connections are left after %g s (%d at first, at most %d wanted); %s; "
        "raise drain_timeout, or set on_timeout to force or keep"
        % (
            first.server.name,
            more,
            first.samples[-1][1],
            draining.timeout,
            first.samples[0][1],
            draining.connections,
            back,
        )
    )
