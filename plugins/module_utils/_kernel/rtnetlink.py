# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links and addresses over rtnetlink (linux/rtnetlink.h, linux/if_addr.h, linux/if_link.h).

The messages are packed here, many in one datagram with one acknowledgement for each: a library's
objects for them take four times as long, and the import of the library longer than 500 addresses.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple, TypeVar

from .._converge.errors import Unavailable
from .._inet.address import Address, address_family_number, family_of_number
from . import netlink

# linux/rtnetlink.h
_RTM_GETLINK = 18
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22

_DUMP_BYTES = 1 << 17
_DUMP_ATTEMPTS = 10
_BATCH = 100
"""Messages in one datagram: their acknowledgements fit into a default receive buffer."""

# linux/if_addr.h
_ADDRESS_HEADER = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, interface
_IFA_ADDRESS, _IFA_LOCAL, _IFA_LABEL, _IFA_BROADCAST = 1, 2, 3, 4
_IFA_CACHEINFO, _IFA_FLAGS, _IFA_RT_PRIORITY, _IFA_PROTO = 6, 8, 9, 11
_CACHEINFO = struct.Struct("=IIII")  # preferred and valid seconds, and two stamps
_U32 = struct.Struct("=I")
_FOREVER = 0xFFFFFFFF
IFA_F_SECONDARY = 0x01  # IPv4; for IPv6 the same bit means temporary
IFA_F_NODAD = 0x02
IFA_F_DADFAILED = 0x08
IFA_F_DEPRECATED = 0x20
IFA_F_TENTATIVE = 0x40
IFA_F_PERMANENT = 0x80
IFA_F_MANAGETEMPADDR = 0x100
IFA_F_NOPREFIXROUTE = 0x200
_SETTABLE = IFA_F_NODAD | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | 0x10 | 0x400
IFAPROT_KERNEL = (1, 2, 3)  # made by the kernel: loopback, router advertisement, link-local

SCOPES = {0: "global", 200: "site", 253: "link", 254: "host", 255: "nowhere"}
"""rt_scope_t by number (linux/rtnetlink.h)."""

# linux/if_link.h
_LINK_HEADER = struct.Struct("=BxHiII")  # family, hardware type, index, flags, changed flags
_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_STATS64 = 1, 3, 4, 23
_STATISTICS = (
    "rx_packets tx_packets rx_bytes tx_bytes rx_errors tx_errors rx_dropped tx_dropped multicast "
    "collisions rx_length_errors rx_over_errors rx_crc_errors rx_frame_errors rx_fifo_errors "
    "rx_missed_errors tx_aborted_errors tx_carrier_errors tx_fifo_errors tx_heartbeat_errors "
    "tx_window_errors rx_compressed tx_compressed"
).split()
"""The counters of struct rtnl_link_stats64 that every kernel has, in order."""

# linux/if.h, linux/if_arp.h
_IFF_UP, _IFF_LOOPBACK, _IFF_NOARP, _IFF_LOWER_UP = 0x1, 0x8, 0x80, 0x10000
_ARPHRD_ETHER = 1


E = TypeVar("E")


class Link(NamedTuple):
    """One network interface; ``statistics`` are the kernel's 64-bit counters by name."""

    ifindex: int
    name: str
    flags: int
    hardware_type: int
    mac: bytes
    mtu: int
    statistics: Dict[str, int]

    @property
    def resolves(self) -> bool:
        """True when neighbours find this interface by ARP or neighbour discovery."""
        silent = self.flags & (_IFF_LOOPBACK | _IFF_NOARP)
        return not silent and self.hardware_type == _ARPHRD_ETHER and len(self.mac) == 6

    @property
    def is_up(self) -> bool:
        """True when the interface is set up, whether or not a cable is in."""
        return bool(self.flags & _IFF_UP)

    @property
    def carries(self) -> bool:
        """True when frames can leave: set up, and with a carrier."""
        return self.is_up and bool(self.flags & _IFF_LOWER_UP)


class InterfaceAddress(NamedTuple):
    """One address of one interface as the kernel keeps it.

    Lifetimes are seconds left, None without an end. ``label`` is the kernel's own (IPv4; the
    interface's name when none was given). ``peer`` is set on point-to-point addresses only.
    """

    interface: str
    ifindex: int
    address: Address
    prefix: int
    label: Optional[str] = None
    peer: Optional[Address] = None
    broadcast: Optional[Address] = None
    scope: int = 0
    flags: int = IFA_F_PERMANENT
    preferred_lifetime: Optional[int] = None
    valid_lifetime: Optional[int] = None
    metric: int = 0
    protocol: int = 0

    @property
    def secondary(self) -> bool:
        """IPv4: an earlier address of the same subnet is the primary one."""
        return self.address.family == "ipv4" and bool(self.flags & IFA_F_SECONDARY)

    @property
    def temporary(self) -> bool:
        """IPv6: a privacy address (RFC 8981)."""
        return self.address.family == "ipv6" and bool(self.flags & IFA_F_SECONDARY)

    @property
    def tentative(self) -> bool:
        """Duplicate address detection is not over, or failed."""
        return bool(self.flags & IFA_F_TENTATIVE)

    @property
    def dadfailed(self) -> bool:
        """Duplicate address detection found another host with the address."""
        return bool(self.flags & IFA_F_DADFAILED)

    @property
    def deprecated(self) -> bool:
        """Never chosen as the source of a new connection."""
        return bool(self.flags & IFA_F_DEPRECATED)

    @property
    def nodad(self) -> bool:
        """IPv6: added without duplicate address detection."""
        return bool(self.flags & IFA_F_NODAD)

    @property
    def kernel_made(self) -> bool:
        """The kernel added it: loopback, link-local, router advertisement, temporary."""
        managed = self.flags & IFA_F_MANAGETEMPADDR
        return self.protocol in IFAPROT_KERNEL or self.temporary or bool(managed)


