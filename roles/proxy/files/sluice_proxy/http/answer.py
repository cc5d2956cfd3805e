# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Responses that the proxy makes itself: errors, redirects, fixed pages."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

from .fields.block import field_lines
from .forwarding.changes import refuse_own

_REASONS = {status.value: status.phrase.encode("ascii") for status in HTTPStatus}
_WITHOUT_CONTENT = frozenset({204, 304})


def compose_answer(
    status: int,
    body: bytes = b"",
    fields: Iterable[tuple[bytes, bytes]] = (),
    *,
    method: bytes = b"GET",
    keep_alive: bool = False,
    client_version: bytes = b"1.1",
) -> bytes:
    """Return a complete response: status, ``fields``, length, connection, ``body``.

    The body is left out for HEAD and for statuses that have none. Raises ValueError for a status
    that is not final, and `BadChange` or `BadField` for fields that are the proxy's own or broken:
    this is what keeps a Location with a line break from becoming a second response.
    """
    if not 200 <= status < 600:
        raise ValueError(f"status {status} is not final: use 200 to 599")
    fields = tuple(fields)
    for name, _unused in fields:
        refuse_own(name)
    lines = field_lines(fields)
    if status not in _WITHOUT_CONTENT:
        lines += b"\nContent-Length: %d\r" % len(body)
    if not keep_alive:
        lines += b"\nConnection: close\r"
    elif client_version == b"1.0":
        lines += b"\nConnection: keep-alive\r"
    head = b"HTTP/1.1 %d %b\r%b\n\r\n" % (status, _REASONS.get(status, b""), lines)
    return head if method == b"HEAD" or status in _WITHOUT_CONTENT else head + body
