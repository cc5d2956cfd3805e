# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chunked transfer coding (RFC 9112 section 7.1): counting it, taking it off, putting it on."""

from .decoder import ChunkedDecoder
from .encoder import LAST_CHUNK, encode_chunk
from .limits import DEFAULT_CHUNKED_LIMITS, ChunkedLimits
from .scanner import BadChunk, ChunkedScanner

__all__ = [
    "DEFAULT_CHUNKED_LIMITS",
    "LAST_CHUNK",
    "BadChunk",
    "ChunkedDecoder",
    "ChunkedLimits",
    "ChunkedScanner",
    "encode_chunk",
]
