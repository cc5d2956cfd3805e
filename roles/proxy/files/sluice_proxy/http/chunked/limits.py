# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How much framing of a chunked body is read before it is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..limits import HeadLimits


@dataclass(frozen=True, slots=True)
class ChunkedLimits:
    """Bounds of what is not content. A body at a bound is still accepted."""

    size_line_bytes: int = 256
    """The line with a chunk's size, its extensions and its CRLF."""
    extension_bytes: int = 16_384
    """The extensions of all chunks together, beyond one byte for each byte of content."""
    trailers: HeadLimits = field(
        default_factory=lambda: HeadLimits(head_bytes=8_192, field_bytes=8_192, fields=32)
    )
    """The trailer section: bytes with its CRLFs, bytes of one field, number of fields."""


DEFAULT_CHUNKED_LIMITS = ChunkedLimits()
"""Limits for a caller that has no configuration."""
