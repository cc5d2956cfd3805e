# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a request's canonical fields to what they say: framing, authority, connection, trust."""

from __future__ import annotations

import re

from .authority import Authority, BadAuthority, parse_authority
from .connection import NO_OPTIONS, ConnectionOptions, connection_options, list_members
from .fields.block import without_fields
from .fields.names import lower_name
from .framing import read_framing
from .refusal import BadField, BadRequest
from .request_head import RequestHead

# One search finds every field that is not simply copied. Alternatives begin with a set of one
# letter in both cases: the engine skips an alternative by that without trying it. Underscores
# stand for hyphens because upstreams with a CGI heritage take them for the same.
_split_significant = re.compile(
    rb"\n([Hh](?i:ost|ttp2[-_]settings)"
    rb"|[Cc](?i:onnection|ontent[-_]length)"
    rb"|[Tt](?i:e|ransfer[-_]encoding)"
    rb"|[Uu](?i:pgrade)"
    rb"|[Ee](?i:xpect)"
    rb"|[Vv](?i:ia)"
    rb"|[Ff](?i:orwarded)"
    rb"|[Kk](?i:eep[-_]alive)"
    rb"|[Mm](?i:ax[-_]forwards)"
    rb"|[Pp](?i:roxy(?:[-_][^:\r]*+)?)"
    rb"|[Xx][-_](?i:forwarded(?:[-_][^:\r]*+)?|real[-_]ip|request[-_]id)"
    rb"): ?([^\r]*+)\r"
).split

_NOTHING_ASKED = {b"connection": b"keep-alive"}
"""What clients send most often, and what 1.1 does anyway."""
_LISTS = frozenset(
    {b"connection", b"te", b"upgrade", b"via", b"forwarded", b"x-forwarded-for", b"keep-alive"}
)
_FORWARDING = re.compile(rb"via|forwarded|x-forwarded(-.*)?|x-real-ip|x-request-id")


def complete(head: RequestHead, absolute: Authority | None = None) -> RequestHead:
    """Fill in what the canonical ``head.fields`` say, and leave the fields to copy in it.

    ``absolute`` is the authority that the target named: it takes Host's place (RFC 9112 section
    3.2.2). Raises `BadRequest`.
    """
    parts = _split_significant(head.fields)
    found: dict[bytes, bytes] = {}
    count = len(parts)
    for index in range(1, count, 3):
        found[lower_name(parts[index])] = parts[index + 1]
    if len(found) * 3 + 1 != count:
        found = _combine(parts)
    head.fields = b"".join(parts[::3])
    host = found.pop(b"host", None)
    if host is not None:
        try:
            head.authority, head.port, head.host_field = parse_authority(host)
        except BadAuthority as error:
            raise BadRequest(400, f"Host {error}") from None
    elif head.version == b"1.1":
        raise BadRequest(400, "no Host field")
    if absolute is not None:
        head.authority, head.port, head.host_field = absolute
    if found and (found != _NOTHING_ASKED or head.version == b"1.0"):
        try:
            _apply(head, found)
        except BadField as error:
            raise BadRequest(error.status, error.reason) from None
    return head


def _combine(parts: list[bytes]) -> dict[bytes, bytes]:
    """Return the significant fields of a head that has one of them twice or more."""
    found: dict[bytes, bytes] = {}
    for name, value in zip(map(lower_name, parts[1::3]), parts[2::3], strict=True):
        if name not in found:
            found[name] = value
        elif name in _LISTS:
            found[name] = b", ".join(filter(None, (found[name], value)))
        elif name.startswith((b"x-", b"x_", b"proxy", b"http2")):
            # Of no list: a client that sends two of them has no meaning that could be kept.
            found[name] = b""
        else:
            raise BadRequest(400, f"more than one {name.decode('ascii')} field")
    return found


def _apply(head: RequestHead, found: dict[bytes, bytes]) -> None:
    connection = found.pop(b"connection", None)
    options = NO_OPTIONS if connection is None else connection_options(connection)
    http_1_0 = head.version == b"1.0"
    if http_1_0:
        head.keep_alive = options.keep_alive and not options.close
    elif options.close:
        head.keep_alive = False
    if options.named:
        head.fields = without_fields(head.fields, options.named)
    if not found:
        return
    head.content_length, head.chunked = read_framing(found, http_1_0)
    for name in options.named:
        found.pop(name, None)
    if len(found) > (head.content_length is not None or head.chunked):
        _apply_rare(head, found, options)


def _apply_rare(head: RequestHead, found: dict[bytes, bytes], options: ConnectionOptions) -> None:
    http_1_0 = head.version == b"1.0"
    expect = found.get(b"expect")
    if expect is not None and not http_1_0:
        if expect.lower() != b"100-continue":
            raise BadField("Expect is not 100-continue", 417)
        head.expect_continue = head.has_content
    te = found.get(b"te")
    if te is not None and not http_1_0:
        head.te_trailers = b"trailers" in list_members(te)
    upgrade = found.get(b"upgrade")
    if upgrade is not None and options.upgrade and head.version == b"1.1":
        head.upgrade = _accepted_upgrade(head, upgrade)
    if head.method == b"OPTIONS" and b"max-forwards" in found:
        head.max_forwards = _read_max_forwards(found[b"max-forwards"])
    forwarding = {name: value for name, value in found.items() if _FORWARDING.fullmatch(name)}
    if forwarding:
        head.forwarding = forwarding


def _accepted_upgrade(head: RequestHead, upgrade: bytes) -> bytes | None:
    """Return the protocol to switch to; None ignores the wish, as RFC 9110 section 7.8 allows.

    Only websocket passes: any other protocol, h2c above all, would tunnel requests past the gate.
    """
    asked = upgrade.lower() == b"websocket" and head.method == b"GET" and not head.has_content
    return b"websocket" if asked else None


def _read_max_forwards(value: bytes) -> int:
    if not value.isdigit() or len(value) > 9:
        raise BadField("Max-Forwards is not a number")
    return int(value)
