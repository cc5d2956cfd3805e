# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A fake of what ipvs_settings touches: sync daemons and timeouts as bytes, /proc/sys as text.

Error numbers, defaults and limits are those of start_sync_thread (ip_vs_sync.c), ip_vs_set_timeout
and the sysctl table (ip_vs_ctl.c) of Linux 6.1; tests/contract runs one suite against both.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Set, Tuple

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import Unavailable
from ansible_collections.sluice.edge.tests.fakes.ipvs_bytes import attribute, attributes_of

NEW_DAEMON, DEL_DAEMON, GET_DAEMON = 9, 10, 11
SET_CONFIG, GET_CONFIG, GET_INFO = 12, 13, 15
WRITES = (NEW_DAEMON, DEL_DAEMON, SET_CONFIG)
MASTER, BACKUP = 1, 2
HZ = 250

SYSCTL_DEFAULTS = {
    "net.ipv4.vs.conntrack": "0",
    "net.ipv4.vs.conn_reuse_mode": "1",
    "net.ipv4.vs.expire_nodest_conn": "0",
    "net.ipv4.vs.expire_quiescent_template": "0",
    "net.ipv4.vs.sloppy_tcp": "0",
    "net.ipv4.vs.sloppy_sctp": "0",
    "net.ipv4.vs.backup_only": "0",
    "net.ipv4.vs.sync_threshold": "3\t50",
    "net.ipv4.vs.sync_refresh_period": "0",
    "net.ipv4.vs.sync_retries": "0",
    "net.ipv4.vs.sync_persist_mode": "0",
    "net.ipv4.ip_forward": "0",
    "net.ipv6.conf.all.forwarding": "0",
}
INTERFACES = {"eth0": 1500, "eth1": 9000, "eth2": 1280}


class Daemon(NamedTuple):
    """What the kernel keeps of a sync daemon; ``group`` is packed."""

    interface: str
    sync_id: int
    max_length: int
    group: bytes
    port: int
    ttl: int


