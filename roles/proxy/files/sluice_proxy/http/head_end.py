# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finding where a head ends in bytes that arrive in any pieces."""

from __future__ import annotations

import re

from .limits import HeadLimits
from .refusal import BadRequest, BadResponse

_METHOD_START = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]")


def skip_empty_line(buffer: bytes | bytearray, start: int) -> int:
    """Return where a request begins: after one empty line, if there is one at ``start``.

    RFC 9112 section 2.2 asks for this tolerance; more than one empty line is refused later.
    """
    return start + 2 if buffer.startswith(b"\r\n", start) else start


def find_head_end(buffer: bytes | bytearray, start: int, limits: HeadLimits) -> int:
    """Return the index after the empty line of the request head at ``start``; -1 if incomplete.

    What can no longer become a good head is refused at once, without waiting for its end: a TLS
    handshake, bare line feeds, too many bytes. Raises `BadRequest`.
    """
    end = buffer.find(b"\r\n\r\n", start, start + limits.head_bytes)
    if end >= 0:
        return end + 4
    size = len(buffer) - start
    if not size:
        return -1
    if not _METHOD_START.match(buffer, start) and buffer[start : start + 2] != b"\r":
        raise BadRequest(400, "the first byte begins no method")
    if _is_broken(buffer, start):
        raise BadRequest(400, "bare CR, bare LF or NUL in the head")
    line_limit = limits.method_bytes + limits.target_bytes + len("  HTTP/1.1\r\n")
    if size > line_limit and buffer.find(b"\r\n", start, start + line_limit) < 0:
        raise BadRequest(414, f"the request-target has more than {limits.target_bytes} bytes")
    if size >= limits.head_bytes:
        raise BadRequest(431, f"the head has more than {limits.head_bytes} bytes")
    return -1


def find_response_head_end(buffer: bytes | bytearray, start: int, limits: HeadLimits) -> int:
    """Return the index after the empty line of the response head at ``start``; -1 if incomplete.

    Raises `BadResponse` for what can no longer become a good head.
    """
    end = buffer.find(b"\r\n\r\n", start, start + limits.head_bytes)
    if end >= 0:
        return end + 4
    size = len(buffer) - start
    if buffer[start : start + 5] != b"HTTP/"[:size]:
        raise BadResponse("the first bytes begin no HTTP/1 response")
    if _is_broken(buffer, start):
        raise BadResponse("bare CR, bare LF or NUL in the head")
    if size >= limits.head_bytes:
        raise BadResponse(f"the head has more than {limits.head_bytes} bytes")
    return -1


def _is_broken(buffer: bytes | bytearray, start: int) -> bool:
    """Return whether there is a bare CR, a bare LF or a NUL from ``start`` on.

    A CR at the end may still get its LF. Counting is many times quicker than a regular expression,
    and this is looked for again whenever a few bytes more of a head arrive.
    """
    lines = buffer.count(b"\r\n", start)
    return (
        buffer.count(b"\n", start) != lines
        or buffer.count(b"\r", start) - buffer.endswith(b"\r", start) != lines
        or buffer.find(b"\0", start) >= 0
    )
