# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One attempt of an active health check: a request, and what is wrong with its answer."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable

from ..http.chunked import BadChunk, ChunkedDecoder
from ..http.head_end import find_response_head_end
from ..http.limits import DEFAULT_LIMITS
from ..http.refusal import BadResponse
from ..http.response_gate import parse_response
from ..http.response_head import ResponseHead
from ..routes.health.checking import complaint
from ..routes.model.health import ActiveCheck
from ..routes.model.target import Scheme, Target, TargetTls

MOST_CONTENT = 1024 * 1024
"""Bytes of an answer that are looked at."""
_PIECE = 64 * 1024

Context = Callable[[TargetTls], ssl.SSLContext]


async def ask(target: Target, check: ActiveCheck, context: Context) -> str | None:
    """Return what is wrong with ``target``, or None, within the check's timeout."""
    try:
        async with asyncio.timeout(check.timeout):
            return await _ask(target, check, context)
    except TimeoutError:
        return f"no answer within {check.timeout:g} s"
    except (BadResponse, BadChunk) as bad:
        return f"the answer is malformed: {bad}"
    except UnicodeError as error:
        return f"its host is no name: {error}"
    except OSError as error:
        return error.strerror or str(error) or type(error).__name__


async def _ask(target: Target, check: ActiveCheck, context: Context) -> str | None:
    tls = context(target.tls) if target.scheme is Scheme.HTTPS else None
    name = (target.tls.server_name or target.host or "localhost") if tls else None
    if target.socket is not None:
        reader, writer = await asyncio.open_unix_connection(
            target.socket, ssl=tls, server_hostname=name
        )
    else:
        reader, writer = await asyncio.open_connection(
            target.host, target.port, ssl=tls, server_hostname=name
        )
    try:
        writer.write(_request(target, check))
        head, rest = await _head(reader)
        content = await _content(reader, head, rest) if check.expected_body else b""
    finally:
        writer.transport.abort()
    fields = [
        (key.decode("latin-1"), value.decode("latin-1")) for key, value in _lines(head.fields)
    ]
    return complaint(check, head.status, fields, content)


def _request(target: Target, check: ActiveCheck) -> bytes:
    path, _unused, query = check.endpoint.partition("?")
    query = "&".join(filter(None, (target.query, query)))
    asked = target.path.rstrip("/") + path + (f"?{query}" if query else "")
    return (
        f"GET {asked} HTTP/1.1\r\nHost: {check.host or target.authority}\r\n"
        "User-Agent: sluice-proxy-health\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    ).encode()


async def _head(reader: asyncio.StreamReader) -> tuple[ResponseHead, bytes]:
    """Return the first head that is not an interim one, and what followed it."""
    buffer = b""
    while True:
        end = find_response_head_end(buffer, 0, DEFAULT_LIMITS) if buffer else -1
        if end < 0:
            piece = await reader.read(_PIECE)
            if not piece:
                raise ConnectionError("the connection was closed before an answer")
            buffer += piece
            continue
        head = parse_response(buffer[:end], b"GET")
        buffer = buffer[end:]
        if not head.interim:
            return head, buffer


async def _content(reader: asyncio.StreamReader, head: ResponseHead, rest: bytes) -> bytes:
    """Return the content, as far as it is looked at."""
    length = MOST_CONTENT if head.content_length is None else head.content_length
    wanted = min(length, MOST_CONTENT)
    decoder = ChunkedDecoder() if head.chunked else None
    content = bytearray()
    piece = rest
    while True:
        if decoder is None:
            content += piece
        else:
            content += b"".join(decoder.feed(piece)[0])
        if len(content) >= wanted or (decoder is not None and decoder.done):
            break
        piece = await reader.read(_PIECE)
        if not piece:
            break
    return bytes(content[:wanted])


def _lines(fields: bytes) -> list[tuple[bytes, bytes]]:
    pairs = (line.partition(b":") for line in fields.split(b"\n") if line.strip())
    return [(key.strip(), value.strip()) for key, _unused, value in pairs]
