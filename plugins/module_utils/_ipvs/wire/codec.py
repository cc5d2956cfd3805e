# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual services and real servers to and from netlink bytes. Pure.

A request is its command byte followed by its attributes, as GenericNetlink takes it.
"""

from __future__ import annotations

import struct
from typing import Dict, List, NamedTuple, Optional, Tuple

from ..._inet.address import IPV4, Address, address_family_number, family_of_number
from ..._kernel.netlink import attribute, attributes
from ..model import OPS, TUNNEL, Server, ServerId, Service, ServiceId, full_netmask
from . import attributes as a


class _Numbers(Dict[str, int]):
    """Numbers by name; a number that has no name here is called ``#`` and the number."""

    def __missing__(self, name: str) -> int:
        return int(name[1:])

    def names(self) -> _Names:
        """Return the names by number."""
        return _Names({number: name for name, number in self.items()})


class _Names(Dict[int, str]):
    """Names by number. Other programs may use numbers that we do not know: the kernel lets them."""

    def __missing__(self, number: int) -> str:
        return "#%d" % number


_PROTOCOL_NUMBERS = _Numbers({"tcp": 6, "udp": 17, "sctp": 132})
_FORWARD_NUMBERS = _Numbers(a.FORWARD_NUMBERS)
_TUNNEL_NUMBERS = _Numbers(a.TUNNEL_NUMBERS)
_CHECKSUM_NUMBERS = _Numbers(a.CHECKSUM_NUMBERS)
_PROTOCOL_NAMES = _PROTOCOL_NUMBERS.names()
_FORWARD_NAMES = _FORWARD_NUMBERS.names()
_TUNNEL_NAMES = _TUNNEL_NUMBERS.names()
_CHECKSUM_NAMES = _CHECKSUM_NUMBERS.names()
_FLAG_BITS = {
    OPS: a.SVC_F_ONEPACKET,
    "sh-fallback": a.SVC_F_SCHED1,
    "sh-port": a.SVC_F_SCHED2,
    "mh-fallback": a.SVC_F_SCHED1,
    "mh-port": a.SVC_F_SCHED2,
    "flag-1": a.SVC_F_SCHED1,
    "flag-2": a.SVC_F_SCHED2,
    "flag-3": a.SVC_F_SCHED3,
}

_DEST_KEY = struct.Struct("=HH16sHH2sxxHHHxx")
_DEST_PROPERTIES = struct.Struct("=HHIHHIHHIHHIHHBxxxHH2sxxHHHxx")


class Counters(NamedTuple):
    """Live numbers of a service (connections are 0 there) or a server."""

    active: int
    inactive: int
    persistent: int
    statistics: Tuple[int, ...]


def encode_service_key(key: ServiceId) -> bytes:
    """Return the attributes that identify a service."""
    family = a.u16(a.SVC_AF, address_family_number(key.family))
    if key.address is None:
        return family + a.u32(a.SVC_FWMARK, key.fwmark)
    return (
        family
        + a.u16(a.SVC_PROTOCOL, _PROTOCOL_NUMBERS[key.protocol])
        + attribute(a.SVC_ADDR, key.address.packed.ljust(16, b"\x00"))
        + a.be16(a.SVC_PORT, key.port)
    )


def encode_service(command: int, service: Service) -> bytes:
    """Return a NEW_SERVICE or SET_SERVICE request.

    Scheduler, flags, timeout and netmask are always sent, the flags with a full mask: what is
    left out of a SET_SERVICE would keep its old value, and a NEW_SERVICE without them is refused.
    """
    flags = a.SVC_F_PERSISTENT if service.persistence else 0
    for flag in service.flags:
        flags |= _FLAG_BITS[flag]
    body = (
        encode_service_key(service.key)
        + a.text(a.SVC_SCHED_NAME, service.scheduler)
        + attribute(a.SVC_FLAGS, struct.pack("=II", flags, a.ALL_FLAGS))
        + a.u32(a.SVC_TIMEOUT, service.persistence)
        + attribute(a.SVC_NETMASK, _encode_netmask(service))
    )
    if service.engine:
        body += a.text(a.SVC_PE_NAME, service.engine)
    return bytes([command]) + a.nested(a.CMD_ATTR_SERVICE, body)


