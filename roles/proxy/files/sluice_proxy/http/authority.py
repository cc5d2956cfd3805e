# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The authority of a request: the value of Host, or what an absolute target names.

Stricter than RFC 3986: names of letters, digits, hyphens, underscores and dots, IPv4 addresses
and bracketed IPv6 addresses. No user information, no percent-encoding, no zone identifiers: no
client of this proxy needs them, and upstreams disagree about what they mean.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import AddressValueError, IPv6Address
from typing import NamedTuple

_AUTHORITY = re.compile(
    rb"(?:(?P<name>[0-9A-Za-z_-]{1,63}+(?:\.[0-9A-Za-z_-]{1,63}+)*)\.?"
    rb"|\[(?P<literal>[0-9A-Fa-f:.]{2,45})\])"
    rb"(?::(?P<port>[0-9]{0,5}))?"
)
_LONGEST_NAME = 253


class Authority(NamedTuple):
    """A host that was checked, and its port when one was given."""

    host: str
    """Lower case, without port and trailing dot; an IPv6 address compressed and in brackets."""
    port: int | None
    """1 to 65535, or None for the default port of the scheme."""
    field: bytes
    """The value of Host that says the same: as it was sent, but for a port that was left empty."""


class BadAuthority(ValueError):
    """Text that names no host."""


@lru_cache(maxsize=4096)
def parse_authority(text: bytes) -> Authority:
    """Return the host and port that ``text`` names. Raises `BadAuthority`."""
    match = _AUTHORITY.fullmatch(text)
    if match is None:
        raise BadAuthority("is not a host name or address with an optional port")
    port = int(match["port"]) if match["port"] else None
    if port is not None and not 0 < port < 65536:
        raise BadAuthority("has a port out of the range 1 to 65535")
    if match["literal"] is not None:
        try:
            host = f"[{IPv6Address(match['literal'].decode('ascii')).compressed}]"
        except AddressValueError:
            raise BadAuthority("has a bracketed address that is not IPv6") from None
    else:
        host = match["name"].decode("ascii").lower()
        if len(host) > _LONGEST_NAME:
            raise BadAuthority(f"has a name longer than {_LONGEST_NAME} characters")
    return Authority(host, port, text.removesuffix(b":"))
