# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The head of a response towards a client of HTTP/1."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..grammar import is_token, is_value
from ..response_head import ResponseHead
from .changes import NO_CHANGES, BadChange, FieldChanges
from .framing import OutgoingFraming
from .request import via_line

_has_date = re.compile(rb"\n[Dd][Aa][Tt][Ee]:").search


@dataclass(frozen=True, slots=True)
class ResponsePolicy:
    """What a route wants of the heads that clients get. Raises `BadChange` for bad values."""

    via: bytes | None = None
    """The name of this proxy in Via; None adds nothing to Via: a gateway may leave it out."""
    keep_alive_seconds: int | None = None
    """What Keep-Alive tells clients of the idle timeout; None tells nothing."""
    changes: FieldChanges = NO_CHANGES

    def __post_init__(self) -> None:
        if self.via is not None and not is_token(self.via):
            raise BadChange(f"{self.via!r} is no name for Via: use letters, digits and hyphens")
        if self.keep_alive_seconds is not None and self.keep_alive_seconds < 1:
            raise BadChange(f"keep-alive of {self.keep_alive_seconds} seconds: use at least 1")


def compose_response(
    head: ResponseHead,
    policy: ResponsePolicy,
    framing: OutgoingFraming,
    client_version: bytes,
    keep_alive: bool,
    date: bytes | None = None,
) -> bytes:
    """Return the head to send to a client of ``1.0`` or ``1.1``, its empty line included.

    ``framing`` is what `outgoing_framing` said; where that closes, ``keep_alive`` does not count.
    ``date`` is the value of Date for an origin that sends none (RFC 9110 section 6.6.1).
    A switch of protocols names its own connection; other interim responses say nothing of it.
    Raises ValueError for a ``date`` that would break the head.
    """
    status = head.status
    lines = head.fields
    if policy.via is not None or head.via is not None:
        lines += via_line(head.version, policy.via, head.via)
    if date is not None and status >= 200 and lines.find(b"\nDate: ") < 0 and not _has_date(lines):
        if not is_value(date):
            raise ValueError(f"date {date!r} is no field value")
        lines += b"\nDate: %b\r" % date
    if policy.changes is not NO_CHANGES:
        lines = policy.changes.apply(lines)
    if head.declared_length is not None:
        lines += b"\nContent-Length: %d\r" % head.declared_length
    elif framing is OutgoingFraming.CHUNKED or framing is OutgoingFraming.ENCODE:
        lines += _chunked_lines(head, framing)
    if status < 200:
        lines += _switching_lines(head)
    elif not keep_alive or framing.closes:
        lines += b"\nConnection: close\r"
    elif client_version == b"1.0" or policy.keep_alive_seconds is not None:
        lines += _kept_lines(policy)
    return b"HTTP/1.1 %d %b\r%b\n\r\n" % (status, head.reason, lines)


def _chunked_lines(head: ResponseHead, framing: OutgoingFraming) -> bytes:
    lines = b"\nTransfer-Encoding: chunked\r"
    if head.trailer is not None and framing is OutgoingFraming.CHUNKED:
        lines += b"\nTrailer: %b\r" % head.trailer
    return lines


def _switching_lines(head: ResponseHead) -> bytes:
    if head.upgrade is None:
        return b""
    return b"\nConnection: upgrade\r\nUpgrade: %b\r" % head.upgrade


def _kept_lines(policy: ResponsePolicy) -> bytes:
    """Return what 1.1 takes for granted: it has to be said to 1.0, and with a time limit."""
    if policy.keep_alive_seconds is None:
        return b"\nConnection: keep-alive\r"
    seconds = policy.keep_alive_seconds
    return b"\nConnection: keep-alive\r\nKeep-Alive: timeout=%d\r" % seconds
