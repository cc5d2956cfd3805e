# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Heads that HTTP/1 did not carry: requests made of pseudo-fields, as HTTP/2 sends them."""

from __future__ import annotations

from collections.abc import Iterable

from .authority import Authority, BadAuthority, parse_authority
from .fields.block import field_lines
from .grammar import is_token
from .limits import DEFAULT_LIMITS, HeadLimits
from .refusal import BadField, BadRequest
from .request_fields import complete
from .request_head import RequestHead
from .request_method import NOT_IMPLEMENTED, is_implemented
from .target import read_target

_OF_A_CONNECTION = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"}
)


def request_from_fields(
    method: bytes,
    scheme: bytes,
    authority: bytes | None,
    path: bytes,
    fields: Iterable[tuple[bytes, bytes]],
    *,
    ended: bool,
    version: bytes = b"2",
    limits: HeadLimits = DEFAULT_LIMITS,
) -> RequestHead:
    """Return the head of a request given as pseudo-fields and fields (RFC 9113 section 8.3.1).

    ``ended`` says that no content follows. Names have to be lower case, and fields of a
    connection are refused (section 8.2.2); pieces of Cookie are joined (section 8.2.3).
    Raises `BadRequest`.
    """
    _check_pseudo_fields(method, scheme, path, limits)
    target = read_target(method, path)
    try:
        asked = None if authority is None else parse_authority(authority)
        block = field_lines(_checked(fields, limits))
    except BadAuthority as error:
        raise BadRequest(400, f":authority {error}") from None
    except BadField as error:
        raise BadRequest(error.status, error.reason) from None
    if len(block) > limits.head_bytes:
        raise BadRequest(431, f"the fields have more than {limits.head_bytes} bytes")
    head = RequestHead(
        method,
        path,
        target.origin_form,
        target.path,
        target.query,
        target.match_path,
        version,
        True,
        block,
        scheme=scheme.lower(),
    )
    complete(head)
    _apply_authority(head, asked)
    if ended and head.content_length:
        raise BadRequest(400, "Content-Length of a request without content")
    head.chunked = not ended and head.content_length is None
    return head


def _check_pseudo_fields(method: bytes, scheme: bytes, path: bytes, limits: HeadLimits) -> None:
    if not is_token(method):
        raise BadRequest(400, ":method is not a token")
    if not is_implemented(method, limits):
        raise BadRequest(501, NOT_IMPLEMENTED)
    if scheme.lower() not in (b"http", b"https"):
        raise BadRequest(400, ":scheme is neither http nor https")
    if not path.startswith(b"/") and path != b"*":
        raise BadRequest(400, ":path is not a path")
    if len(path) > limits.target_bytes:
        raise BadRequest(414, f":path has more than {limits.target_bytes} bytes")


def _apply_authority(head: RequestHead, asked: Authority | None) -> None:
    """Put ``:authority`` in Host's place; they may not differ (RFC 9113 section 8.3.1)."""
    if asked is not None:
        if head.host_field is not None and (head.authority, head.port) != asked[:2]:
            raise BadRequest(400, "Host and :authority differ")
        head.authority, head.port, head.host_field = asked
    elif head.host_field is None:
        raise BadRequest(400, "neither :authority nor Host")


def _checked(
    fields: Iterable[tuple[bytes, bytes]], limits: HeadLimits
) -> list[tuple[bytes, bytes]]:
    kept: list[tuple[bytes, bytes]] = []
    cookies: list[bytes] = []
    for count, (name, value) in enumerate(fields, 1):
        if count > limits.fields:
            raise BadField(f"more than {limits.fields} fields", 431)
        if len(name) + len(value) + 4 > limits.field_bytes:
            raise BadField(f"a field has more than {limits.field_bytes} bytes", 431)
        if name != name.lower():
            raise BadField("a field name has upper-case letters")
        if name in _OF_A_CONNECTION or (name == b"te" and value.lower() != b"trailers"):
            raise BadField(f"field {name.decode('ascii')} has no place in HTTP/2")
        if name == b"cookie":
            cookies.append(value)
        else:
            kept.append((name, value))
    if cookies:
        kept.append((b"cookie", b"; ".join(cookies)))
    return kept
