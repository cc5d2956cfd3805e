# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Content whose framing a client cannot have as it came from the target. Pure."""

from __future__ import annotations

from ..http.chunked import LAST_CHUNK, ChunkedDecoder, encode_chunk
from ..http.forwarding import OutgoingFraming


class Encoding:
    """Puts the chunked coding on content that ends with the target's connection."""

    __slots__ = ()

    def reframed(self, content: bytes, ended: bool) -> bytes:
        """Return what to send for the next piece of content, maybe the last."""
        data = encode_chunk(content)
        return data + LAST_CHUNK if ended else data


class Decoding:
    """Takes the chunked coding off for a client that does not know it."""

    __slots__ = ("_decoder",)

    def __init__(self) -> None:
        self._decoder = ChunkedDecoder()

    def reframed(self, content: bytes, ended: bool) -> bytes:
        """Return the content of the next piece."""
        return b"".join(self._decoder.feed(content)[0])


Reframing = Encoding | Decoding


def reframing(framing: OutgoingFraming) -> Reframing | None:
    """Return what makes content of this framing; None for what goes as it comes."""
    if framing is OutgoingFraming.ENCODE:
        return Encoding()
    return Decoding() if framing is OutgoingFraming.DECODE else None