class AddressChange(NamedTuple):
    """One write: ``add`` refuses what exists, ``replace`` sets the lifetimes, ``delete`` is exact.

    A deletion carries prefix and both address attributes: with less, the kernel removes the first
    address that fits, possibly the host's own.
    """

    action: str
    record: InterfaceAddress


ADD = "add"
REPLACE = "replace"
DELETE = "delete"
_WRITE = netlink.REQUEST | netlink.ACK
_MESSAGES = {
    ADD: (_RTM_NEWADDR, _WRITE | netlink.CREATE | netlink.EXCLUSIVE),
    REPLACE: (_RTM_NEWADDR, _WRITE | netlink.CREATE | netlink.REPLACE),
    DELETE: (_RTM_DELADDR, _WRITE),
}


class Answer(NamedTuple):
    """The kernel's answer to one write: an errno, 0 for done, and its own words if it had any."""

    error: int
    words: str = ""


class Rtnetlink:
    """A handle on the links and addresses of the network namespace the process is in."""

    def __init__(self) -> None:
        self._sequence = 0
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, 0))
        for option in (netlink.CAP_ACK, netlink.EXT_ACK):
            try:
                self._socket.setsockopt(netlink.SOL_NETLINK, option, 1)
            except OSError:  # a kernel before 4.12 answers without words
                continue

    def __enter__(self) -> Rtnetlink:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()

    def interfaces(self) -> Dict[str, int]:
        """Return the number of each interface by its name; the cheap half of links()."""
        return {name: ifindex for ifindex, name in socket.if_nameindex()}

    def links(self) -> List[Link]:
        """Return every interface."""
        return self._dump(_RTM_GETLINK, bytes(_LINK_HEADER.size), _link)

    def addresses(self) -> List[InterfaceAddress]:
        """Return every address of both families."""
        names = dict(socket.if_nameindex())

        def read(body: bytes) -> Optional[InterfaceAddress]:
            return _interface_address(body, names)

        return self._dump(_RTM_GETADDR, bytes(_ADDRESS_HEADER.size), read)

    def submit(self, changes: Sequence[AddressChange]) -> List[Answer]:
        """Send the writes in order, many in a datagram; return one answer for each.

        An error does not stop the writes after it.
        """
        answers: List[Answer] = []
        for start in range(0, len(changes), _BATCH):
            batch = changes[start : start + _BATCH]
            first = self._sequence + 1
            datagram = b"".join(
                _encode_change(change, first + place) for place, change in enumerate(batch)
            )
            self._sequence += len(batch)
            self._socket.sendto(datagram, (0, 0))
            answers.extend(self._acknowledgements(first, len(batch)))
        return answers

    def _acknowledgements(self, first: int, count: int) -> List[Answer]:
        found: Dict[int, Answer] = {}
        while len(found) < count:
            for kind, flags, sequence, body in self._receive():
                if kind == netlink.ERROR and first <= sequence < first + count:
                    found[sequence] = Answer(*netlink.complaint(kind, flags, body))
        return [found[first + place] for place in range(count)]

    def _dump(self, kind: int, request: bytes, read: Callable[[bytes], Optional[E]]) -> List[E]:
        for _attempt in range(_DUMP_ATTEMPTS):
            entries = self._dump_once(kind, request, read)
            if entries is not None:
                return entries
        raise Unavailable("links and addresses change faster than they can be read: try again")

    def _dump_once(
        self, kind: int, request: bytes, read: Callable[[bytes], Optional[E]]
    ) -> Optional[List[E]]:
        """Return the entries, None when the table changed meanwhile and may be incomplete."""
        self._sequence += 1
        wanted = self._sequence
        flags = netlink.REQUEST | netlink.DUMP
        self._socket.sendto(netlink.message(kind, flags, wanted, request), (0, 0))
        entries: List[E] = []
        interrupted = False
        while True:
            for answered, flags, sequence, body in self._receive():
                if sequence != wanted:
                    continue
                interrupted = interrupted or bool(flags & netlink.DUMP_INTERRUPTED)
                if answered in (netlink.ERROR, netlink.DONE):
                    answer = Answer(*netlink.complaint(answered, flags, body))
                    if answer.error:
                        raise _dump_error(answer)
                    return None if interrupted else entries
                entry = read(body)
                if entry is not None:
                    entries.append(entry)

    def _receive(self) -> Iterator[Tuple[int, int, int, bytes]]:
        try:
            data = self._socket.recv(_DUMP_BYTES)
        except OSError as error:
            raise Unavailable("rtnetlink gave no answer: %s" % error.strerror) from None
        return netlink.messages(data)


