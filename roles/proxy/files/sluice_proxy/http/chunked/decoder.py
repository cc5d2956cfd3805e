# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Taking the chunked coding off, for a recipient that cannot read it."""

from __future__ import annotations

from .limits import DEFAULT_CHUNKED_LIMITS, ChunkedLimits
from .scanner import ChunkedScanner


class ChunkedDecoder:
    """Decodes one chunked body; trailer fields are dropped."""

    __slots__ = ("_scanner",)

    def __init__(self, limits: ChunkedLimits = DEFAULT_CHUNKED_LIMITS) -> None:
        self._scanner = ChunkedScanner(limits)

    @property
    def done(self) -> bool:
        """Whether the last byte of the body's framing was fed."""
        return self._scanner.done

    def feed(self, data: bytes) -> tuple[list[memoryview], int]:
        """Return pieces of content, and how many bytes of ``data`` belong to the body.

        The pieces are views of ``data``. Raises `BadChunk`.
        """
        content: list[memoryview] = []
        return content, self._scanner.feed(data, content)
