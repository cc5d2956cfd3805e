# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which of the bytes that arrive are a request's content, and where it ends. Pure."""

from __future__ import annotations

from ..http.chunked import ChunkedScanner
from ..http.request_head import RequestHead

LEAST_PACE = 128
"""Bytes a second of content that a client has to send, in the mean over its time limit."""


class RequestContent:
    """Follows the content of one request of HTTP/1, in the framing that its head names."""

    __slots__ = ("_left", "_scanner", "_since")

    def __init__(self, head: RequestHead) -> None:
        self._scanner = ChunkedScanner() if head.chunked else None
        self._left = head.content_length or 0
        self._since = 0

    def take(self, data: bytes) -> tuple[bytes, bytes, bool]:
        """Return what of ``data`` is content, what follows it, and whether the content is whole.

        The content stays in its framing. Raises `BadChunk`.
        """
        self._since += len(data)
        if self._scanner is None:
            size = self._left
            if len(data) < size:
                self._left -= len(data)
                return data, b"", False
            return data[:size], data[size:], True
        size = self._scanner.feed(data)
        if not self._scanner.done:
            return data, b"", False
        return data[:size], data[size:], True

    def came_on(self, seconds: float) -> bool:
        """Return whether as much has come, since this was last so, as is due in ``seconds``.

        One byte now and then is not enough.
        """
        if self._since < LEAST_PACE * seconds:
            return False
        self._since = 0
        return True

    @property
    def bytes_so_far(self) -> int:
        """Bytes without framing where the head does not say how many there are; else 0."""
        return 0 if self._scanner is None else self._scanner.content_bytes
