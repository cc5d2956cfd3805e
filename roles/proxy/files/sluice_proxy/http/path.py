# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path of a target: one form to match routes with, one form to send on, never two meanings.

What this proxy decides, and why:

* Dot segments are resolved (RFC 3986 section 6.2.2.3), with dots percent-encoded or not, and the
  upstream is sent the resolved path: what was matched is what it sees. A path that climbs above
  the root is refused.
* Otherwise the path is sent on byte for byte: signatures over it stay valid.
* Encoded control characters, backslashes raw or encoded, overlong UTF-8, encoded slashes beside
  dots (``..%2f``) and dot segments with parameters (``..;x``) are refused: upstreams disagree
  about them, and nobody but an attacker has a use for them.
* For matching, percent-encodings are decoded, except ``%25`` and ``%2F``: decoded, these could not
  be told from a path that means something else.
"""

from __future__ import annotations

import re

_MALFORMED_ENCODING = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_FORBIDDEN = re.compile(
    rb"\\|%(?:[01][0-9a-f]|5c|7f"
    rb"|c[01]%[89ab][0-9a-f]|e0%[89][0-9a-f]|f0%8[0-9a-f]|f8%8[0-7]|fc%8[0-3])",
    re.IGNORECASE,
)
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
_ENCODED_DOT = re.compile(rb"%2e", re.IGNORECASE)
_HIDDEN_DOTS = re.compile(rb"(?:^|/|%2f)\.\.?(?:(?:;|%3b)[^/]*)?(?:/|%2f|$)", re.IGNORECASE)
_DIGITS = "0123456789ABCDEFabcdef"
_DECODED = {
    f"%{high}{low}".encode("ascii"): bytes.fromhex(high + low)
    for high in _DIGITS
    for low in _DIGITS
} | {b"%25": b"%25", b"%2F": b"%2F", b"%2f": b"%2F"}


class BadPath(ValueError):
    """A path that upstreams could read in different ways."""


def resolve_path(path: bytes) -> tuple[bytes, str]:
    """Return the path to send on and the decoded path to match routes with.

    ``path`` begins with ``/`` and consists of visible ASCII without ``?`` and ``#``.
    Bytes that are not UTF-8 are decoded as lone surrogates. Raises `BadPath`.
    """
    if b"%" in path:
        if _MALFORMED_ENCODING.search(path):
            raise BadPath("has a percent sign without two hexadecimal digits")
    elif b"/." not in path and b"\\" not in path:
        return path, path.decode()
    if _FORBIDDEN.search(path):
        raise BadPath("has a backslash, an encoded control character or overlong UTF-8")
    plain_dots = _ENCODED_DOT.sub(b".", path)
    if b"/." in plain_dots:
        resolved = _without_dot_segments(plain_dots)
        path = resolved if resolved != plain_dots else path
    if _HIDDEN_DOTS.search(_ENCODED_DOT.sub(b".", path)):
        raise BadPath("hides a dot segment behind an encoded slash or a parameter")
    return path, _ENCODED.sub(_decode, path).decode("utf-8", "surrogateescape")


def _without_dot_segments(path: bytes) -> bytes:
    """Resolve ``.`` and ``..`` as RFC 3986 section 5.2.4 does; refuse to climb above the root."""
    kept: list[bytes] = []
    segments = path.split(b"/")[1:]
    for segment in segments:
        if segment == b"..":
            if not kept:
                raise BadPath("climbs above the root")
            kept.pop()
        elif segment != b".":
            kept.append(segment)
    if segments[-1] in (b".", b".."):
        kept.append(b"")
    return b"/" + b"/".join(kept)


def _decode(match: re.Match[bytes]) -> bytes:
    return _DECODED[match[0]]
