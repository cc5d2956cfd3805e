# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual services and real servers in canonical form. Pure.

Named tuples rather than dataclasses: a director has tens of thousands of these, and a tuple is
made, hashed and compared in C.
"""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple, Union

from .._converge.resource import Key
from .._inet.address import IPV4, Address

TCP, UDP, SCTP = "tcp", "udp", "sctp"
PROTOCOLS = (TCP, UDP, SCTP)

SCHEDULERS = (
    "rr",
    "wrr",
    "lc",
    "wlc",
    "lblc",
    "lblcr",
    "dh",
    "sh",
    "sed",
    "nq",
    "fo",
    "ovf",
    "mh",
    "twos",
    "none",
)

OPS = "ops"
FLAGS = (OPS, "sh-fallback", "sh-port", "mh-fallback", "mh-port", "flag-1", "flag-2", "flag-3")

MASQUERADE, DIRECT, TUNNEL, LOCAL, BYPASS = "masquerade", "direct", "tunnel", "local", "bypass"
FORWARD_METHODS = (MASQUERADE, DIRECT, TUNNEL, LOCAL, BYPASS)

IPIP, GUE, GRE = "ipip", "gue", "gre"
TUNNEL_TYPES = (IPIP, GUE, GRE)

NO_CHECKSUM, CHECKSUM, REMOTE_CHECKSUM = "none", "csum", "remcsum"
TUNNEL_CHECKSUMS = (NO_CHECKSUM, CHECKSUM, REMOTE_CHECKSUM)


class ServiceId(NamedTuple):
    """What identifies a virtual service: address, port and protocol, or family and mark."""

    family: str
    protocol: str
    address: Optional[Address]
    port: int
    fwmark: int

    def __str__(self) -> str:
        if self.address is None:
            return "fwmark %d %s" % (self.fwmark, self.family)
        return "%s %s:%d" % (self.protocol, self.address.bracketed, self.port)


class ServerId(NamedTuple):
    """What identifies a real server, under a firewall mark too: its service, address and port."""

    service: ServiceId
    address: Address
    port: int


class Service(NamedTuple):
    """A virtual service.

    ``persistence`` is the timeout in seconds, 0 for none. ``netmask`` groups clients of a
    persistent service: a prefix length as text, or a dotted mask that is no prefix; it is empty
    when the service is not persistent. ``engine`` is the persistence engine's name, or empty.
    """

    key: ServiceId
    scheduler: str
    flags: Tuple[str, ...] = ()
    persistence: int = 0
    netmask: str = ""
    engine: str = ""

    @property
    def name(self) -> str:
        return "virtual service %s" % (self.key,)

    def line(self) -> str:
        words = [str(self.key), "scheduler", self.scheduler]
        if self.flags:
            words += ["flags", ",".join(self.flags)]
        if self.persistence:
            words += ["persistence", str(self.persistence), "netmask", self.netmask]
        if self.engine:
            words += ["engine", self.engine]
        return " ".join(words)


class Server(NamedTuple):
    """A real server.

    Thresholds are numbers of connections, 0 for none. The tunnel fields are empty and 0 unless
    the forward method is ``tunnel``.
    """

    key: ServerId
    forward_method: str
    weight: int
    upper_threshold: int = 0
    lower_threshold: int = 0
    tunnel_type: str = ""
    tunnel_port: int = 0
    tunnel_checksum: str = ""

    @property
    def name(self) -> str:
        return server_name(self.key.address, self.key.port, self.key.service)

    def line(self) -> str:
        # Begins with the service, so that sorted lines show each service before its servers.
        service, address, port = self.key
        words = ["%s to %s:%d" % (service, address.bracketed, port), self.forward_method]
        if self.forward_method == TUNNEL:
            words.append(self.tunnel_type)
            if self.tunnel_port:
                words += ["port", str(self.tunnel_port)]
            if self.tunnel_checksum != NO_CHECKSUM:
                words.append(self.tunnel_checksum)
        words += ["weight", str(self.weight)]
        if self.upper_threshold:
            words += ["thresholds", "%d..%d" % (self.lower_threshold, self.upper_threshold)]
        return " ".join(words)


Entry = Union[Service, Server]
Table = Dict[Key, Entry]
"""Entries by key: a ServiceId or a ServerId."""


def server_name(address: Address, port: int, service: ServiceId) -> str:
    """Return how messages name a real server."""
    return "real server %s:%d of %s" % (address.bracketed, port, service)


def service_of(entry: Entry) -> ServiceId:
    """Return the identity of the service that ``entry`` is or belongs to."""
    return entry.key if isinstance(entry, Service) else entry.key.service


def service_order(key: ServiceId) -> Tuple[object, ...]:
    """Return what services are sorted by where their order shall be constant."""
    packed = key.address.packed if key.address is not None else b""
    return key.fwmark, key.family, packed, key.port, key.protocol


def server_order(server: Server) -> Tuple[object, ...]:
    """Return what the servers of one service are sorted by."""
    address = server.key.address
    return address.family, address.packed, server.key.port


def full_netmask(family: str) -> str:
    """Return the netmask that keeps every client apart."""
    return "32" if family == IPV4 else "128"
