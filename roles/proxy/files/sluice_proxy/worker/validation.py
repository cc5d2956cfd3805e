# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Requests by which a certificate authority validates a name (RFC 8555, section 8.3)."""

from __future__ import annotations

import re

from ..http.request_head import RequestHead
from .answers import Answer
from .questions import Reply

PLACE = b"/.well-known/acme-challenge/"
_token = re.compile(rb"[A-Za-z0-9_-]{1,256}").fullmatch


def token_of(head: RequestHead) -> str | None:
    """Return the token that a request below PLACE asks for; None for one that is no validation."""
    if head.method not in (b"GET", b"HEAD") or head.query is not None or head.has_content:
        return None
    token = head.path[len(PLACE) :]
    return token.decode("ascii") if _token(token) else None


def validation_answer(reply: Reply) -> Answer:
    """Return what the authority is to read, of a reply that found something."""
    return Answer(200, reply.payloads[0], ((b"Content-Type", b"application/octet-stream"),))
