# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What attributes of netfilter hold: text, and numbers, which are big-endian. Pure."""

from __future__ import annotations

from ...._kernel.netlink import attribute

LIST_ELEMENT = 1  # NFTA_LIST_ELEM


def nested(kind: int, *parts: bytes) -> bytes:
    """Return an attribute that holds others."""
    return attribute(kind, b"".join(parts))


def word(kind: int, text: str) -> bytes:
    """Return an attribute of text, ended by a zero byte."""
    return attribute(kind, text.encode("utf-8") + b"\0")


def number(kind: int, value: int) -> bytes:
    """Return an attribute of 32 bits, two's complement where negative."""
    return attribute(kind, (value & 0xFFFFFFFF).to_bytes(4, "big"))


def long_number(kind: int, value: int) -> bytes:
    """Return an attribute of 64 bits."""
    return attribute(kind, value.to_bytes(8, "big"))


def read_number(payload: bytes) -> int:
    """Return the number that an attribute of any size holds."""
    return int.from_bytes(payload, "big")


def read_signed(payload: bytes) -> int:
    """Return the number that an attribute holds in two's complement."""
    return int.from_bytes(payload, "big", signed=True)


def read_word(payload: bytes) -> str:
    """Return the text that an attribute holds."""
    return payload.rstrip(b"\0").decode("utf-8", "replace")
