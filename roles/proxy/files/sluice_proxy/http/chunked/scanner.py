# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Following the framing of a chunked body in whatever segments it arrives.

The scanner says how many bytes of a segment belong to the body, so that they can be relayed as
they are. It is stricter than RFC 9112 section 7.1 where parsers are known to disagree: no
whitespace in the size line, no bare CR or LF, no size of more digits than any body needs.
"""

from __future__ import annotations

import re

from ..fields.block import split_fields
from ..fields.reader import read_field_lines
from ..grammar import TOKEN
from ..refusal import BadField
from .limits import DEFAULT_CHUNKED_LIMITS, ChunkedLimits

_MOST_SIZE_DIGITS = 15
"""So that a size fits 60 bits: no upstream's integer overflows."""

_QUOTED = rb'"(?:[\t\x20\x21\x23-\x5b\x5d-\x7e]++|\\[\t\x20-\x7e])*"'
_EXTENSION = rb";" + TOKEN + rb"(?:=(?:" + TOKEN + rb"|" + _QUOTED + rb"))?"
_size_line = re.compile(rb"([0-9A-Fa-f]{1,%d}+)(?:%b)*\r\n" % (_MOST_SIZE_DIGITS, _EXTENSION)).match
_size_start = re.compile(rb"[0-9A-Fa-f]{1,%d}+(?:[;\r]|\Z)" % _MOST_SIZE_DIGITS).match
_never_in_framing = re.compile(rb"\r(?!\n|\Z)|(?<!\r)\n|\0").search

_NEVER_IN_TRAILERS = frozenset(
    b"authorization connection content-encoding content-length content-range content-type "
    b"cookie expect forwarded host keep-alive max-forwards "
    b"http2-settings set-cookie te trailer transfer-encoding upgrade via www-authenticate "
    b"x-real-ip x-request-id".split()
)
"""Fields of framing, routing, authentication and content: harmful if a recipient merges them into
the head (RFC 9110 section 6.5.1)."""

# States: what the next byte belongs to.
_SIZE, _DATA, _DATA_END, _TRAILERS, _DONE = range(5)


class BadChunk(Exception):
    """A chunked body that breaks the framing: 400 of a client, a cut connection of an upstream."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class ChunkedScanner:
    """Counts one chunked body. ``done`` turns true with the last byte of its framing."""

    __slots__ = (
        "_extension_bytes",
        "_limits",
        "_pending",
        "_remaining",
        "_state",
        "_trailer_bytes",
        "_trailer_lines",
        "content_bytes",
        "done",
        "trailers",
    )

    def __init__(self, limits: ChunkedLimits = DEFAULT_CHUNKED_LIMITS) -> None:
        self._limits = limits
        self._state = _SIZE
        self._remaining = 0
        self._pending = b""
        self._extension_bytes = 0
        self._trailer_bytes = 0
        self._trailer_lines: list[bytes] = []
        self.content_bytes = 0
        """Bytes of content so far, without framing."""
        self.done = False
        self.trailers = b""
        """The trailer fields, canonical (`sluice_proxy.http.fields.block`), once it is done."""

    def feed(
        self,
        data: bytes | bytearray | memoryview,
        content: list[memoryview] | None = None,
    ) -> int:
        """Follow the framing in ``data``; return how many of its bytes belong to this body.

        Fewer than it has only when the body is done. Pieces of content are appended to
        ``content``, uncopied. Raises `BadChunk`; after that the scanner must not be fed again.
        """
        end = len(data)
        position = 0
        view: memoryview | None = None
        while position < end and not self.done:
            if self._state == _DATA:
                taken = min(self._remaining, end - position)
                if content is not None and taken:
                    view = view or memoryview(data)
                    content.append(view[position : position + taken])
                position += taken
                self.content_bytes += taken
                self._remaining -= taken
                if not self._remaining:
                    self._state = _DATA_END
            elif self._state == _SIZE:
                position = self._read_size(data, position)
            elif self._state == _DATA_END:
                position = self._read_data_end(data, position)
            else:
                position = self._read_trailers(data, position)
        return position

    def _read_size(self, data: bytes | bytearray | memoryview, position: int) -> int:
        if not self._pending:
            match = _size_line(data, position)
            if match is not None:
                if match.end() - position > self._limits.size_line_bytes:
                    raise BadChunk("the line of a chunk's size is too long")
                self._begin(match)
                return match.end()
        line, position = self._line(data, position, self._limits.size_line_bytes)
        if not line:
            if not _size_start(self._pending):
                raise BadChunk("the line of a chunk's size is malformed")
            return position
        match = _size_line(line)
        if match is None:
            raise BadChunk("the line of a chunk's size is malformed")
        self._begin(match)
        return position

    def _begin(self, line: re.Match[bytes]) -> None:
        extension_bytes = line.end() - line.end(1) - len(b"\r\n")
        if extension_bytes:
            self._extension_bytes += extension_bytes
            if self._extension_bytes > self._limits.extension_bytes + self.content_bytes:
                raise BadChunk("chunk extensions are out of proportion to the content")
        size = self._remaining = int(line[1], 16)
        self._state = _DATA if size else _TRAILERS

    def _read_data_end(self, data: bytes | bytearray | memoryview, position: int) -> int:
        expected = b"\n" if self._pending else b"\r\n"
        found = bytes(data[position : position + len(expected)])
        if not expected.startswith(found):
            raise BadChunk("a chunk does not end with CRLF after as many bytes as its size says")
        if len(found) < len(expected):
            self._pending = found
        else:
            self._pending = b""
            self._state = _SIZE
        return position + len(found)

    def _read_trailers(self, data: bytes | bytearray | memoryview, position: int) -> int:
        """Gather the lines of the trailer section up to its empty one, maybe the first."""
        limits = self._limits.trailers
        line, position = self._line(data, position, limits.head_bytes - self._trailer_bytes)
        if not line:
            return position
        if line != b"\r\n":
            if len(self._trailer_lines) == limits.fields:
                raise BadChunk(f"trailer section: more than {limits.fields} fields")
            self._trailer_lines.append(line[:-2])
            self._trailer_bytes += len(line)
            return position
        self.trailers = self._checked_trailers()
        self._state = _DONE
        self.done = True
        return position

    def _line(
        self, data: bytes | bytearray | memoryview, position: int, limit: int
    ) -> tuple[bytes, int]:
        """Return what is pending and ``data`` up to a line feed, and where that ends in ``data``.

        Nothing when it has not arrived: what has is pending then. Raises `BadChunk` for bare
        carriage returns and line feeds, and for more than ``limit`` bytes.
        """
        room = limit - len(self._pending)
        piece = bytes(data[position : position + room])
        length = piece.find(b"\n") + 1
        line = self._pending + (piece[:length] if length else piece)
        # What is pending was looked at before, but for a CR at its end.
        if _never_in_framing(line, max(0, len(self._pending) - 1)):
            raise BadChunk("bare CR, bare LF or NUL in the framing")
        if length:
            self._pending = b""
            return line, position + length
        if len(line) >= limit:
            raise BadChunk("too many bytes of framing without an end")
        self._pending = line
        return b"", position + len(piece)

    def _checked_trailers(self) -> bytes:
        try:
            block = read_field_lines(self._trailer_lines, self._limits.trailers)
        except BadField as error:
            raise BadChunk(f"trailer section: {error.reason}") from None
        for name, _unused in split_fields(block):
            plain = name.lower().replace(b"_", b"-")
            if plain in _NEVER_IN_TRAILERS or plain.startswith((b"x-forwarded", b"proxy")):
                raise BadChunk(f"field {name.decode('ascii')} in the trailer section")
        return block
