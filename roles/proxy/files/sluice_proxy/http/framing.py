# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Content-Length and Transfer-Encoding say of a message's content (RFC 9112 section 6)."""

from __future__ import annotations

from collections.abc import Mapping

from .connection import list_members
from .refusal import BadField

_MOST_DIGITS = 18
"""So that a length fits the 64 bits, signed, of any upstream."""


def read_framing(found: Mapping[bytes, bytes], http_1_0: bool) -> tuple[int | None, bool]:
    """Return the declared length, if any, and whether the content is chunked.

    ``found`` holds lower-case names. Raises `BadField`: its status is 400 for what is malformed or
    contradictory, 501 for codings other than chunked alone, 413 for a length beyond all reason.
    """
    length = found.get(b"content-length")
    coding = found.get(b"transfer-encoding")
    if b"content_length" in found or b"transfer_encoding" in found:
        raise BadField("a framing field is spelt with an underscore")
    if coding is None:
        if length is None:
            return None, False
        if not length.isdigit():
            raise BadField("Content-Length is not a number")
        if len(length) > _MOST_DIGITS:
            raise BadField(f"Content-Length has more than {_MOST_DIGITS} digits", 413)
        return int(length), False
    if length is not None:
        raise BadField("both Content-Length and Transfer-Encoding")
    if http_1_0:
        raise BadField("Transfer-Encoding in a message of HTTP/1.0")
    if coding.lower() != b"chunked":
        codings = list_members(coding)
        if codings.index(b"chunked") != len(codings) - 1 if b"chunked" in codings else True:
            raise BadField("Transfer-Encoding does not end in chunked")
        raise BadField("a transfer coding other than chunked", 501)
    return None, True
