# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of IPVS in one network namespace, in canonical form. Pure.

There are three kinds: the timeouts of connections, the two sync daemons, and kernel parameters.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple, Union

from ..._converge.resource import Key
from ..._inet.address import Address, parse_address

SettingKey = Tuple[str, ...]

TIMEOUTS_KEY: SettingKey = ("timeouts",)

MASTER, BACKUP = "master", "backup"
ROLES = (MASTER, BACKUP)

DEFAULT_SYNC_GROUP = parse_address("224.0.0.81")
DEFAULT_SYNC_PORT = 8848
DEFAULT_SYNC_TTL = 1
"""What a sync daemon gets that was told nothing (include/net/ip_vs.h, start_sync_thread)."""

FLAG, NUMBER, PAIR = "flag", "number", "pair"
"""Kinds of kernel parameters: on or off, one number, two numbers."""


class Parameter(NamedTuple):
    """A kernel parameter that the module sets.

    ``option`` is the module's name for it, ``path`` the kernel's; ``default`` is the value that a
    namespace starts with, and ``hint`` says what a kernel without it lacks.
    """

    option: str
    path: str
    kind: str = FLAG
    maximum: int = 1
    default: str = "0"
    hint: str = ""

    @property
    def key(self) -> SettingKey:
        return ("sysctl", self.option)

    def canonical(self, text: str) -> str:
        """Return the kernel's text as every equal value is written: any number but 0 is on."""
        words = text.split()
        if self.kind == FLAG:
            return "0" if words == ["0"] else "1"
        return " ".join(words)


CONN_REUSE_MODE = "conn_reuse_mode"
EXPIRE_QUIESCENT_TEMPLATE = "expire_quiescent_template"
SYNC_THRESHOLD = "sync_threshold"
_LARGEST_INTEGER = 0x7FFFFFFF

IPVS_PARAMETERS = (
    Parameter("conntrack", "net.ipv4.vs.conntrack", hint="it is built without CONFIG_IP_VS_NFCT"),
    Parameter(
        CONN_REUSE_MODE,
        "net.ipv4.vs.conn_reuse_mode",
        NUMBER,
        3,
        "1",
        hint="it came with Linux 4.1",
    ),
    Parameter("expire_nodest_conn", "net.ipv4.vs.expire_nodest_conn"),
    Parameter(EXPIRE_QUIESCENT_TEMPLATE, "net.ipv4.vs.expire_quiescent_template"),
    Parameter("sloppy_tcp", "net.ipv4.vs.sloppy_tcp", hint="it came with Linux 3.11"),
    Parameter("sloppy_sctp", "net.ipv4.vs.sloppy_sctp", hint="it came with Linux 3.11"),
    Parameter("backup_only", "net.ipv4.vs.backup_only", hint="it came with Linux 3.9"),
    Parameter(SYNC_THRESHOLD, "net.ipv4.vs.sync_threshold", PAIR, _LARGEST_INTEGER, "3 50"),
    Parameter("sync_refresh_period", "net.ipv4.vs.sync_refresh_period", NUMBER, 3600),
    Parameter("sync_retries", "net.ipv4.vs.sync_retries", NUMBER, 3),
    Parameter("sync_persist_mode", "net.ipv4.vs.sync_persist_mode"),
)
"""Parameters of IPVS itself; they exist once its module is loaded."""

FORWARDING_PARAMETERS = (
    Parameter("ip_forward", "net.ipv4.ip_forward"),
    Parameter(
        "ipv6_forwarding", "net.ipv6.conf.all.forwarding", hint="it is built or booted without IPv6"
    ),
)
"""Parameters of the host's routing; they exist without IPVS."""

PARAMETERS: Dict[str, Parameter] = {
    parameter.option: parameter for parameter in IPVS_PARAMETERS + FORWARDING_PARAMETERS
}


class Timeouts(NamedTuple):
    """Seconds after which an idle connection is forgotten; None where the kernel has none."""

    tcp: Optional[int]
    tcp_fin: Optional[int]
    udp: Optional[int]

    @property
    def key(self) -> SettingKey:
        return TIMEOUTS_KEY

    @property
    def name(self) -> str:
        return "connection timeouts"

    def line(self) -> str:
        given = [
            "%s %d" % (field, seconds)
            for field, seconds in zip(self._fields, self)
            if seconds is not None
        ]
        return " ".join([self.name, *given])


DEFAULT_TIMEOUTS = Timeouts(15 * 60, 2 * 60, 5 * 60)
"""What a namespace starts with (ip_vs_proto_tcp.c, ip_vs_proto_udp.c)."""


class SyncDaemon(NamedTuple):
    """A daemon that sends connections to other directors (master), or receives theirs (backup).

    ``max_length`` is the most bytes of a message; ``sync_id`` 0 on a backup takes every master's.
    """

    role: str
    interface: str
    sync_id: int
    max_length: int
    group: Address
    port: int
    ttl: int

    @property
    def key(self) -> SettingKey:
        return daemon_key(self.role)

    @property
    def name(self) -> str:
        return "sync daemon %s" % self.role

    def line(self) -> str:
        return "%s interface %s sync_id %d max_length %d group %s port %d ttl %d" % (
            self.name,
            self.interface,
            self.sync_id,
            self.max_length,
            self.group,
            self.port,
            self.ttl,
        )


class Sysctl(NamedTuple):
    """A kernel parameter with its value as text."""

    option: str
    value: str

    @property
    def key(self) -> SettingKey:
        return PARAMETERS[self.option].key

    @property
    def name(self) -> str:
        return "sysctl %s" % PARAMETERS[self.option].path

    def line(self) -> str:
        return "%s = %s" % (self.name, self.value)


Setting = Union[Timeouts, SyncDaemon, Sysctl]
Settings = Dict[Key, Setting]


def daemon_key(role: str) -> SettingKey:
    """Return the key of the sync daemon of ``role``."""
    return ("sync", role)


ALL_KEYS = frozenset(
    [TIMEOUTS_KEY]
    + [daemon_key(role) for role in ROLES]
    + [parameter.key for parameter in PARAMETERS.values()]
)
