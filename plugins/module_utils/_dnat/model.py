# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A profile of destination NAT and what it stands on, in canonical form. Pure."""

from __future__ import annotations

from typing import Dict, NamedTuple, Optional, Tuple, Union

from .._converge.resource import Key

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
CLIENT, PROXY, SERVER = "client", "proxy", "server"
SIDES = (CLIENT, PROXY, SERVER)
PREROUTING, OUTPUT = "prerouting", "output"
HOOKS = {CLIENT: (OUTPUT,), PROXY: (PREROUTING,), SERVER: (PREROUTING, OUTPUT)}
"""Where the packets of each side come by: what the host sends, and what arrives."""

RANDOM, ROUND_ROBIN, SOURCE_HASH = "random", "round_robin", "source_hash"
BALANCINGS = (RANDOM, ROUND_ROBIN, SOURCE_HASH)
NEVER, HAIRPIN, ALWAYS = "never", "hairpin", "always"
MASQUERADES = (NEVER, HAIRPIN, ALWAYS)
REJECT, DROP = "reject", "drop"
EMPTY_VERDICTS = (REJECT, DROP)

NFTABLES, IPTABLES, AUTO = "nftables", "iptables", "auto"
BACKENDS = (NFTABLES, IPTABLES)
"""What can hold profiles; with ``AUTO`` the host decides."""

Selector = Tuple[str, str, int]
"""What a packet is sent to: address, protocol, port, as nftables prints them."""


class Destination(NamedTuple):
    """Where connections go; ``weight`` is its share, 0 for none that are new."""

    address: str
    port: int
    weight: int = 1


class Log(NamedTuple):
    """How new connections are logged: at most ``rate`` lines a ``per``."""

    prefix: str
    level: str
    rate: int
    per: str


class Profile(NamedTuple):
    """One profile. Addresses and networks are text in canonical form (RFC 5952).

    ``affinity`` is in seconds, 0 for none. ``damage`` says what of it is missing or wrong in the
    kernel; a declared profile has none, so a damaged one is never equal to it.
    """

    title: str
    family: str
    address: str
    protocol: str
    port: int
    side: str
    destinations: Tuple[Destination, ...] = ()
    balancing: str = RANDOM
    affinity: int = 0
    masquerade: str = HAIRPIN
    sources: Tuple[str, ...] = ()
    on_empty: str = REJECT
    log: Optional[Log] = None
    comment: str = ""
    damage: Tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return "profile", self.title

    @property
    def name(self) -> str:
        return "dnat profile " + self.title

    @property
    def selector(self) -> Selector:
        return self.address, self.protocol, self.port

    @property
    def live(self) -> Tuple[Destination, ...]:
        """The destinations that get new connections."""
        return tuple(entry for entry in self.destinations if entry.weight)

    def line(self) -> str:
        words = [
            "%s %s %s %s" % (self.name, self.side, self.protocol, spell(self.address, self.port)),
            "to %s" % (" ".join(_spell_destination(entry) for entry in self.destinations) or "-"),
            self.balancing,
        ]
        if self.affinity:
            words.append("affinity %d" % self.affinity)
        words.append("masquerade %s on_empty %s" % (self.masquerade, self.on_empty))
        if self.sources:
            words.append("from " + ",".join(self.sources))
        if self.log is not None:
            words.append('log "%s" %s %d/%s' % self.log)
        if self.comment:
            words.append('comment "%s"' % self.comment)
        if self.damage:
            words.append("DAMAGED: " + ", ".join(self.damage))
        return " ".join(words)


class Framework(NamedTuple):
    """What all profiles of a backend stand on: its chains and rules; ``damage`` as above."""

    title: str
    damage: Tuple[str, ...] = ()

    @property
    def key(self) -> Key:
        return "framework", self.title

    @property
    def name(self) -> str:
        return self.title

    def line(self) -> str:
        return self.name + (" DAMAGED: " + ", ".join(self.damage) if self.damage else "")


class Parameter(NamedTuple):
    """A kernel parameter that profiles need; None where the kernel has no such parameter."""

    title: str
    value: Optional[str]

    @property
    def key(self) -> Key:
        return "sysctl", self.title

    @property
    def name(self) -> str:
        return "sysctl " + self.title

    def line(self) -> str:
        return "%s = %s" % (self.name, self.value)


Entry = Union[Profile, Framework, Parameter]
Table = Dict[Key, Entry]

IP_FORWARD = "net.ipv4.ip_forward"
IP6_FORWARD = "net.ipv6.conf.all.forwarding"
ROUTE_LOCALNET = "net.ipv4.conf.all.route_localnet"
PARAMETERS = (IP_FORWARD, IP6_FORWARD, ROUTE_LOCALNET)


def spell(address: str, port: int) -> str:
    """Return address and port as one text, IPv6 in brackets (RFC 3986, section 3.2.2)."""
    return ("[%s]:%d" if ":" in address else "%s:%d") % (address, port)


def _spell_destination(entry: Destination) -> str:
    return "%s*%d" % (spell(entry.address, entry.port), entry.weight)
