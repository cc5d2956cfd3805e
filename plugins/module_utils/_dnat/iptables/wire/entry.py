# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A rule as struct ipt_entry or ip6t_entry with its matches and its target, and back. Pure."""

from __future__ import annotations

import struct
from functools import lru_cache
from ipaddress import ip_network
from typing import Iterator, NamedTuple, Sequence

from ...._inet.address import IPV6
from ...._kernel.xtables.blob import FORMS, NAME_FIELD, TARGET_HEADER
from ...model import PROTOCOLS

_PART = struct.Struct("=H29sB")  # struct xt_entry_match and struct xt_entry_target
_OFFSETS = struct.Struct("=HH")
_F_PROTO = 1  # IP6T_F_PROTO, linux/netfilter_ipv6/ip6_tables.h


class Part(NamedTuple):
    """A match or a target: its name, its revision, and its data."""

    name: str
    revision: int
    data: bytes


def part(name: str, revision: int, data: bytes) -> bytes:
    """Return a match or target as bytes, aligned as the kernel wants it (XT_ALIGN)."""
    padded = data + bytes(-len(data) % 8)
    return _PART.pack(TARGET_HEADER + len(padded), name.encode("ascii"), revision) + padded


def jump(chain: str) -> bytes:
    """Return the target that goes to a chain, or gives a verdict such as DROP.

    The empty word goes on with the next rule.
    """
    return part(chain, 0, bytes(8))


def rule(
    family: str,
    target: bytes,
    matches: Sequence[bytes] = (),
    protocol: str = "",
    source: str = "",
    destination: str = "",
) -> bytes:
    """Return a rule; ``source`` and ``destination`` are addresses or networks."""
    middle = b"".join(matches)
    form = FORMS[family]
    offsets = _OFFSETS.pack(form.size + len(middle), form.size + len(middle) + len(target))
    return b"".join(
        (
            _header(family, protocol, source, destination),
            bytes(form.target_offset - form.nfcache),
            offsets,
            bytes(form.size - form.comefrom),
            middle,
            target,
        )
    )


@lru_cache(maxsize=4096)
def _header(family: str, protocol: str, source: str, destination: str) -> bytes:
    """Return struct ipt_ip or ip6t_ip, with its padding."""
    number = PROTOCOLS[protocol] if protocol else 0
    start = _addresses(family, source, destination) + bytes(64)
    if family == IPV6:
        return start + struct.pack("=HBBB3x", number, 0, _F_PROTO if number else 0, 0)
    return start + struct.pack("=HBB", number, 0, 0)


def _addresses(family: str, source: str, destination: str) -> bytes:
    anything = "::/0" if family == IPV6 else "0.0.0.0/0"
    from_net, to_net = ip_network(source or anything), ip_network(destination or anything)
    ends = (from_net.network_address, to_net.network_address, from_net.netmask, to_net.netmask)
    return b"".join(each.packed for each in ends)


def source_of(family: str, body: bytes) -> str:
    """Return the network that a rule's packets come from, with its prefix length."""
    size = 16 if family == IPV6 else 4
    mask = int.from_bytes(body[2 * size : 3 * size], "big")
    address = int.from_bytes(body[:size], "big") & mask
    packed = address.to_bytes(size, "big")
    return str(ip_network((packed, bin(mask).count("1")), strict=False))


def matches_of(family: str, body: bytes) -> Iterator[Part]:
    """Yield the matches of a rule."""
    form = FORMS[family]
    place = form.size
    end = _OFFSETS.unpack_from(body, form.target_offset)[0]
    while place < end:
        size, name, revision = _PART.unpack_from(body, place)
        yield _part(name, revision, body[place + TARGET_HEADER : place + size])
        place += max(size, TARGET_HEADER)


def target_of(family: str, body: bytes) -> Part:
    """Return the target of a rule."""
    place = _OFFSETS.unpack_from(body, FORMS[family].target_offset)[0]
    _size, name, revision = _PART.unpack_from(body, place)
    return _part(name, revision, body[place + TARGET_HEADER :])


def target_bytes(family: str, body: bytes) -> bytes:
    """Return the target of a rule as it is."""
    return body[_OFFSETS.unpack_from(body, FORMS[family].target_offset)[0] :]


def _part(name: bytes, revision: int, data: bytes) -> Part:
    return Part(name[:NAME_FIELD].split(b"\0", 1)[0].decode("latin-1"), revision, data)