def encode_service_reference(command: int, key: ServiceId) -> bytes:
    """Return a request that only names a service: DEL_SERVICE, GET_SERVICE, GET_DEST."""
    return bytes([command]) + a.nested(a.CMD_ATTR_SERVICE, encode_service_key(key))


class ServerEncoder:
    """Makes requests about the servers of one service, whose identity it encodes once."""

    def __init__(self, key: ServiceId) -> None:
        self._service = a.nested(a.CMD_ATTR_SERVICE, encode_service_key(key))

    def encode(self, command: int, server: Server) -> bytes:
        """Return a NEW_DEST or SET_DEST request.

        The tunnel attributes are always sent: a SET_DEST without them turns gue into ipip.
        """
        body = _encode_server_key(server.key) + _DEST_PROPERTIES.pack(
            8,
            a.DEST_FWD_METHOD,
            _FORWARD_NUMBERS[server.forward_method],
            8,
            a.DEST_WEIGHT,
            server.weight & 0xFFFFFFFF,
            8,
            a.DEST_U_THRESH,
            server.upper_threshold,
            8,
            a.DEST_L_THRESH,
            server.lower_threshold,
            5,
            a.DEST_TUN_TYPE,
            _TUNNEL_NUMBERS[server.tunnel_type] if server.tunnel_type else 0,
            6,
            a.DEST_TUN_PORT,
            server.tunnel_port.to_bytes(2, "big"),
            6,
            a.DEST_TUN_FLAGS,
            _CHECKSUM_NUMBERS[server.tunnel_checksum] if server.tunnel_checksum else 0,
        )
        return b"".join((bytes((command,)), self._service, a.nested(a.CMD_ATTR_DEST, body)))

    def encode_removal(self, server: Server) -> bytes:
        """Return a DEL_DEST request."""
        body = _encode_server_key(server.key)
        return bytes((a.CMD_DEL_DEST,)) + self._service + a.nested(a.CMD_ATTR_DEST, body)


def _encode_server_key(key: ServerId) -> bytes:
    return _DEST_KEY.pack(
        20,
        a.DEST_ADDR,
        key.address.packed,
        6,
        a.DEST_PORT,
        key.port.to_bytes(2, "big"),
        6,
        a.DEST_ADDR_FAMILY,
        address_family_number(key.address.family),
    )


def decode_service(entry: bytes) -> Service:
    """Return the service that a dumped entry describes.

    The HASHED flag is the kernel's own and is left out.
    """
    found = attributes(attributes(entry)[a.CMD_ATTR_SERVICE])
    key = _decode_service_key(found)
    flags = a.number(found[a.SVC_FLAGS][:4])
    scheduler = a.string(found[a.SVC_SCHED_NAME])
    persistence = a.number(found[a.SVC_TIMEOUT]) if flags & a.SVC_F_PERSISTENT else 0
    netmask = _decode_netmask(key.family, found[a.SVC_NETMASK]) if persistence else ""
    engine = a.string(found[a.SVC_PE_NAME]) if a.SVC_PE_NAME in found else ""
    return Service(key, scheduler, _flag_names(flags, scheduler), persistence, netmask, engine)


def decode_server(service: ServiceId, entry: bytes) -> Server:
    """Return the real server of ``service`` that a dumped entry describes."""
    found = attributes(attributes(entry)[a.CMD_ATTR_DEST])
    # Kernels before 3.18 do not send the family: there it is the service's.
    family = service.family
    if a.DEST_ADDR_FAMILY in found:
        family = family_of_number(a.number(found[a.DEST_ADDR_FAMILY])) or family
    port = int.from_bytes(found[a.DEST_PORT], "big")
    forward = a.number(found[a.DEST_FWD_METHOD])
    return make_server(
        service,
        family,
        found[a.DEST_ADDR],
        port,
        forward,
        a.number(found[a.DEST_WEIGHT]),
        a.number(found[a.DEST_U_THRESH]),
        a.number(found[a.DEST_L_THRESH]),
        a.number(found.get(a.DEST_TUN_TYPE, b"\x00")),
        int.from_bytes(found.get(a.DEST_TUN_PORT, b"\x00\x00"), "big"),
        a.number(found.get(a.DEST_TUN_FLAGS, b"\x00\x00")),
    )


