# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The gate for request heads of HTTP/1: what passes has one meaning for every upstream.

A head in canonical form is validated and cut by one regular expression. Any other is read line by
line by code that says what is wrong; it accepts the same language, and optional whitespace.
"""

from __future__ import annotations

import re

from .fields.reader import read_field_lines
from .grammar import CANONICAL_FIELDS, TARGET_BYTES, TOKEN, is_token
from .limits import DEFAULT_LIMITS, HeadLimits
from .refusal import BadField, BadRequest
from .request_fields import complete
from .request_head import RequestHead
from .request_method import NOT_IMPLEMENTED, is_implemented
from .target import Target, read_target

_match_canonical = re.compile(
    rb"(" + TOKEN + rb") "
    rb"((/[\x21\x22\x24-\x3e\x40-\x5b\x5d-\x7e]*+)(?:\?([" + TARGET_BYTES + rb"]*+))?) "
    rb"HTTP/(1\.[01])\r"
    rb"(" + CANONICAL_FIELDS + rb")\n\r\n"
).fullmatch
_VERSION = re.compile(rb"HTTP/([0-9]\.[0-9])")


def parse_request(block: bytes, limits: HeadLimits = DEFAULT_LIMITS) -> RequestHead:
    """Return the head that ``block`` holds, from its first byte to the empty line at its end.

    Raises `BadRequest`.
    """
    match = _match_canonical(block)
    if match is None or len(block) > limits.quick_bytes:
        return _read_slowly(block, limits)
    method, target, path, query, version, fields = match.groups()
    if not is_implemented(method, limits):
        raise BadRequest(501, NOT_IMPLEMENTED)
    if len(fields) > limits.quick_fields and fields.count(b"\n") > limits.fields:
        raise BadRequest(431, f"more than {limits.fields} fields")
    # In text, because the same question of bytes costs ten times as much.
    text = path.decode()
    if "%" in text or "/." in text:
        return _with_target(method, read_target(method, target), version, fields)
    keep_alive = version == b"1.1"
    return complete(
        RequestHead(method, target, target, path, query, text, version, keep_alive, fields)
    )


def _read_slowly(block: bytes, limits: HeadLimits) -> RequestHead:
    """Read a head line by line, and raise a `BadRequest` that says what is wrong with it."""
    if len(block) > limits.head_bytes:
        raise BadRequest(431, f"the head has more than {limits.head_bytes} bytes")
    if not block.endswith(b"\r\n\r\n"):
        raise BadRequest(400, "the head does not end with an empty line")
    request_line, *lines = block[:-4].split(b"\r\n")
    method, target, version = _read_request_line(request_line, limits)
    try:
        fields = read_field_lines(lines, limits)
    except BadField as error:
        raise BadRequest(error.status, error.reason) from None
    return _with_target(method, read_target(method, target), version, fields)


def _read_request_line(line: bytes, limits: HeadLimits) -> tuple[bytes, bytes, bytes]:
    parts = line.split(b" ")
    if len(parts) != 3:
        raise BadRequest(400, "the request line is not method, target and version")
    method, target, protocol = parts
    if not is_token(method):
        raise BadRequest(400, "the method is empty or not a token")
    if not is_implemented(method, limits):
        raise BadRequest(501, NOT_IMPLEMENTED)
    if len(target) > limits.target_bytes:
        raise BadRequest(414, f"the request-target has more than {limits.target_bytes} bytes")
    version = _VERSION.fullmatch(protocol)
    if version is None:
        raise BadRequest(400, "the request line does not end with a version of HTTP")
    if version[1] not in (b"1.1", b"1.0"):
        raise BadRequest(505, "the version of HTTP is neither 1.1 nor 1.0")
    return method, target, version[1]


def _with_target(method: bytes, target: Target, version: bytes, fields: bytes) -> RequestHead:
    return complete(
        RequestHead(
            method,
            target.raw,
            target.origin_form,
            target.path,
            target.query,
            target.match_path,
            version,
            version == b"1.1",
            fields,
            scheme=target.scheme,
        ),
        target.authority,
    )
