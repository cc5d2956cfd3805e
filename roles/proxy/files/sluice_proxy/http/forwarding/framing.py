# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a response's content is framed towards the client, given how it arrives."""

from __future__ import annotations

from enum import Enum

from ..response_head import ResponseHead


class OutgoingFraming(Enum):
    """What a worker does with the bytes of the content."""

    NONE = "none"
    """There is none."""
    LENGTH = "length"
    """Relay as many bytes as were declared."""
    CHUNKED = "chunked"
    """Relay the chunks as they are; `ChunkedScanner` tells the end."""
    ENCODE = "encode"
    """It ends with the upstream's connection or stream: `encode_chunk`, then `LAST_CHUNK`."""
    DECODE = "decode"
    """Take the chunked coding off with `ChunkedDecoder`, then close the client's connection."""
    CLOSE = "close"
    """Relay until the upstream closes, then close the client's connection."""

    closes: bool
    """Whether only the end of the client's connection tells the end of the content."""

    def __init__(self, name: str) -> None:
        self.closes = name in ("decode", "close")


# Members of an enumeration are slow to look up, and these are for each response.
_NONE, _LENGTH, _CHUNKED, _ENCODE, _DECODE, _CLOSE = OutgoingFraming


def outgoing_framing(head: ResponseHead, client_version: bytes) -> OutgoingFraming:
    """Return how content is framed for a client of ``1.0`` or ``1.1``.

    Only 1.1 knows the chunked coding (RFC 9112 section 6.1).
    """
    if head.content_length is not None:
        return _LENGTH if head.content_length else _NONE
    old = client_version == b"1.0"
    if head.chunked and head.version != b"2":
        return _DECODE if old else _CHUNKED
    return _CLOSE if old else _ENCODE
