# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Base64url without padding (RFC 7515, section 2)."""

from __future__ import annotations

import base64
import binascii
import re

_TEXT = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def encoded(data: bytes) -> str:
    """Return bytes as text."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def encoded_number(number: int, length: int = 0) -> str:
    """Return a number from 0 as text, the highest byte first, in ``length`` bytes at least."""
    return encoded(number.to_bytes(max(length, (number.bit_length() + 7) // 8, 1)))


def decoded(text: str) -> bytes:
    """Return the bytes that a text stands for, padded or not; raises ValueError."""
    bare = text.strip().rstrip("=")
    if not is_base64url(bare):
        raise ValueError("not base64url: letters, digits, - and _ are possible")
    try:
        return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except binascii.Error:
        raise ValueError("not base64url: its length is not possible") from None


def is_base64url(text: str) -> bool:
    """Return whether a text has characters of base64url alone, one at least."""
    return _TEXT.fullmatch(text) is not None
