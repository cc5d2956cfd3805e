# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts a route serves: one pattern, its text form and its rank.

===================  ==================================================================
``www.example.com``  this name
``b.**.example.com`` a name that has ``b`` before ``example.com``, with any labels between or ahead
``b.**``             the same in any domain
``*.example.com``    names with exactly one label more
``.example.com``     the name and every name below it
``*``                every host
===================  ==================================================================

The table is in order of rank: of two patterns that match, the one higher up is the more specific.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from unicodedata import normalize

MAX_NAME = 253
"""Most characters of a host name (RFC 1035, section 2.3.4, less the length bytes)."""

_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\Z")


class HostKind(IntEnum):
    """The kinds of patterns, the most specific first."""

    NAME = 0
    BETWEEN = 1
    BEGINNING = 2
    WILDCARD = 3
    BELOW = 4
    ANY = 5


CERTIFIED = frozenset({HostKind.NAME, HostKind.WILDCARD, HostKind.BELOW})
"""Kinds of patterns that a certificate can have names for; hosts of the others have no end."""


@dataclass(frozen=True, slots=True)
class HostPattern:
    """One pattern; ``beginning`` and ``ending`` are lower-case labels joined by dots, or empty."""

    kind: HostKind
    ending: str = ""
    beginning: str = ""

    def __str__(self) -> str:
        return {
            HostKind.NAME: self.ending,
            HostKind.BETWEEN: f"{self.beginning}.**.{self.ending}",
            HostKind.BEGINNING: f"{self.beginning}.**",
            HostKind.WILDCARD: f"*.{self.ending}",
            HostKind.BELOW: f".{self.ending}",
            HostKind.ANY: "*",
        }[self.kind]


ANY_HOST = HostPattern(HostKind.ANY)


def normalise_host(host: str) -> str:
    """Return ``host`` in lower case, without port and without the dot of the root."""
    if host.startswith("["):
        end = host.find("]")
        return host[: end + 1].lower() if end > 0 else host.lower()
    name = host.partition(":")[0]
    return name.removesuffix(".").lower()


def parse_host_pattern(text: str) -> HostPattern:
    """Return the pattern that ``text`` stands for; raises ValueError with what is wrong with it."""
    if text == "*":
        return ANY_HOST
    if text.startswith("["):
        return HostPattern(HostKind.NAME, _literal(text))
    if text.startswith("*."):
        return HostPattern(HostKind.WILDCARD, host_name(text[2:]))
    if text.startswith("."):
        return HostPattern(HostKind.BELOW, host_name(text[1:]))
    if text.endswith(".**"):
        return HostPattern(HostKind.BEGINNING, beginning=host_name(text[:-3]))
    beginning, between, ending = text.partition(".**.")
    if between:
        return HostPattern(HostKind.BETWEEN, host_name(ending), host_name(beginning))
    return HostPattern(HostKind.NAME, whole_host_name(text))


def _literal(text: str) -> str:
    """Return an IPv6 address in brackets in its one canonical form (RFC 5952)."""
    try:
        address = IPv6Address(text[1:-1] if text.endswith("]") else "")
    except AddressValueError:
        raise ValueError(f"{text!r} is not an IPv6 address in brackets") from None
    if address.scope_id is not None:
        raise ValueError(f"{text!r} is not an IPv6 address that a host can be: leave the zone out")
    return f"[{address.compressed}]"


def whole_host_name(text: str) -> str:
    """Return the same as host_name, of a host with all its labels; raises ValueError.

    What ends with a number is an IPv4 address: resolvers read others as one all the same.
    """
    name = host_name(text)
    if name.rpartition(".")[2].isdigit():
        try:
            IPv4Address(name)
        except AddressValueError:
            raise ValueError(f"{text!r} is neither a host name nor an IPv4 address") from None
    return name


def host_name(text: str) -> str:
    """Return the labels in lower case ASCII, without a last dot; raises ValueError."""
    name = text.removesuffix(".").lower()
    if not name:
        raise ValueError("a host name is empty: write * for every host")
    if len(name) <= MAX_NAME and not name.isascii():
        name = _punycode(text, name)
    if len(name) > MAX_NAME:
        raise ValueError(f"a host name of {len(name)} characters: {MAX_NAME} are possible")
    for label in name.split("."):
        if not _LABEL.match(label):
            raise ValueError(
                f"{text!r} is not a host name: write it without scheme, port or path,"
                " and a wildcard only as *.example.com, .example.com or *"
            )
    return name


def _punycode(text: str, name: str) -> str:
    """Return an internationalised name as clients send it (RFC 3490).

    A character that RFC 3490 makes another one of, and browsers do not, would name another host.
    """
    try:
        encoded = name.encode("idna")
        back = encoded.decode("idna")
    except UnicodeError:
        raise ValueError(f"{text!r} is not a host name") from None
    if back != normalize("NFC", name):
        raise ValueError(
            f"{text!r} is a host name that clients read in different ways: write the xn-- form"
        )
    return encoded.decode("ascii")
