# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The request-target (RFC 9112 section 3.2), in every form but the one of CONNECT."""

from __future__ import annotations

import re
from typing import NamedTuple

from .authority import Authority, BadAuthority, parse_authority
from .grammar import TARGET_BYTES
from .path import BadPath, resolve_path
from .refusal import BadRequest

_is_target = re.compile(rb"[" + TARGET_BYTES + rb"]++").fullmatch
_ABSOLUTE = re.compile(rb"(https?)://([^/?]*+)([^?]*+)(?:\?(.*+))?", re.IGNORECASE)


class Target(NamedTuple):
    """A request-target that was understood. The names are those of `RequestHead`."""

    raw: bytes
    origin_form: bytes
    path: bytes
    query: bytes | None
    match_path: str
    scheme: bytes | None = None
    authority: Authority | None = None


def read_target(method: bytes, raw: bytes) -> Target:
    """Return what a target in origin-form, absolute-form or asterisk-form asks for.

    Raises `BadRequest`.
    """
    if not _is_target(raw):
        raise BadRequest(400, "the request-target is empty or has a forbidden character")
    if raw == b"*":
        if method != b"OPTIONS":
            raise BadRequest(400, "the request-target * is of OPTIONS only")
        return Target(raw, raw, raw, None, "*")
    if raw.startswith(b"/"):
        path, mark, query = raw.partition(b"?")
        return _resolved(raw, path, query if mark else None, None, None)
    absolute = _ABSOLUTE.fullmatch(raw)
    if absolute is None:
        raise BadRequest(400, "the request-target is neither a path nor an http or https URI")
    scheme, host, path, query = absolute.groups()
    try:
        authority = parse_authority(host)
    except BadAuthority as error:
        raise BadRequest(400, f"the authority of the request-target {error}") from None
    if not path and query is None and method == b"OPTIONS":
        # RFC 9112 section 3.2.4: such a URI asks of the server as a whole.
        return Target(raw, b"*", b"*", None, "*", scheme.lower(), authority)
    return _resolved(raw, path or b"/", query, scheme.lower(), authority)


def _resolved(
    raw: bytes,
    path: bytes,
    query: bytes | None,
    scheme: bytes | None,
    authority: Authority | None,
) -> Target:
    try:
        path, match_path = resolve_path(path)
    except BadPath as error:
        raise BadRequest(400, f"the path {error}") from None
    origin_form = path if query is None else b"%b?%b" % (path, query)
    return Target(raw, origin_form, path, query, match_path, scheme, authority)
