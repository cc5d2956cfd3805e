# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which share of the clients a source address belongs to, as a program of classic BPF. Pure.

The cluster match of xtables hashes only the first 32 bits of an IPv6 address, and knows 32 shares.
HMARK would take the mark of the packet away from whoever else uses it.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import List, Tuple

Instruction = Tuple[int, int, int, int]
"""Code, how far to jump if true and if not, operand: struct sock_filter, linux/filter.h."""

# Codes of linux/bpf_common.h: class | size or operation | mode or source.
_LOAD, _TO_X, _RETURN = 0x00 | 0x00 | 0x20, 0x07, 0x06
_MULTIPLY, _SHIFT, _XOR_X, _MODULO = 0x04 | 0x20, 0x04 | 0x70, 0x04 | 0xA0 | 0x08, 0x04 | 0x90
_AT_LEAST = 0x05 | 0x30

_SOURCE = {"ipv4": (12,), "ipv6": (8, 12, 16, 20)}
"""Offsets of the source address in the header, 4 bytes each (RFC 791; RFC 8200, section 3)."""

_ROUND = ((0x9E3779B1, 15),)
_END = ((0x85EBCA6B, 13), (0xC2B2AE35, 16))
"""Multiplications, each followed by mixing the upper bits into the lower ones."""


def slot_below(family: str, end: int, slots: int) -> List[Instruction]:
    """Return the program that tells whether a packet's source is in one of the slots below end."""
    found: List[Instruction] = []
    for place, offset in enumerate(_SOURCE[family]):
        if place:
            found.append((_TO_X, 0, 0, 0))
        found.append((_LOAD, 0, 0, offset))
        if place:
            found.append((_XOR_X, 0, 0, 0))
        found += _mixing(_ROUND)
    found += _mixing(_END)
    found.append((_MODULO, 0, 0, slots))
    found.append((_AT_LEAST, 0, 1, end))
    found.append((_RETURN, 0, 0, 0))
    found.append((_RETURN, 0, 0, 0xFFFFFFFF))
    return found


def slot_of(address: str, slots: int) -> int:
    """Return the slot of a source address, as the program finds it."""
    packed = ip_address(address).packed
    found = 0
    for place in range(0, len(packed), 4):
        found = _mixed(found ^ int.from_bytes(packed[place : place + 4], "big"), _ROUND)
    return _mixed(found, _END) % slots


def _mixing(steps: Tuple[Tuple[int, int], ...]) -> List[Instruction]:
    found: List[Instruction] = []
    for factor, shift in steps:
        found.append((_MULTIPLY, 0, 0, factor))
        found.append((_TO_X, 0, 0, 0))
        found.append((_SHIFT, 0, 0, shift))
        found.append((_XOR_X, 0, 0, 0))
    return found


def _mixed(number: int, steps: Tuple[Tuple[int, int], ...]) -> int:
    for factor, shift in steps:
        number = number * factor & 0xFFFFFFFF
        number ^= number >> shift
    return number