def _encode_change(change: AddressChange, sequence: int) -> bytes:
    record = change.record
    local = record.address.packed
    parts = [
        _ADDRESS_HEADER.pack(
            address_family_number(record.address.family),
            record.prefix,
            0,  # in an attribute, which has room for all of them
            record.scope,
            record.ifindex,
        ),
        netlink.attribute(_IFA_LOCAL, local),
        netlink.attribute(_IFA_ADDRESS, record.peer.packed if record.peer else local),
    ]
    if record.label is not None:
        parts.append(netlink.attribute(_IFA_LABEL, record.label.encode("utf-8") + b"\0"))
    if change.action != DELETE:
        parts.extend(_properties(record))
    return netlink.message(*_MESSAGES[change.action], sequence, b"".join(parts))


def _properties(record: InterfaceAddress) -> Iterator[bytes]:
    yield netlink.attribute(_IFA_FLAGS, _U32.pack(record.flags & _SETTABLE))
    lifetimes = _seconds(record.preferred_lifetime), _seconds(record.valid_lifetime)
    yield netlink.attribute(_IFA_CACHEINFO, _CACHEINFO.pack(*lifetimes, 0, 0))
    if record.broadcast is not None:
        yield netlink.attribute(_IFA_BROADCAST, record.broadcast.packed)
    if record.metric:
        yield netlink.attribute(_IFA_RT_PRIORITY, _U32.pack(record.metric))
    if record.protocol:
        yield netlink.attribute(_IFA_PROTO, bytes([record.protocol]))


def _seconds(lifetime: Optional[int]) -> int:
    return _FOREVER if lifetime is None else lifetime


def _interface_address(body: bytes, names: Dict[int, str]) -> Optional[InterfaceAddress]:
    """Return the address in a message; None when its interface or family is none of ours."""
    number, prefix, flags, scope, ifindex = _ADDRESS_HEADER.unpack_from(body)
    interface, family = names.get(ifindex), family_of_number(number)
    if interface is None or family is None:
        return None
    get = netlink.attributes(body, _ADDRESS_HEADER.size).get
    first = get(_IFA_ADDRESS)
    local = get(_IFA_LOCAL) or first
    if local is None:
        return None
    label, broadcast, cache = get(_IFA_LABEL), get(_IFA_BROADCAST), get(_IFA_CACHEINFO)
    preferred, valid = _CACHEINFO.unpack(cache)[:2] if cache else (_FOREVER, _FOREVER)
    return InterfaceAddress(
        interface=interface,
        ifindex=ifindex,
        address=Address(family, local),
        prefix=prefix,
        label=None if label is None else _text(label),
        peer=Address(family, first) if first and first != local else None,
        broadcast=Address(family, broadcast) if broadcast else None,
        scope=scope,
        flags=_number(get(_IFA_FLAGS), flags),
        preferred_lifetime=_lifetime(preferred),
        valid_lifetime=_lifetime(valid),
        metric=_number(get(_IFA_RT_PRIORITY)),
        protocol=(get(_IFA_PROTO) or b"\0")[0],
    )


def _lifetime(seconds: int) -> Optional[int]:
    return None if seconds == _FOREVER else seconds


def _text(value: bytes) -> str:
    return value.rstrip(b"\0").decode("utf-8", "replace")


def _number(value: Optional[bytes], default: int = 0) -> int:
    if not value:
        return default
    number: int = _U32.unpack(value)[0]
    return number


def _link(body: bytes) -> Link:
    _family, hardware_type, ifindex, flags, _changed = _LINK_HEADER.unpack_from(body)
    get = netlink.attributes(body, _LINK_HEADER.size).get
    counters = get(_IFLA_STATS64) or b""
    known = min(len(counters) // 8, len(_STATISTICS))
    values = struct.unpack_from("=%dQ" % known, counters)
    return Link(
        ifindex=ifindex,
        name=_text(get(_IFLA_IFNAME) or b""),
        flags=flags,
        hardware_type=hardware_type,
        mac=get(_IFLA_ADDRESS) or b"",
        mtu=_number(get(_IFLA_MTU)),
        statistics=dict(zip(_STATISTICS, values)),
    )


def _dump_error(answer: Answer) -> Unavailable:
    reason = answer.words or os.strerror(answer.error)
    hint = "; the task needs root (become: true)" if answer.error == errno.EPERM else ""
    return Unavailable("links and addresses cannot be read: %s%s" % (reason, hint))
