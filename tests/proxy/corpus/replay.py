# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the gates make of the bytes of one client's connection: a worker without its sockets."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice_proxy.http.chunked import BadChunk, ChunkedScanner
from sluice_proxy.http.forwarding import ClientSide, RequestPolicy, compose_request
from sluice_proxy.http.head_end import find_head_end, skip_empty_line
from sluice_proxy.http.limits import DEFAULT_LIMITS, HeadLimits
from sluice_proxy.http.refusal import BadRequest
from sluice_proxy.http.request_gate import parse_request
from sluice_proxy.http.request_head import RequestHead

POLICY = RequestPolicy(via=None, x_forwarded=False, request_id_field=None)
"""Adds nothing, so that what is sent on shows what became of what came."""
CLIENT = ClientSide("192.0.2.1", "http", 80)


@dataclass
class Replayed:
    """What became of a connection."""

    heads: list[RequestHead] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    """Complete requests as an upstream gets them, content included, one after another."""
    refused: int | None = None
    """The status that answered what followed them; None when all was accepted."""
    reason: str = ""
    """Why it was refused."""
    unfinished: bool = False
    """Whether the bytes end within a request."""


def replay(
    raw: bytes,
    policy: RequestPolicy = POLICY,
    client: ClientSide = CLIENT,
    limits: HeadLimits = DEFAULT_LIMITS,
) -> Replayed:
    """Run the bytes of a connection through the gates."""
    result = Replayed()
    position = 0
    try:
        while position < len(raw):
            start = skip_empty_line(raw, position)
            end = find_head_end(raw, start, limits)
            if end < 0:
                result.unfinished = start < len(raw)
                break
            head = parse_request(raw[start:end], limits)
            length, finished = content_length(head, raw[end:])
            if not finished:
                result.unfinished = True
                break
            sent = compose_request(head, policy, client, b"-", default_host=b"upstream")
            result.heads.append(head)
            result.sent.append(sent + raw[end : end + length])
            position = end + length
            if not head.keep_alive:
                break
    except BadRequest as error:
        result.refused, result.reason = error.status, error.reason
    except BadChunk as error:
        result.refused, result.reason = 400, error.reason
    return result


def content_length(head: RequestHead, rest: bytes) -> tuple[int, bool]:
    """Return how many bytes of ``rest`` are the request's content, and whether that is all."""
    if head.chunked:
        scanner = ChunkedScanner()
        return scanner.feed(rest), scanner.done
    length = head.content_length or 0
    return length, length <= len(rest)
