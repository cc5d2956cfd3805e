# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a fake IPVS reads from requests and writes into dumps, independent of the codec under test.

Numbers are those of include/uapi/linux/ip_vs.h; what is refused follows the kernel's parsers
(ip_vs_genl_parse_service and ip_vs_genl_parse_dest in net/netfilter/ipvs/ip_vs_ctl.c).
"""

from __future__ import annotations

import errno
import struct
from typing import Any, Dict, Optional, Sequence, Tuple

AF_INET, AF_INET6 = 2, 10

_MINIMUM_SIZES = {
    "service": {1: 2, 2: 2, 4: 2, 5: 4, 8: 4, 9: 4},
    "dest": {2: 2, 3: 4, 4: 4, 5: 4, 6: 4, 11: 2, 13: 1, 14: 2, 15: 2},
}
_MAXIMUM_SIZES = {"service": {3: 16, 7: 8}, "dest": {1: 16}}

ServiceKey = tuple
"""("address", family, protocol, packed address, port) or ("mark", family, mark)."""
DestKey = tuple
"""(family, packed address, port): what ip_vs_lookup_dest compares, under a fwmark too."""


class Dest:
    """What the kernel keeps of a real server, in the kernel's own numbers."""

    def __init__(self, key: DestKey) -> None:
        self.key = key
        self.settings: Tuple[int, ...] = ()
        self.counts = (0, 0, 0)
        self.statistics = [0] * 10


class Service:
    """What the kernel keeps of a virtual service; newer servers stand before older ones."""

    def __init__(self, key: ServiceKey) -> None:
        self.key = key
        self.scheduler = "none"
        self.engine: Optional[str] = None
        self.flags = 0
        self.timeout = 0
        self.netmask = b"\x00" * 4
        self.statistics = [0] * 10
        self.dests: Dict[DestKey, Dest] = {}


