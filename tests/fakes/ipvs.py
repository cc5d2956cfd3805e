# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake IPVS at the level of bytes: it takes and gives what generic netlink carries.

It implements ``Transport`` of ``_ipvs/driver.py`` with a parser of its own, so that a mistake in
the codec cannot hide in the fake. Error numbers and traps are those of
net/netfilter/ipvs/ip_vs_ctl.c (Linux 6.1); tests/contract runs one suite against both.
"""

from __future__ import annotations

import errno
import os
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.sluice.edge.tests.fakes.ipvs_bytes import (
    AF_INET6,
    Dest,
    DestKey,
    Refused,
    Service,
    ServiceKey,
    attribute,
    attributes_of,
    dest_entry,
    dest_key,
    dest_settings,
    is_unicast,
    nested,
    p32,
    service_entry,
    service_key,
    service_settings,
    u32,
)

NEW_SERVICE, SET_SERVICE, DEL_SERVICE, GET_SERVICE = 1, 2, 3, 4
NEW_DEST, SET_DEST, DEL_DEST, GET_DEST = 5, 6, 7, 8
SET_CONFIG, GET_CONFIG, GET_INFO, ZERO, FLUSH = 12, 13, 15, 16, 17
WRITES = {
    NEW_SERVICE: "NEW_SERVICE",
    SET_SERVICE: "SET_SERVICE",
    DEL_SERVICE: "DEL_SERVICE",
    NEW_DEST: "NEW_DEST",
    SET_DEST: "SET_DEST",
    DEL_DEST: "DEL_DEST",
    SET_CONFIG: "SET_CONFIG",
    ZERO: "ZERO",
    FLUSH: "FLUSH",
}

HASHED, TUNNEL, GUE = 0x2, 2, 1
SCHEDULERS = (
    *("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh"),
    *("sh", "sed", "nq", "fo", "ovf", "mh", "twos"),
)
ENGINES = ("sip",)

_TIMEOUTS = {4: 900, 5: 120, 6: 300}


class Written(NamedTuple):
    """One write the fake was asked for: its command, what it was about, the error number."""

    command: str
    service: Optional[ServiceKey]
    dest: Optional[DestKey]
    error: int


class FakeIpvs:
    """The IPVS of one network namespace, in memory."""

    def __init__(
        self,
        schedulers: Sequence[str] = SCHEDULERS,
        engines: Sequence[str] = ENGINES,
        local: Sequence[bytes] = (),
    ) -> None:
        """``local`` holds the packed addresses of the host itself."""
        self.services: Dict[ServiceKey, Service] = {}
        self.config = dict(_TIMEOUTS)
        self.sync_daemon = False
        self.log: List[Written] = []
        self.reads = 0
        self.repeat_dumped_entries = False
        self.unreachable = False
        self._schedulers = tuple(schedulers)
        self._engines = tuple(engines)
        self._local = tuple(local)
        self._writes = 0
        self._unbinding: Set[int] = set()
        self._before: Dict[int, Callable[[], int]] = {}
        self._after: Dict[int, Callable[[], int]] = {}

    # What the driver needs.

    def batch(self, requests: Sequence[bytes]) -> List[int]:
        """Carry out requests in order; return an error number each, 0 for success."""
        self._reach()
        return [self._planned_write(request) for request in requests]

    def dump(self, request: bytes) -> List[bytes]:
        """Return the attributes of every entry that a dump request lists."""
        self._reach()
        self.reads += 1
        entries = self._dump(request)
        return entries + entries[:1] if self.repeat_dumped_entries else entries

    def get(self, request: bytes) -> bytes:
        """Return the attributes of the one answer to a request."""
        self._reach()
        self.reads += 1
        try:
            return self._get(request)
        except Refused as no:
            raise OSError(no.number, os.strerror(no.number)) from None

    # What tests need.

    def snapshot(self) -> Dict[ServiceKey, Any]:
        """Return everything that is configured, counters left out, to compare states by."""
        return {
            key: (
                service.scheduler,
                service.engine,
                service.flags,
                service.timeout,
                service.netmask,
                {dest.key: dest.settings for dest in service.dests.values()},
            )
            for key, service in self.services.items()
        }

    def other_program(self, request: bytes) -> int:
        """Carry out a write of somebody else: neither logged nor counted, and never failed."""
        return self._write(request)[2]

    def fail_write(self, number: int, error: int) -> None:
        """Refuse the ``number``-th write from now on (the next is 1) with an error number."""
        self._before[self._writes + number] = lambda: error

    def lose_scheduler(self, number: int, error: int = errno.ENOMEM) -> None:
        """Refuse the ``number``-th write half done: its service has no scheduler any more."""
        self._before[self._writes + number] = lambda: error
        self._unbinding.add(self._writes + number)

    def break_down(self, number: int, after: bool = False, error: int = errno.ENOBUFS) -> None:
        """Raise OSError before, or after, the ``number``-th write from now on takes effect."""

        def collapse() -> int:
            raise OSError(error, os.strerror(error))

        when = self._after if after else self._before
        when[self._writes + number] = collapse

    def before_write(self, number: int, action: Callable[[], Any]) -> None:
        """Let another program act right before the ``number``-th write from now on."""

        def act() -> int:
            action()
            return 0

        self._before[self._writes + number] = act

    def set_connections(
        self, address: bytes, port: int, active: int, inactive: int = 0, persistent: int = 0
    ) -> None:
        """Set the connection counts of every server with this address and port."""
        found = False
        for service in self.services.values():
            for dest in service.dests.values():
                if dest.key[1:] == (address, port):
                    dest.counts = (active, inactive, persistent)
                    found = True
        if not found:
            raise LookupError("no server %r:%d" % (address, port))

    def set_statistics(self, values: Sequence[int]) -> None:
        """Give every service and server these ten numbers (see ``attributes.STATISTICS``)."""
        for service in self.services.values():
            service.statistics = list(values)
            for dest in service.dests.values():
                dest.statistics = list(values)

    # Writes.

    def _reach(self) -> None:
        if self.unreachable:
            raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    def _planned_write(self, request: bytes) -> int:
        self._writes += 1
        number = self._writes
        error = self._before.pop(number, lambda: 0)()
        if error:
            service, dest = self._name(request)
            if number in self._unbinding:
                self.services[service].scheduler = "none"
        else:
            service, dest, error = self._write(request)
        self.log.append(Written(WRITES.get(request[0], "unknown"), service, dest, error))
        after = self._after.pop(number, None)
        if after is not None:
            after()
        return error

    def _write(self, request: bytes) -> Tuple[Optional[ServiceKey], Optional[DestKey], int]:
        service, dest = self._name(request)
        try:
            self._carry_out(request[0], attributes_of(request[1:]))
        except Refused as no:
            return service, dest, no.number
        return service, dest, 0

    def _name(self, request: bytes) -> Tuple[Optional[ServiceKey], Optional[DestKey]]:
        attributes = attributes_of(request[1:])
        try:
            key = service_key(nested(attributes.get(1), "service"))
        except Refused:
            return None, None
        if 2 not in attributes:
            return key, None
        try:
            return key, dest_key(nested(attributes[2], "dest"), key[1])
        except Refused:
            return key, None

    def _carry_out(self, command: int, attributes: Dict[int, bytes]) -> None:
        if command == FLUSH:
            self.services.clear()
        elif command == SET_CONFIG:
            self._set_config(attributes)
        elif command == ZERO and 1 not in attributes:
            self.set_statistics([0] * 10)
        elif command in WRITES:
            self._write_service(command, attributes)
        else:
            raise Refused(errno.EOPNOTSUPP)

    def _write_service(self, command: int, attributes: Dict[int, bytes]) -> None:
        given = nested(attributes.get(1), "service")
        key = service_key(given)
        service = self.services.get(key)
        settings = None
        if command in (NEW_SERVICE, SET_SERVICE):
            settings = service_settings(given, service)
        if command == NEW_SERVICE:
            if service is not None:
                raise Refused(errno.EEXIST)
            service = Service(key)
            self._configure(service, settings)
            self.services[key] = service
        elif service is None:
            raise Refused(errno.ESRCH)
        elif command == SET_SERVICE:
            self._configure(service, settings)
        elif command == DEL_SERVICE:
            del self.services[key]
        elif command == ZERO:
            service.statistics = [0] * 10
        else:
            self._write_dest(command, service, attributes)

    def _set_config(self, attributes: Dict[int, bytes]) -> None:
        given = {number: u32(attributes[number]) for number in _TIMEOUTS if number in attributes}
        if any(value > 0x7FFFFFFF // 250 for value in given.values()):
            raise Refused(errno.EINVAL)
        self.config.update({number: value for number, value in given.items() if value})

    def _configure(self, service: Service, settings: Any) -> None:
        scheduler, engine, flags, timeout, netmask = settings
        if scheduler != "none" and scheduler not in self._schedulers:
            raise Refused(errno.ENOENT)
        if engine and engine not in self._engines:
            raise Refused(errno.ENOENT)
        if service.key[1] == AF_INET6 and not 1 <= u32(netmask) <= 128:
            raise Refused(errno.EINVAL)
        service.scheduler = scheduler
        service.engine = engine or None
        service.flags = flags | HASHED
        service.timeout = timeout
        service.netmask = netmask

    def _write_dest(self, command: int, service: Service, attributes: Dict[int, bytes]) -> None:
        given = nested(attributes.get(2), "dest")
        key = dest_key(given, service.key[1])
        if command == DEL_DEST:
            if service.dests.pop(key, None) is None:
                raise Refused(errno.ENOENT)
            return
        settings = dest_settings(given)
        forward, weight, upper, lower, tunnel_type, tunnel_port, _tunnel_flags = settings
        if key[0] != service.key[1] and (self.sync_daemon or forward != TUNNEL):
            raise Refused(errno.EINVAL)
        if weight > 0x7FFFFFFF or lower > upper:
            raise Refused(errno.ERANGE)
        if tunnel_type == GUE and tunnel_port == 0:
            raise Refused(errno.EINVAL)
        present = service.dests.get(key)
        if command == SET_DEST:
            if present is None:
                raise Refused(errno.ENOENT)
            present.settings = settings
            return
        if present is not None:
            raise Refused(errno.EEXIST)
        if key[1] not in self._local and not is_unicast(key[0], key[1]):
            raise Refused(errno.EINVAL)
        dest = Dest(key)
        dest.settings = settings
        service.dests = {key: dest, **service.dests}

    # Reads.

    def _dump(self, request: bytes) -> List[bytes]:
        if request[0] == GET_SERVICE:
            return [service_entry(service) for service in self.services.values()]
        if request[0] != GET_DEST:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        try:
            key = service_key(nested(attributes_of(request[1:]).get(1), "service"))
        except Refused:
            return []
        service = self.services.get(key)
        return [dest_entry(dest) for dest in service.dests.values()] if service else []

    def _get(self, request: bytes) -> bytes:
        if request[0] == GET_INFO:
            return attribute(1, p32(0x010201)) + attribute(2, p32(4096))
        if request[0] == GET_CONFIG:
            return b"".join(attribute(number, p32(self.config[number])) for number in _TIMEOUTS)
        if request[0] != GET_SERVICE:
            raise Refused(errno.EOPNOTSUPP)
        key = service_key(nested(attributes_of(request[1:]).get(1), "service"))
        if key not in self.services:
            raise Refused(errno.ESRCH)
        return service_entry(self.services[key])
