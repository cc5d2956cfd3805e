# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Links and addresses over rtnetlink (linux/rtnetlink.h, linux/if_addr.h, linux/if_link.h).

pyroute2 encodes and decodes the messages. They travel over a socket of our own, many in one
datagram with one acknowledgement for each, which its high-level interface cannot do.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from functools import lru_cache
from typing import (
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Tuple,
    TypeVar,
)

from .._converge.errors import Unavailable
from .._inet.address import Address, address_family_number, family_of_number, parse_address
from .lean_import import require_submodule

# linux/netlink.h
_HEADER = struct.Struct("=IHHII")
_ERRNO = struct.Struct("=i")
_ATTRIBUTE = struct.Struct("=HH")
_NLMSG_ERROR, _NLMSG_DONE = 2, 3
_REQUEST, _ACK, _DUMP = 0x1, 0x4, 0x300
_REPLACE, _EXCLUSIVE, _CREATE = 0x100, 0x200, 0x400
_DUMP_INTERRUPTED = 0x10
_ERROR_HAS_ATTRIBUTES = 0x200
_ERROR_MESSAGE = 1
_SOL_NETLINK, _CAP_ACK, _EXT_ACK = 270, 10, 11
# linux/rtnetlink.h
_RTM_GETLINK = 18
_RTM_NEWADDR, _RTM_DELADDR, _RTM_GETADDR = 20, 21, 22
_FOREVER = 0xFFFFFFFF

_DUMP_BYTES = 1 << 17
_DUMP_ATTEMPTS = 10
_BATCH = 100
"""Messages in one datagram: their acknowledgements fit into a default receive buffer."""

