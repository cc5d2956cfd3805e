# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate for response heads of HTTP/1: what an upstream sends is held to the rules too."""

from __future__ import annotations

import re

from .connection import NO_OPTIONS, ConnectionOptions, connection_options
from .fields.block import without_fields
from .fields.names import lower_name
from .fields.reader import read_field_lines
from .framing import read_framing
from .grammar import CANONICAL_FIELDS
from .limits import DEFAULT_LIMITS, HeadLimits
from .refusal import BadField, BadResponse
from .response_head import ResponseHead

_match_canonical = re.compile(
    rb"HTTP/(1\.[01]) ([1-5][0-9]{2}) ([\t\x20-\x7e\x80-\xff]*+)\r"
    rb"(" + CANONICAL_FIELDS + rb")\n\r\n"
).fullmatch
# Some servers leave out the space before a reason that they leave out too.
_status_line = re.compile(
    rb"HTTP/(1\.[01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*+))?"
).fullmatch
# See request_fields: alternatives begin with a set of one letter in both cases.
_split_significant = re.compile(
    rb"\n([Cc](?i:onnection|ontent[-_]length)"
    rb"|[Tt](?i:e|railer|ransfer[-_]encoding)"
    rb"|[Uu](?i:pgrade)"
    rb"|[Vv](?i:ia)"
    rb"|[Kk](?i:eep[-_]alive)"
    rb"|[Pp](?i:roxy[-_](?:connection|authenticate|authentication-info))"
    rb"): ?([^\r]*+)\r"
).split
_LISTS = frozenset({b"connection", b"te", b"trailer", b"upgrade", b"via", b"keep-alive"})
_DROPPED = frozenset(
    {b"keep-alive", b"keep_alive", b"te", b"proxy-connection", b"proxy_connection"}
)


def parse_response(
    block: bytes,
    method: bytes,
    limits: HeadLimits = DEFAULT_LIMITS,
    upgrade: bytes | None = None,
) -> ResponseHead:
    """Return the head that ``block`` holds, from its first byte to the empty line at its end.

    ``method`` is the request's, on which framing depends; ``upgrade`` the protocol that it asked
    to switch to. Raises `BadResponse`.
    """
    match = _match_canonical(block)
    if match is None or len(block) > limits.quick_bytes:
        version, status, reason, fields = _read_slowly(block, limits)
    else:
        version, status, reason, fields = match.groups()
        if len(fields) > limits.quick_fields and fields.count(b"\n") > limits.fields:
            raise BadResponse(f"more than {limits.fields} fields")
    parts = _split_significant(fields)
    copied = b"".join(parts[::3])
    head = ResponseHead(int(status), reason, version, version == b"1.1", copied)
    try:
        return _complete(head, _gather(parts), method, upgrade)
    except BadField as error:
        raise BadResponse(error.reason) from None


def _read_slowly(block: bytes, limits: HeadLimits) -> tuple[bytes, bytes, bytes, bytes]:
    """Return version, status, reason and canonical fields of a head, read line by line."""
    if len(block) > limits.head_bytes:
        raise BadResponse(f"the head has more than {limits.head_bytes} bytes")
    if not block.endswith(b"\r\n\r\n"):
        raise BadResponse("the head does not end with an empty line")
    status_line, *lines = block[:-4].split(b"\r\n")
    match = _status_line(status_line)
    if match is None:
        raise BadResponse("the first line is not a status line of HTTP/1.0 or HTTP/1.1")
    try:
        fields = read_field_lines(lines, limits)
    except BadField as error:
        raise BadResponse(error.reason) from None
    return match[1], match[2], match[3] or b"", fields


def _gather(parts: list[bytes]) -> dict[bytes, bytes]:
    """Return the significant fields by lower-case name; lists that were cut are joined."""
    found: dict[bytes, bytes] = {}
    for index in range(1, len(parts), 3):
        name = lower_name(parts[index])
        if name not in found:
            found[name] = parts[index + 1]
        elif name in _LISTS:
            found[name] = b", ".join(filter(None, (found[name], parts[index + 1])))
        elif name not in _DROPPED and not name.startswith(b"proxy"):
            raise BadField(f"more than one {name.decode('ascii')} field")
    return found


def _complete(
    head: ResponseHead, found: dict[bytes, bytes], method: bytes, upgrade: bytes | None
) -> ResponseHead:
    """Fill in what the significant fields say."""
    connection = found.get(b"connection")
    http_1_0 = head.version == b"1.0"
    options = NO_OPTIONS
    if http_1_0 or (connection is not None and connection != b"keep-alive"):
        if connection is not None:
            options = connection_options(connection)
        head.keep_alive = not options.close and (options.keep_alive or not http_1_0)
        if options.named:
            head.fields = without_fields(head.fields, options.named)
    head.via = found.get(b"via")
    head.trailer = found.get(b"trailer")
    if head.status == 101:
        head.upgrade = _accepted_upgrade(found, options, upgrade)
    length, chunked = read_framing(found, http_1_0)
    _frame(head, method, length, chunked)
    return head


def _frame(head: ResponseHead, method: bytes, length: int | None, chunked: bool) -> None:
    """Say which content follows, in the order of RFC 9112 section 6.3."""
    status = head.status
    if status < 200 or status == 204:
        head.content_length = 0
        if chunked or length:
            # Who announces content here may send it: it must not meet the next request.
            head.keep_alive = False
    elif method == b"HEAD" or status == 304:
        head.content_length = 0
        head.declared_length = length
    elif chunked:
        head.chunked = True
    elif length is not None:
        head.content_length = head.declared_length = length
    else:
        head.until_close = True
        head.keep_alive = False


def _accepted_upgrade(
    found: dict[bytes, bytes], options: ConnectionOptions, asked: bytes | None
) -> bytes:
    protocol = found.get(b"upgrade", b"").lower()
    if asked is None:
        raise BadField("101 without a request to switch protocols")
    if not options.upgrade or protocol != asked:
        raise BadField("101 does not switch to the protocol that was asked for")
    return protocol
