# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The head of a request towards an upstream."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from ..authority import BadAuthority, parse_authority
from ..fields.block import field_line
from ..grammar import TARGET_BYTES, is_token
from ..request_head import RequestHead
from .changes import NO_CHANGES, BadChange, FieldChanges
from .client import ClientSide, is_request_id

_is_origin_form = re.compile(rb"/[" + TARGET_BYTES + rb"]*+|\*").fullmatch
_VERSIONS = (b"1.0", b"1.1", b"2")


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """What a route wants of the heads that it sends on. Raises `BadChange` for bad values."""

    host: bytes | None = None
    """The value of Host; None keeps the client's."""
    via: bytes | None = b"sluice"
    """The name of this proxy in Via (RFC 9110 section 7.6.3); None adds nothing to Via."""
    x_forwarded: bool = True
    """Whether upstreams are told of the client by X-Forwarded-For, -Proto, -Port and -Host."""
    forwarded: bool = False
    """Whether upstreams are told of the client by Forwarded (RFC 7239); where a trusted client
    sent it, they are in any case."""
    request_id_field: bytes | None = b"X-Request-Id"
    """The field that carries the request id; None sends none."""
    changes: FieldChanges = NO_CHANGES
    id_removal: FieldChanges = field(init=False, repr=False)
    """Takes the client's own request id out, where the gate has not done so."""
    id_start: bytes = field(init=False, repr=False)
    """The line of the request id up to its value; nothing when none is sent."""
    usual: bool = field(init=False, repr=False)
    """Whether the lines to add need nothing but the client and the Host of the request."""
    via_lines: Mapping[bytes, bytes] = field(init=False, repr=False)
    """The line of Via by the version of HTTP that was received."""

    def __post_init__(self) -> None:
        try:
            if self.host is not None:
                parse_authority(self.host)
        except BadAuthority as error:
            raise BadChange(f"host {self.host!r} {error}") from None
        removal = NO_CHANGES
        if self.request_id_field is not None and self.request_id_field != b"X-Request-Id":
            removal = FieldChanges.compile(removed=(self.request_id_field,))
        object.__setattr__(self, "id_removal", removal)
        id_start = b"" if self.request_id_field is None else b"\n%b: " % self.request_id_field
        object.__setattr__(self, "id_start", id_start)
        plain = self.changes is NO_CHANGES and removal is NO_CHANGES and id_start != b""
        usual = plain and self.x_forwarded and not self.forwarded
        object.__setattr__(self, "usual", usual)
        if self.via is not None and not is_token(self.via):
            raise BadChange(f"{self.via!r} is no name for Via: use letters, digits and hyphens")
        object.__setattr__(self, "via_lines", _via_lines(self.via))


@lru_cache(maxsize=16)
def _via_lines(name: bytes | None) -> Mapping[bytes, bytes]:
    return {version: via_line(version, name, None) for version in _VERSIONS}


def via_line(version: bytes, name: bytes | None, received: bytes | None) -> bytes:
    """Return the line of Via that continues ``received``; nothing when there is nothing to say."""
    own = None if name is None else b"%b %b" % (version, name)
    chain = b", ".join(filter(None, (received, own)))
    return field_line(b"Via", chain) if chain else b""


def compose_request(
    head: RequestHead,
    policy: RequestPolicy,
    client: ClientSide,
    request_id: bytes,
    target: bytes | None = None,
    default_host: bytes = b"",
) -> bytes:
    """Return the head to send to an HTTP/1.1 upstream, its empty line included.

    ``target`` is the origin-form that the route's rewriting made, in place of the request's own;
    ``default_host`` the value of Host when neither the policy nor the client has one. Content has
    to follow as it was framed: with the declared length, or chunked. Raises ValueError for a
    ``target``, ``request_id`` or ``default_host`` that would break the head.
    """
    if target is None:
        target = head.origin_form
    elif not _is_origin_form(target):
        raise ValueError(f"target {target!r} is not a path with an optional query")
    plain = request_id.isalnum() and len(request_id) <= 128
    if not plain and policy.request_id_field is not None and not is_request_id(request_id):
        raise ValueError(f"request id {request_id!r} is not 1 to 128 plain characters")
    host = policy.host or head.host_field
    if host is None:
        host = parse_authority(default_host).field
    framing = b"\n\r\n"
    if (
        head.content_length is not None
        or head.chunked
        or head.te_trailers
        or head.upgrade
        or head.max_forwards
    ):
        framing = _hop_lines(head) + framing
    if policy.usual and head.forwarding is None and head.host_field is not None:
        return b"".join(
            (
                head.method, b" ", target, b" HTTP/1.1\r\nHost: ", host, b"\r", head.fields,
                client.x_forwarded, b"\nX-Forwarded-Host: ", head.host_field, b"\r",
                policy.via_lines[head.version], policy.id_start, request_id, b"\r", framing,
            )
        )  # fmt: skip
    lines = _unusual_lines(head, policy, client, request_id)
    return b"".join(
        (head.method, b" ", target, b" HTTP/1.1\r\nHost: ", host, b"\r", lines, framing)
    )


def _unusual_lines(
    head: RequestHead, policy: RequestPolicy, client: ClientSide, request_id: bytes
) -> bytes:
    """Return the fields to send apart from Host, framing and connection, whatever the policy."""
    received = head.forwarding
    lines = head.fields
    if policy.x_forwarded:
        lines += client.x_forwarded_lines(head)
    if policy.forwarded or client.continues_forwarded(head):
        lines += client.forwarded_line(head)
    if received is None:
        lines += policy.via_lines[head.version]
    else:
        lines += via_line(head.version, policy.via, received.get(b"via"))
    if policy.id_start:
        if policy.id_removal is not NO_CHANGES:
            lines = policy.id_removal.apply(lines)
        lines = b"%b%b%b\r" % (lines, policy.id_start, request_id)
    if policy.changes is not NO_CHANGES:
        lines = policy.changes.apply(lines)
    return lines


def _hop_lines(head: RequestHead) -> bytes:
    """Return what every hop says anew: framing, expectation, connection, Max-Forwards."""
    lines = b""
    if head.chunked:
        lines += b"\nTransfer-Encoding: chunked\r"
    elif head.content_length is not None:
        lines += b"\nContent-Length: %d\r" % head.content_length
    if head.expect_continue:
        lines += b"\nExpect: 100-continue\r"
    if head.upgrade is not None:
        lines += b"\nUpgrade: %b\r" % head.upgrade
    if head.te_trailers:
        lines += b"\nTE: trailers\r"
    if head.max_forwards:
        lines += b"\nMax-Forwards: %d\r" % (head.max_forwards - 1)
    options = (b"upgrade" if head.upgrade else b"", b"TE" if head.te_trailers else b"")
    connection = b", ".join(filter(None, options))
    return b"%b\nConnection: %b\r" % (lines, connection) if connection else lines
