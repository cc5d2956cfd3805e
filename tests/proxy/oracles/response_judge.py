# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on the bytes of an upstream's connection: what must hold whatever they are."""

from __future__ import annotations

from sluice_proxy.http.chunked import (
    LAST_CHUNK,
    BadChunk,
    ChunkedDecoder,
    ChunkedScanner,
    encode_chunk,
)
from sluice_proxy.http.forwarding import (
    OutgoingFraming,
    ResponsePolicy,
    compose_response,
    outgoing_framing,
)
from sluice_proxy.http.head_end import find_response_head_end
from sluice_proxy.http.limits import DEFAULT_LIMITS
from sluice_proxy.http.refusal import BadResponse
from sluice_proxy.http.response_gate import parse_response
from sluice_proxy.http.response_head import ResponseHead

from .response_reading import ORACLES

POLICY = ResponsePolicy()


def relay(raw: bytes, method: bytes, client_version: bytes) -> tuple[ResponseHead, bytes] | None:
    """Return the final head and the bytes that a client gets; None for what is refused or short."""
    position = 0
    try:
        while True:
            end = find_response_head_end(raw, position, DEFAULT_LIMITS)
            if end < 0:
                return None
            head = parse_response(raw[position:end], method)
            if not head.interim:
                break
            position = end
        framing = outgoing_framing(head, client_version)
        content = _reframed(head, framing, raw[end:])
    except (BadResponse, BadChunk):
        return None
    if content is None:
        return None
    return head, compose_response(head, POLICY, framing, client_version, True) + content


def _reframed(head: ResponseHead, framing: OutgoingFraming, rest: bytes) -> bytes | None:
    if framing is OutgoingFraming.CHUNKED:
        scanner = ChunkedScanner()
        length = scanner.feed(rest)
        return rest[:length] if scanner.done else None
    if framing is OutgoingFraming.DECODE:
        decoder = ChunkedDecoder()
        pieces, _unused = decoder.feed(rest)
        return b"".join(pieces) if decoder.done else None
    if framing is OutgoingFraming.ENCODE:
        return encode_chunk(rest) + LAST_CHUNK
    if framing is OutgoingFraming.CLOSE:
        return rest
    length = head.content_length or 0
    return rest[:length] if length <= len(rest) else None


def judge_response(raw: bytes) -> str | None:
    """Return what is wrong with how a response is relayed; None when nothing is."""
    for method in (b"GET", b"HEAD"):
        as_1_0 = relay(raw, method, b"1.0")
        as_1_1 = relay(raw, method, b"1.1")
        if (as_1_0 is None) != (as_1_1 is None):
            return f"{method!r} is refused for one version only"
        if as_1_0 is None or as_1_1 is None:
            continue
        # To 1.0, content goes as it is: what follows the head is the content.
        content = as_1_0[1].partition(b"\r\n\r\n")[2]
        for head, sent in (as_1_0, as_1_1):
            for name, oracle in ORACLES.items():
                if name == "httptools" and method == b"HEAD":
                    continue
                answer = oracle(sent, method)
                ended = answer.complete or (name == "httptools" and outgoing_closes(sent))
                if (answer.status, answer.content) != (head.status, content) or not ended:
                    return f"{name} reads {sent!r} as {answer}"
    return None


def outgoing_closes(sent: bytes) -> bool:
    """Return whether the end of the connection tells the end of the content."""
    return b"\nConnection: close\r" in sent
