# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Connection field: what it says of the connection, and which fields end with it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .grammar import is_token
from .refusal import BadField

_CACHED_BYTES = 64
_MOST_OPTIONS = 32
"""More than any client has a use for; the fields that each names have to be looked for."""
_KNOWN = frozenset({b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings"})
_NEVER_NAMED = frozenset({b"host", b"content-length", b"transfer-encoding"})


class ConnectionOptions(NamedTuple):
    """The options of a Connection field (RFC 9110 section 7.6.1)."""

    close: bool = False
    keep_alive: bool = False
    upgrade: bool = False
    named: tuple[bytes, ...] = ()
    """Other options, lower case: fields of these names are not forwarded."""


NO_OPTIONS = ConnectionOptions()


def connection_options(value: bytes) -> ConnectionOptions:
    """Return what the value of Connection says.

    Raises `BadField` for what is not a list of tokens, and for an option that would have a field
    removed on which framing or routing depends.
    """
    return _remembered(value) if len(value) <= _CACHED_BYTES else _read(value)


def list_members(value: bytes) -> list[bytes]:
    """Return the members of a list (RFC 9110 section 5.6.1), lower case, empty ones dropped."""
    return [member for part in value.lower().split(b",") if (member := part.strip(b" \t"))]


def _read(value: bytes) -> ConnectionOptions:
    members = list_members(value)
    if len(members) > _MOST_OPTIONS:
        raise BadField(f"Connection has more than {_MOST_OPTIONS} options")
    options = frozenset(members)
    if not all(map(is_token, options)):
        raise BadField("Connection is not a list of tokens")
    if not _NEVER_NAMED.isdisjoint(options):
        raise BadField("Connection names a field that framing or routing depends on")
    return ConnectionOptions(
        b"close" in options,
        b"keep-alive" in options,
        b"upgrade" in options,
        tuple(sorted(options - _KNOWN)),
    )


_remembered = lru_cache(maxsize=1024)(_read)