class Refused(Exception):
    """The kernel's no, with its error number."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


# Bytes in.


def attributes_of(data: bytes) -> Dict[int, bytes]:
    found = {}
    while len(data) >= 4:
        length, number = struct.unpack("=HH", data[:4])
        if not 4 <= length <= len(data):
            break
        found[number & 0x3FFF] = data[4:length]
        data = data[(length + 3) // 4 * 4 :]
    return found


def nested(data: Optional[bytes], what: str) -> Dict[int, bytes]:
    if data is None:
        raise Refused(errno.EINVAL)
    found = attributes_of(data)
    for number, size in _MINIMUM_SIZES[what].items():
        if number in found and len(found[number]) < size:
            raise Refused(errno.EINVAL)
    for number, size in _MAXIMUM_SIZES[what].items():
        if number in found and len(found[number]) > size:
            raise Refused(errno.EINVAL)
    return found


def service_key(given: Dict[int, bytes]) -> ServiceKey:
    by_address = 4 in given and 2 in given and 3 in given
    if 1 not in given or not (5 in given or by_address):
        raise Refused(errno.EINVAL)
    family = _u16(given[1])
    if family not in (AF_INET, AF_INET6):
        raise Refused(errno.EAFNOSUPPORT)
    if 5 in given:
        mark = u32(given[5])
        return ("mark", family, mark) if mark else ("address", family, 6, _any(family), 0)
    address = given[3].ljust(16, b"\x00")[: 4 if family == AF_INET else 16]
    return ("address", family, _u16(given[2]), address, _be16(given[4]))


def service_settings(given: Dict[int, bytes], present: Optional[Service]) -> Tuple[Any, ...]:
    if not all(number in given for number in (6, 7, 8, 9)):
        raise Refused(errno.EINVAL)
    for number in (6, 11):
        if number in given and not 1 <= len(given[number].rstrip(b"\x00")) + (number == 11) <= 16:
            raise Refused(errno.EINVAL)
    flags, mask = struct.unpack("=II", given[7].ljust(8, b"\x00"))
    old = present.flags if present else 0
    return (
        _text(given[6]),
        _text(given[11]) if 11 in given else None,
        (old & ~mask) | (flags & mask),
        u32(given[8]),
        given[9][:4],
    )


def dest_key(given: Dict[int, bytes], service_family: int) -> DestKey:
    if 1 not in given or 2 not in given:
        raise Refused(errno.EINVAL)
    family = _u16(given[11]) if 11 in given else 0
    if family == 0:
        family = service_family
    if family not in (AF_INET, AF_INET6):
        raise Refused(errno.EAFNOSUPPORT)
    address = given[1].ljust(16, b"\x00")[: 4 if family == AF_INET else 16]
    return (family, address, _be16(given[2]))


def dest_settings(given: Dict[int, bytes]) -> Tuple[int, ...]:
    if not all(number in given for number in (3, 4, 5, 6)):
        raise Refused(errno.EINVAL)
    if max(u32(given[5]), u32(given[6])) > 0x7FFFFFFF:
        raise Refused(errno.EINVAL)
    return (
        u32(given[3]) & 7,
        u32(given[4]),
        u32(given[5]),
        u32(given[6]),
        given[13][0] if 13 in given else 0,
        _be16(given[14]) if 14 in given else 0,
        _u16(given[15]) if 15 in given else 0,
    )


def is_unicast(family: int, address: bytes) -> bool:
    if family == AF_INET:
        return address[0] != 0 and not 224 <= address[0] <= 239 and address != b"\xff" * 4
    if address[0] == 0xFF or not any(address):
        return False
    link_local = address[0] == 0xFE and address[1] & 0xC0 == 0x80
    mapped = address[:12] == b"\x00" * 10 + b"\xff\xff"
    return not link_local and not mapped


def _any(family: int) -> bytes:
    return b"\x00" * (4 if family == AF_INET else 16)


def _u16(data: bytes) -> int:
    return int(struct.unpack("=H", data[:2])[0])


def _be16(data: bytes) -> int:
    return int(struct.unpack(">H", data[:2])[0])


def u32(data: bytes) -> int:
    return int(struct.unpack("=I", data[:4])[0])


def _text(data: bytes) -> str:
    return data.split(b"\x00")[0].decode("ascii")


# Bytes out.


def service_entry(service: Service) -> bytes:
    kind, family = service.key[:2]
    parts = [attribute(1, struct.pack("=H", family))]
    if kind == "mark":
        parts.append(attribute(5, p32(service.key[2])))
    else:
        _kind, _family, protocol, address, port = service.key
        parts.append(attribute(2, struct.pack("=H", protocol)))
        parts.append(attribute(3, address.ljust(16, b"\x00")))
        parts.append(attribute(4, struct.pack(">H", port)))
    parts.append(attribute(6, service.scheduler.encode() + b"\x00"))
    if service.engine:
        parts.append(attribute(11, service.engine.encode() + b"\x00"))
    parts.append(attribute(7, struct.pack("=II", service.flags, 0xFFFFFFFF)))
    parts.append(attribute(8, p32(service.timeout)))
    parts.append(attribute(9, service.netmask))
    parts.append(_statistics(10, service.statistics, wide=False))
    parts.append(_statistics(12, service.statistics, wide=True))
    return attribute(1, b"".join(parts))


def dest_entry(dest: Dest) -> bytes:
    family, address, port = dest.key
    forward, weight, upper, lower, tunnel_type, tunnel_port, tunnel_flags = dest.settings
    active, inactive, persistent = dest.counts
    parts = [
        attribute(1, address.ljust(16, b"\x00")),
        attribute(2, struct.pack(">H", port)),
        attribute(3, p32(forward)),
        attribute(4, p32(weight)),
        attribute(13, bytes([tunnel_type])),
        attribute(14, struct.pack(">H", tunnel_port)),
        attribute(15, struct.pack("=H", tunnel_flags)),
        attribute(5, p32(upper)),
        attribute(6, p32(lower)),
        attribute(7, p32(active)),
        attribute(8, p32(inactive)),
        attribute(9, p32(persistent)),
        attribute(11, struct.pack("=H", family)),
        _statistics(10, dest.statistics, wide=False),
        _statistics(12, dest.statistics, wide=True),
    ]
    return attribute(2, b"".join(parts))


def _statistics(number: int, values: Sequence[int], wide: bool) -> bytes:
    # The narrow block has 64 bits for the two counts of bytes only; longer counts are cut off.
    parts = []
    for index, value in enumerate(values, 1):
        size = 8 if wide or index in (4, 5) else 4
        parts.append(attribute(index, struct.pack("=Q", value)[:8] if size == 8 else p32(value)))
    return attribute(number, b"".join(parts))


def attribute(number: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), number) + data + b"\x00" * (-len(data) % 4)


def p32(value: int) -> bytes:
    return struct.pack("=I", value & 0xFFFFFFFF)