class FakeIpvsSettings:
    """The settings of one network namespace: a transport, and ``parameters`` for /proc/sys."""

    def __init__(self) -> None:
        self.timeouts = {4: 900, 5: 120, 6: 300}
        self.daemons: Dict[int, Daemon] = {}
        self.parameters = FakeParameters(self._count_parameter)
        self.interfaces = dict(INTERFACES)
        self.without_ipv6: Set[str] = set()
        self.mixed_families = False
        self.writes = 0
        self._plans: Dict[int, Callable[[], int]] = {}
        self._breaks: Set[int] = set()
        self._break_after = False

    # What the driver needs.

    def batch(self, requests: Sequence[bytes]) -> List[int]:
        """Carry out requests in order; return an error number each, 0 for success."""
        writes = [request for request in requests if request[0] in WRITES]
        numbers = range(self.writes + 1, self.writes + len(writes) + 1)
        broken = self._breaks.intersection(numbers)
        if broken and not self._break_after:
            self._collapse()
        answers = [
            (self._count() or self._write(request)) if request[0] in WRITES else 0
            for request in requests
        ]
        if broken:
            self._collapse()
        if requests[-1][0] == DEL_DAEMON:
            # The kernel may leave it without an answer: its thread had not run yet (EINTR).
            raise OSError(errno.ETIMEDOUT, os.strerror(errno.ETIMEDOUT))
        return answers

    def dump(self, request: bytes) -> List[bytes]:
        """Return an entry for each daemon that runs."""
        if request[0] != GET_DAEMON:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return [_entry(state, daemon) for state, daemon in sorted(self.daemons.items())]

    def get(self, request: bytes) -> bytes:
        """Return the timeouts, or the version."""
        if request[0] == GET_INFO:
            return attribute(1, struct.pack("=I", 0x010201)) + attribute(2, b"\x00\x10\x00\x00")
        if request[0] != GET_CONFIG:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return b"".join(
            attribute(number, struct.pack("=I", seconds))
            for number, seconds in self.timeouts.items()
        )

    def mtu_of(self, interface: str) -> Optional[int]:
        """Return an interface's MTU, None when there is none of that name."""
        return self.interfaces.get(interface)

    # What tests need.

    def snapshot(self) -> Tuple[Any, ...]:
        """Return everything that is set, to compare states by."""
        return dict(self.timeouts), dict(self.daemons), dict(self.parameters.values)

    def start(self, state: int, interface: str, sync_id: int) -> None:
        """Start a daemon as another program would, with the kernel's defaults."""
        given = {2: interface.encode() + b"\x00", 3: struct.pack("=I", sync_id)}
        if self._start(state, given):
            raise LookupError("no daemon on %s" % interface)

    def fail_write(self, number: int, error: int) -> None:
        """Refuse the ``number``-th write from now on (the next is 1) with an error number."""
        self._plans[self.writes + number] = lambda: error

    def break_down(self, number: int, after: bool = False) -> None:
        """Raise OSError at the ``number``-th write from now on.

        A datagram reaches the kernel whole or not at all: with the write, those of its batch are
        carried out, when the break comes ``after``, or left undone. The write of a parameter is
        refused.
        """
        self._breaks.add(self.writes + number)
        self._break_after = after

    def before_write(self, number: int, action: Callable[[], Any]) -> None:
        """Let another program act right before the ``number``-th write from now on."""

        def act() -> int:
            action()
            return 0

        self._plans[self.writes + number] = act

    def _collapse(self) -> None:
        self._breaks.clear()
        raise OSError(errno.ENOBUFS, os.strerror(errno.ENOBUFS))

    def _count_parameter(self) -> int:
        error = self._count()
        return errno.EIO if self.writes in self._breaks else error

    def _count(self) -> int:
        self.writes += 1
        return self._plans.pop(self.writes, lambda: 0)()

    # Writes.

    def _write(self, request: bytes) -> int:
        given = attributes_of(request[1:])
        if request[0] == SET_CONFIG:
            return self._set_timeouts(given)
        if request[0] not in (NEW_DAEMON, DEL_DAEMON) or 3 not in given:
            return errno.EINVAL
        daemon = attributes_of(given[3])
        if 1 not in daemon:
            return errno.EINVAL
        state = _number(daemon[1])
        if request[0] == NEW_DAEMON:
            return self._start(state, daemon)
        if state not in (MASTER, BACKUP):
            return errno.EINVAL
        return 0 if self.daemons.pop(state, None) else errno.ESRCH

    def _set_timeouts(self, given: Dict[int, bytes]) -> int:
        wanted = {number: _number(given[number]) for number in self.timeouts if number in given}
        if any(seconds > 0x7FFFFFFF // HZ for seconds in wanted.values()):
            return errno.EINVAL
        self.timeouts.update({number: seconds for number, seconds in wanted.items() if seconds})
        return 0

    def _start(self, state: int, given: Dict[int, bytes]) -> int:
        if 2 not in given or 3 not in given or self.mixed_families:
            return errno.EINVAL
        group = given.get(5) or given.get(6) or bytes([224, 0, 0, 81])
        if not (224 <= group[0] <= 239 if len(group) == 4 else group[0] == 0xFF):
            return errno.EINVAL
        interface = given[2].split(b"\x00")[0][:15].decode()
        mtu = self.interfaces.get(interface)
        if mtu is None:
            return errno.ENODEV
        if state not in (MASTER, BACKUP):
            return errno.EINVAL
        if state in self.daemons:
            return errno.EEXIST
        if state == MASTER and len(group) == 16 and interface in self.without_ipv6:
            return errno.EADDRNOTAVAIL
        headers = 28 if len(group) == 4 else 48
        length = _number(given.get(4, b""))
        if length:
            length = min(max(length, 1024 if state == BACKUP else 1), 65535 - headers)
        else:
            length = (max(mtu, 1500) if state == BACKUP else 1500) - headers
        port = _number(given.get(7, b"")) or 8848
        ttl = _number(given.get(8, b"")) or 1
        self.daemons[state] = Daemon(interface, _number(given[3]), length, group, port, ttl)
        return 0


class FakeParameters:
    """/proc/sys as far as IPVS is concerned; ``values`` are as the kernel prints them."""

    def __init__(self, count: Callable[[], int]) -> None:
        self.values = dict(SYSCTL_DEFAULTS)
        self._count = count

    def read(self, name: str) -> Optional[str]:
        """Return a parameter's value, None when the kernel does not have it."""
        return self.values.get(name)

    def write(self, name: str, value: str) -> None:
        """Set a parameter; raises Unavailable when the kernel does not take it."""
        error = self._count()
        if not error and name not in self.values:
            error = errno.ENOENT
        if not error:
            error = self._refusal(name, value)
        if error:
            raise Unavailable("cannot set sysctl %s to %s: %s" % (name, value, os.strerror(error)))
        self.values[name] = "\t".join(value.split())

    def _refusal(self, name: str, value: str) -> int:
        numbers = [int(word) for word in value.split()]
        if name.endswith("sync_retries") and numbers[0] > 3:
            return errno.EINVAL
        if name.endswith("sync_threshold"):
            threshold, period = numbers
            return errno.EINVAL if period and threshold >= period else 0
        return 0


def _entry(state: int, daemon: Daemon) -> bytes:
    group = 5 if len(daemon.group) == 4 else 6
    parts = [
        attribute(1, struct.pack("=I", state)),
        attribute(2, daemon.interface.encode() + b"\x00"),
        attribute(3, struct.pack("=I", daemon.sync_id)),
        attribute(4, struct.pack("=H", daemon.max_length)),
        attribute(7, struct.pack("=H", daemon.port)),
        attribute(8, bytes([daemon.ttl])),
        attribute(group, daemon.group),
    ]
    return attribute(3, b"".join(parts))


def _number(data: bytes) -> int:
    formats = {0: "", 1: "=B", 2: "=H", 4: "=I"}
    return int(struct.unpack(formats[len(data)], data)[0]) if data else 0
