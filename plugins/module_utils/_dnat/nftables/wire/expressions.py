# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The expressions that rules consist of, as the kernel lists them. Pure.

``place`` is where an expression puts or finds a value: one of sixteen 32-bit registers, 0 to 15.
A longer value takes those that follow. Values that a packet does not carry (numbers, bits) are in
the host's byte order.
"""

from __future__ import annotations

import struct
from typing import Dict, List, NamedTuple, Optional, Sequence, Tuple

from ...._kernel.netlink import attribute, each_attribute
from ...._kernel.netlink import attributes as parts
from .attributes import (
    LIST_ELEMENT,
    long_number,
    nested,
    number,
    read_number,
    read_word,
    word,
)

NETWORK, TRANSPORT = 1, 2
IIFNAME, NFPROTO, L4PROTO = 6, 15, 16
CT_STATE, CT_DIRECTION, CT_STATUS = 0, 1, 2
CT_SOURCE_PORT, CT_DESTINATION_PORT = 11, 12
CT_SOURCE, CT_DESTINATION = {"4": 19, "6": 21}, {"4": 20, "6": 22}
ORIGINAL, REPLY = b"\0", b"\1"
STATE_NEW, STATUS_DNAT = 0x8, 0x20  # NF_CT_STATE_BIT(IP_CT_NEW), IPS_DST_NAT
EQUAL, UNEQUAL = 0, 1
INCREMENTAL, AT_RANDOM = 0, 1
LOCAL = 2  # RTN_LOCAL
DROP, RETURN, GOTO = 0, -5, -4
TCP_RESET, ICMPX = 1, 2
PORT_UNREACHABLE = 1
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
BURST = 5

_NAME, _DATA = 1, 2
_VALUE, _VERDICT = 1, 2
_ADDRESS_TYPE, _OF_SOURCE = 3, 1  # NFT_FIB_RESULT_ADDRTYPE, NFTA_FIB_F_SADDR
_INVERTED = 1  # NFT_LOOKUP_F_INV
_VERDICT_REGISTER = 0
_UPDATE = 1
_DNAT = 1
_HOST_NUMBER = struct.Struct("=I")
_UNIT_NAMES = {seconds: name for name, seconds in UNITS.items()}


class Expression(NamedTuple):
    """One expression: its kind, and its attributes by number."""

    name: str
    attributes: Tuple[Tuple[int, bytes], ...]


Rule = Tuple[Expression, ...]


def _expression(name: str, *attributes: bytes) -> Expression:
    return Expression(name, tuple(each_attribute(b"".join(attributes))))


def encode(rule: Sequence[Expression]) -> bytes:
    """Return expressions as the list elements that a rule carries."""
    return b"".join(
        nested(
            LIST_ELEMENT,
            word(_NAME, expression.name),
            nested(_DATA, *(attribute(*entry) for entry in expression.attributes)),
        )
        for expression in rule
    )


def decode(data: bytes) -> Rule:
    """Return the expressions that a rule carries."""
    found: List[Expression] = []
    for _kind, payload in each_attribute(data):
        outer = parts(payload)
        inside = tuple(each_attribute(outer.get(_DATA, b"")))
        found.append(Expression(read_word(outer.get(_NAME, b"")), inside))
    return tuple(found)


def is_as_written(found: Rule, written: Rule) -> bool:
    """Tell whether a rule that the kernel lists is the one that was written.

    The kernel may list more attributes than it was given: those that it filled in itself.
    """
    found = tuple([expression for expression in found if not _does_nothing(expression)])
    if len(found) != len(written):
        return False
    for there, ours in zip(found, written):
        if there == ours:
            continue
        if there.name != ours.name or not set(ours.attributes) <= set(there.attributes):
            return False
    return True


def _does_nothing(expression: Expression) -> bool:
    """Tell whether it swaps the bytes of less than one number, as nft 1.0.6 does with protocols."""
    if expression.name != "byteorder":
        return False
    found = dict(expression.attributes)
    return read_number(found.get(4, b"")) < read_number(found.get(5, b""))


def register(place: int) -> int:
    """Return the number by which the kernel calls a place: by fours, it has the old names."""
    return 8 + place if place % 4 else 1 + place // 4


def payload(base: int, offset: int, size: int, place: int) -> Expression:
    return _expression(
        "payload",
        number(1, register(place)),
        number(2, base),
        number(3, offset),
        number(4, size),
    )


def meta(key: int, place: int) -> Expression:
    return _expression("meta", number(2, key), number(1, register(place)))


def conntrack(key: int, place: int) -> Expression:
    return _expression("ct", number(1, register(place)), number(2, key))


def conntrack_of(key: int, direction: bytes, place: int) -> Expression:
    """Load what packets in one direction of the connection have, without translation."""
    return _expression("ct", number(1, register(place)), number(2, key), attribute(3, direction))


def compare(operator: int, value: bytes, place: int = 0) -> Expression:
    return _expression(
        "cmp", number(1, register(place)), number(2, operator), nested(3, attribute(_VALUE, value))
    )


def has_bit(bit: int, place: int = 0) -> Rule:
    """Go on when the bit is set."""
    mask = _expression(
        "bitwise",
        number(1, register(place)),
        number(2, register(place)),
        number(3, _HOST_NUMBER.size),
        number(6, 0),
        nested(4, attribute(_VALUE, host_number(bit))),
        nested(5, attribute(_VALUE, host_number(0))),
    )
    return mask, compare(UNEQUAL, host_number(0), place)


def fib_source_type(place: int) -> Expression:
    """Load the type of the source address, RTN_*."""
    return _expression(
        "fib", number(1, register(place)), number(2, _ADDRESS_TYPE), number(3, _OF_SOURCE)
    )


def lookup(name: str, inverted: bool = False) -> Expression:
    """Go on when the set has the value at place 0 on."""
    return _expression(
        "lookup",
        word(1, name),
        number(2, register(0)),
        number(5, _INVERTED if inverted else 0),
    )


def lookup_data(name: str) -> Expression:
    """Put what the map has for the value at place 0 on there."""
    return _expression(
        "lookup", word(1, name), number(2, register(0)), number(3, register(0)), number(5, 0)
    )


def lookup_verdict(name: str) -> Expression:
    """Go where the map says for the value at place 0 on."""
    return _expression(
        "lookup", word(1, name), number(2, register(0)), number(3, _VERDICT_REGISTER), number(5, 0)
    )


def update(name: str, data_place: int, seconds: int) -> Expression:
    """Put the key at place 0 on, with data, into a map, or make it last for so long again."""
    return _expression(
        "dynset",
        word(1, name),
        number(3, _UPDATE),
        number(4, register(0)),
        number(5, register(data_place)),
        long_number(6, seconds * 1000),
    )


def numgen(mode: int, modulus: int, place: int) -> Expression:
    return _expression(
        "numgen",
        number(1, register(place)),
        number(2, modulus),
        number(3, mode),
        number(4, 0),
    )


def jhash(source: int, size: int, modulus: int, seed: int, place: int) -> Expression:
    return _expression(
        "hash",
        number(1, register(source)),
        number(2, register(place)),
        number(3, size),
        number(4, modulus),
        number(5, seed),
        number(7, 0),
    )


def verdict(code: int) -> Expression:
    return _expression(
        "immediate",
        number(1, _VERDICT_REGISTER),
        nested(2, nested(_VERDICT, number(1, code))),
    )


def dnat(family: int, port_place: int) -> Expression:
    """Translate to the address at place 0 and the port at ``port_place``."""
    return _expression(
        "nat",
        number(1, _DNAT),
        number(2, family),
        number(3, register(0)),
        number(5, register(port_place)),
    )


def masquerade() -> Expression:
    return _expression("masq")


def reject(kind: int, code: int = 0) -> Expression:
    if kind == TCP_RESET:
        return _expression("reject", number(1, kind))
    return _expression("reject", number(1, kind), attribute(2, bytes((code,))))


def limit(rate: int, unit: str) -> Expression:
    return _expression(
        "limit",
        long_number(1, rate),
        long_number(2, UNITS[unit]),
        number(3, BURST),
        number(4, 0),
        number(5, 0),
    )


def log(prefix: str, level: int) -> Expression:
    return _expression("log", word(2, prefix), number(5, level))


def counter(packets: int = 0, size: int = 0) -> bytes:
    """Return the name and the data of a counter, as elements and sets carry it."""
    return word(_NAME, "counter") + nested(_DATA, long_number(1, size), long_number(2, packets))


def read_counter(data: bytes) -> Tuple[int, int]:
    """Return packets and bytes of a counter."""
    counted = parts(parts(data).get(_DATA, b""))
    return read_number(counted.get(2, b"")), read_number(counted.get(1, b""))


def read_limit(expression: Expression) -> Tuple[int, str]:
    """Return a limit's rate and unit; the unit is a number of seconds when it has no name."""
    found: Dict[int, bytes] = dict(expression.attributes)
    unit = read_number(found.get(2, b""))
    return read_number(found.get(1, b"")), _UNIT_NAMES.get(unit, str(unit))


def read_log(expression: Expression) -> Tuple[str, int]:
    """Return a log's prefix and level."""
    found: Dict[int, bytes] = dict(expression.attributes)
    return read_word(found.get(2, b"")), read_number(found.get(5, b""))


def set_of(expression: Expression) -> Optional[str]:
    """Return the set that an expression works on, None for one without."""
    if expression.name not in ("lookup", "dynset"):
        return None
    return read_word(dict(expression.attributes).get(1, b""))


def host_number(value: int) -> bytes:
    """Return a number of 32 bits in the host's byte order."""
    return _HOST_NUMBER.pack(value)