# linux/if_addr.h
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
_MESSAGES = {
    ADD: (_RTM_NEWADDR, _REQUEST | _ACK | _CREATE | _EXCLUSIVE),
    REPLACE: (_RTM_NEWADDR, _REQUEST | _ACK | _CREATE | _REPLACE),
    DELETE: (_RTM_DELADDR, _REQUEST | _ACK),
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
        for option in (_CAP_ACK, _EXT_ACK):
            try:
                self._socket.setsockopt(_SOL_NETLINK, option, 1)
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
        """Return every interface. Raises Unavailable when pyroute2 is missing."""
        return self._dump(_link_message(), _RTM_GETLINK, _link)

    def addresses(self) -> List[InterfaceAddress]:
        """Return every address of both families. Raises Unavailable when pyroute2 is missing."""
        names = dict(socket.if_nameindex())

        def read(message: Any) -> Optional[InterfaceAddress]:
            name = names.get(message["index"])
            if name is None or family_of_number(message["family"]) is None:
                return None
            return _interface_address(message, name)

        return self._dump(_address_message(), _RTM_GETADDR, read)

    def submit(self, changes: Sequence[AddressChange]) -> List[Answer]:
        """Send the writes in order, many in a datagram; return one answer for each.

        An error does not stop the writes after it.
        """
        make = _address_message()
        answers: List[Answer] = []
        for start in range(0, len(changes), _BATCH):
            batch = changes[start : start + _BATCH]
            first = self._sequence + 1
            datagram = b"".join(
                _encode_change(make(), change, first + place) for place, change in enumerate(batch)
            )
            self._sequence += len(batch)
            self._socket.sendto(datagram, (0, 0))
            answers.extend(self._acknowledgements(first, len(batch)))
        return answers

    def _acknowledgements(self, first: int, count: int) -> List[Answer]:
        found: Dict[int, Answer] = {}
        while len(found) < count:
            for kind, flags, sequence, body in self._receive():
                if kind == _NLMSG_ERROR and first <= sequence < first + count:
                    found[sequence] = _answer(flags, body)
        return [found[first + place] for place in range(count)]

    def _dump(
        self, make: Callable[..., Any], kind: int, read: Callable[[Any], Optional[E]]
    ) -> List[E]:
        for _attempt in range(_DUMP_ATTEMPTS):
            entries = self._dump_once(make, kind, read)
            if entries is not None:
                return entries
        raise Unavailable("links and addresses change faster than they can be read: try again")

    def _dump_once(
        self, make: Callable[..., Any], kind: int, read: Callable[[Any], Optional[E]]
    ) -> Optional[List[E]]:
        """Return the entries, None when the table changed meanwhile and may be incomplete."""
        self._sequence += 1
        wanted = self._sequence
        self._socket.sendto(_encode(make(), kind, _REQUEST | _DUMP, wanted), (0, 0))
        entries: List[E] = []
        interrupted = False
        while True:
            for answered, flags, sequence, body in self._receive():
                if sequence != wanted:
                    continue
                interrupted = interrupted or bool(flags & _DUMP_INTERRUPTED)
                if answered == _NLMSG_DONE:
                    return None if interrupted else entries
                if answered == _NLMSG_ERROR:
                    raise _dump_error(_answer(flags, body))
                message = make(_HEADER.pack(len(body) + 16, answered, flags, sequence, 0) + body)
                message.decode()
                # Decoded messages are large: thousands of them at a time take seconds to collect.
                entry = read(message)
                if entry is not None:
                    entries.append(entry)

    def _receive(self) -> Iterator[Tuple[int, int, int, bytes]]:
        try:
            data = self._socket.recv(_DUMP_BYTES)
        except OSError as error:
            raise Unavailable("rtnetlink gave no answer: %s" % error.strerror) from None
        offset = 0
        while offset + _HEADER.size <= len(data):
            length, kind, flags, sequence, _port = _HEADER.unpack_from(data, offset)
            yield kind, flags, sequence, data[offset + _HEADER.size : offset + length]
            offset += (length + 3) & ~3


@lru_cache(maxsize=None)
def _link_message() -> Callable[..., Any]:
    module = require_submodule("pyroute2", "netlink.rtnl.ifinfmsg", "python3-pyroute2")
    message: Callable[..., Any] = module.ifinfmsg
    return message


@lru_cache(maxsize=None)
def _address_message() -> Callable[..., Any]:
    module = require_submodule("pyroute2", "netlink.rtnl.ifaddrmsg", "python3-pyroute2")
    known: Any = module.ifaddrmsg

    class AddressMessage(known):  # type: ignore[misc]
        """ifaddrmsg with the attributes that pyroute2 0.7 does not know yet."""

        nla_map = (
            *known.nla_map[:9],
            ("IFA_RT_PRIORITY", "uint32"),
            ("IFA_TARGET_NETNSID", "uint32"),
            ("IFA_PROTO", "uint8"),
        )

    return AddressMessage


def _encode(message: Any, kind: int, flags: int, sequence: int) -> bytes:
    message["header"]["type"] = kind
    message["header"]["flags"] = flags
    message["header"]["sequence_number"] = sequence
    message.encode()
    return bytes(message.data)


def _encode_change(message: Any, change: AddressChange, sequence: int) -> bytes:
    record = change.record
    message["family"] = address_family_number(record.address.family)
    message["prefixlen"] = record.prefix
    message["scope"] = record.scope
    message["index"] = record.ifindex
    local = str(record.address)
    attributes: List[Tuple[str, Any]] = [
        ("IFA_LOCAL", local),
        ("IFA_ADDRESS", str(record.peer) if record.peer else local),
    ]
    if record.label is not None:
        attributes.append(("IFA_LABEL", record.label))
    if change.action != DELETE:
        attributes.extend(_properties(record))
    message["attrs"] = attributes
    return _encode(message, *_MESSAGES[change.action], sequence)


def _properties(record: InterfaceAddress) -> Iterator[Tuple[str, Any]]:
    yield "IFA_FLAGS", record.flags & _SETTABLE
    lifetimes = {
        "ifa_preferred": _seconds(record.preferred_lifetime),
        "ifa_valid": _seconds(record.valid_lifetime),
        "cstamp": 0,
        "tstamp": 0,
    }
    yield "IFA_CACHEINFO", lifetimes
    if record.broadcast is not None:
        yield "IFA_BROADCAST", str(record.broadcast)
    if record.metric:
        yield "IFA_RT_PRIORITY", record.metric
    if record.protocol:
        yield "IFA_PROTO", record.protocol


def _seconds(lifetime: Optional[int]) -> int:
    return _FOREVER if lifetime is None else lifetime


def _interface_address(message: Any, interface: str) -> InterfaceAddress:
    # One pass: get_attr() walks through all attributes for each.
    attributes: Dict[str, Any] = {slot[0]: slot[1] for slot in message["attrs"]}
    get = attributes.get
    first: Any = get("IFA_ADDRESS")
    local: Any = get("IFA_LOCAL") or first
    cache = get("IFA_CACHEINFO") or {}
    flags = get("IFA_FLAGS")
    broadcast = get("IFA_BROADCAST")
    return InterfaceAddress(
        interface=interface,
        ifindex=message["index"],
        address=parse_address(local),
        prefix=message["prefixlen"],
        label=get("IFA_LABEL"),
        peer=parse_address(first) if first and first != local else None,
        broadcast=parse_address(broadcast) if broadcast else None,
        scope=message["scope"],
        flags=message["flags"] if flags is None else flags,
        preferred_lifetime=_lifetime(cache.get("ifa_preferred")),
        valid_lifetime=_lifetime(cache.get("ifa_valid")),
        metric=get("IFA_RT_PRIORITY") or 0,
        protocol=get("IFA_PROTO") or 0,
    )


def _lifetime(seconds: Optional[int]) -> Optional[int]:
    return None if seconds in (None, _FOREVER) else seconds


def _link(message: Any) -> Link:
    get = message.get_attr
    counters = get("IFLA_STATS64") or {}
    return Link(
        ifindex=message["index"],
        name=get("IFLA_IFNAME"),
        flags=message["flags"],
        hardware_type=message["ifi_type"],
        mac=bytes.fromhex((get("IFLA_ADDRESS") or "").replace(":", "")),
        mtu=get("IFLA_MTU") or 0,
        statistics={name: value for name, value in counters.items() if isinstance(value, int)},
    )


def _answer(flags: int, body: bytes) -> Answer:
    number = -_ERRNO.unpack_from(body)[0]
    words = ""
    if flags & _ERROR_HAS_ATTRIBUTES:
        # After the errno comes the header of the message that is answered (NETLINK_CAP_ACK).
        offset = _ERRNO.size + _HEADER.size
        while offset + _ATTRIBUTE.size <= len(body):
            length, kind = _ATTRIBUTE.unpack_from(body, offset)
            if length < _ATTRIBUTE.size:
                break
            if kind == _ERROR_MESSAGE:
                raw = body[offset + _ATTRIBUTE.size : offset + length]
                words = raw.rstrip(b"\0").decode("utf-8", "replace")
            offset += (length + 3) & ~3
    return Answer(number, words)


def _dump_error(answer: Answer) -> Unavailable:
    reason = answer.words or os.strerror(answer.error)
    hint = "; the task needs root (become: true)" if answer.error == errno.EPERM else ""
    return Unavailable("links and addresses cannot be read: %s%s" % (reason, hint))
