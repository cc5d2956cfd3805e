# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the nft command keeps beside sets and elements, so that it can print them. Pure.

The kernel only stores it. The numbers are libnftnl's (libnftnl/udata.h) and nft's own; each entry
is a kind, a length and a value, and numbers are in the host's byte order.
"""

from __future__ import annotations

import struct
from typing import Sequence, Tuple

_KEY_BYTE_ORDER, _DATA_BYTE_ORDER, _KEY_TYPEOF, _DATA_TYPEOF, _DATA_INTERVAL = 0, 1, 3, 4, 6
_COMMENT = 0
_EXPRESSION, _OPERANDS = 0, 1
_CONCATENATION, _PAYLOAD, _META, _NUMGEN = 13, 7, 9, 23
_L4PROTO = 16
_TH, _DPORT = 11, 2
_HEADERS = {"4": 12, "6": 13}
_DESTINATIONS = {"4": 12, "6": 9}
_NUMBER = struct.Struct("=I")

Typeof = bytes


def _entry(kind: int, *payload: bytes) -> bytes:
    whole = b"".join(payload)
    return bytes((kind, len(whole))) + whole


def _number(kind: int, value: int) -> bytes:
    return _entry(kind, _NUMBER.pack(value))


def comment(text: str) -> bytes:
    """Return the comment of an element."""
    return _entry(_COMMENT, text.encode("utf-8") + b"\0")


def read_comment(data: bytes) -> str:
    """Return the comment of an element, empty without one."""
    offset = 0
    while offset + 2 <= len(data):
        kind, size = data[offset], data[offset + 1]
        if kind == _COMMENT:
            return data[offset + 2 : offset + 2 + size].rstrip(b"\0").decode("utf-8", "replace")
        offset += 2 + size
    return ""


def of_set(key: Typeof) -> bytes:
    """Return what belongs to a set."""
    return _number(_KEY_BYTE_ORDER, 0) + _entry(_KEY_TYPEOF, key)


def of_map(key: Typeof, data: Typeof = b"") -> bytes:
    """Return what belongs to a map; without ``data``, nft prints the type of what it maps to."""
    found = _number(_KEY_BYTE_ORDER, 0) + _number(_DATA_BYTE_ORDER, 0) + _entry(_KEY_TYPEOF, key)
    if data:
        found += _entry(_DATA_TYPEOF, data)
    return found + _number(_DATA_INTERVAL, 0)


def untyped() -> Typeof:
    """Return that for the parts of a value only types are known."""
    return _number(_EXPRESSION, _CONCATENATION) + _entry(_OPERANDS)


def typeof(operands: Sequence[bytes]) -> Typeof:
    """Return that a value consists of what these expressions give."""
    numbered = [_entry(index, operand) for index, operand in enumerate(operands)]
    return _number(_EXPRESSION, _CONCATENATION) + _entry(_OPERANDS, *numbered)


def destination(digit: str) -> bytes:
    """Return ``ip daddr`` or ``ip6 daddr``."""
    return _operand(_PAYLOAD, ((0, _HEADERS[digit]), (1, _DESTINATIONS[digit])))


def protocol() -> bytes:
    """Return ``meta l4proto``."""
    return _operand(_META, ((0, _L4PROTO),))


def any_port() -> bytes:
    """Return ``th dport``."""
    return _operand(_PAYLOAD, ((0, _TH), (1, _DPORT)))


def numgen() -> bytes:
    """Return ``numgen inc mod 2``: only its type matters."""
    return _operand(_NUMGEN, ((0, 0), (1, 2), (2, 0)))


def _operand(kind: int, values: Sequence[Tuple[int, int]]) -> bytes:
    inside = [_number(index, value) for index, value in values]
    return _number(_EXPRESSION, kind) + _entry(_OPERANDS, *inside)