def make_server(
    service: ServiceId,
    family: str,
    packed: bytes,
    port: int,
    forward: int,
    weight: int,
    upper: int,
    lower: int,
    tunnel_type: int,
    tunnel_port: int,
    tunnel_flags: int,
) -> Server:
    """Return the canonical server of the kernel's own numbers."""
    address = Address(family, packed[:4] if family == IPV4 else packed[:16])
    key = ServerId(service, address, port)
    method = _FORWARD_NAMES[forward & 7]
    if method != TUNNEL:
        return Server(key, method, weight, upper, lower)
    return Server(
        key,
        method,
        weight,
        upper,
        lower,
        _TUNNEL_NAMES[tunnel_type],
        tunnel_port,
        _CHECKSUM_NAMES[tunnel_flags],
    )


def decode_service_counters(entry: bytes) -> Counters:
    """Return the statistics of a dumped service."""
    found = attributes(attributes(entry)[a.CMD_ATTR_SERVICE])
    return Counters(0, 0, 0, _decode_statistics(found, a.SVC_STATS64, a.SVC_STATS))


def decode_server_counters(entry: bytes) -> Counters:
    """Return the connection counts and statistics of a dumped server."""
    found = attributes(attributes(entry)[a.CMD_ATTR_DEST])
    return Counters(
        a.number(found[a.DEST_ACTIVE_CONNS]),
        a.number(found[a.DEST_INACT_CONNS]),
        a.number(found[a.DEST_PERSIST_CONNS]),
        _decode_statistics(found, a.DEST_STATS64, a.DEST_STATS),
    )


def _decode_service_key(found: Dict[int, bytes]) -> ServiceId:
    family = family_of_number(a.number(found[a.SVC_AF])) or IPV4
    if a.SVC_FWMARK in found:
        return ServiceId(family, "", None, 0, a.number(found[a.SVC_FWMARK]))
    packed = found[a.SVC_ADDR][: 4 if family == IPV4 else 16]
    protocol = _PROTOCOL_NAMES[a.number(found[a.SVC_PROTOCOL])]
    port = int.from_bytes(found[a.SVC_PORT], "big")
    return ServiceId(family, protocol, Address(family, packed), port, 0)


def _encode_netmask(service: Service) -> bytes:
    text = service.netmask or full_netmask(service.key.family)
    if service.key.family != IPV4:
        return struct.pack("=I", int(text))
    if "." in text:
        return bytes(int(part) for part in text.split("."))
    return ((0xFFFFFFFF << (32 - int(text))) & 0xFFFFFFFF).to_bytes(4, "big")


def _decode_netmask(family: str, payload: bytes) -> str:
    if family != IPV4:
        return str(a.number(payload))
    mask = int.from_bytes(payload, "big")
    prefix = bin(mask).count("1")
    if mask == (0xFFFFFFFF << (32 - prefix)) & 0xFFFFFFFF:
        return str(prefix)
    return ".".join(str(part) for part in payload)


def _flag_names(flags: int, scheduler: str) -> Tuple[str, ...]:
    own = scheduler in ("sh", "mh")
    names: List[str] = []
    if flags & a.SVC_F_ONEPACKET:
        names.append(OPS)
    if flags & a.SVC_F_SCHED1:
        names.append(scheduler + "-fallback" if own else "flag-1")
    if flags & a.SVC_F_SCHED2:
        names.append(scheduler + "-port" if own else "flag-2")
    if flags & a.SVC_F_SCHED3:
        names.append("flag-3")
    return tuple(names)


def _decode_statistics(found: Dict[int, bytes], wide: int, narrow: int) -> Tuple[int, ...]:
    block: Optional[bytes] = found.get(wide) or found.get(narrow)
    values = attributes(block) if block else {}
    count = len(a.STATISTICS)
    return tuple(a.number(values.get(index, b"\x00")) for index in range(1, count + 1))
