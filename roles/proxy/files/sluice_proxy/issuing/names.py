# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names that a certificate is made for. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address

from cryptography import x509

from ..routes.model.host_pattern import whole_host_name

MOST_NAMES = 100
"""Names of one certificate."""

Address = IPv4Address | IPv6Address


class BadName(ValueError):
    """A certificate cannot be made for a name."""


def certificate_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Return names as certificates have them, each once, in the order given; raises BadName.

    DNS names are in lower-case ASCII, wildcards ``*.example.com``, addresses in the shortest form
    and without brackets.
    """
    names = tuple(dict.fromkeys(_name(text) for text in texts))
    if not names:
        raise BadName("a certificate needs a name: give a DNS name or an address")
    if len(names) > MOST_NAMES:
        raise BadName(f"{len(names)} names for one certificate: {MOST_NAMES} are possible")
    return names


def as_address(name: str) -> Address | None:
    """Return the address that a name of ``certificate_names`` is, None for a DNS name."""
    try:
        return ip_address(name)
    except ValueError:
        return None


def alternative_names(names: Iterable[str]) -> x509.SubjectAlternativeName:
    """Return the extension with names of ``certificate_names`` (RFC 5280, section 4.2.1.6)."""
    return x509.SubjectAlternativeName([_general_name(name) for name in names])


def _name(text: str) -> str:
    bracketed = text.startswith("[") and text.endswith("]")
    address = as_address(text[1:-1] if bracketed else text)
    if address is not None:
        if isinstance(address, IPv6Address) and address.scope_id is not None:
            raise BadName(f"{text!r} has a zone, which no certificate can name: leave it out")
        return str(address)
    try:
        if not text.startswith("*."):
            return whole_host_name(text)
        below = whole_host_name(text[2:])
    except ValueError as error:
        raise BadName(f"{text!r} is no name of a certificate: {error}") from None
    if "." not in below or as_address(below) is not None:
        # OpenSSL and browsers take such a wildcard for no name at all.
        raise BadName(
            f"{text!r} is a wildcard that clients do not accept: it needs a domain of two labels"
            " at least, like *.example.test"
        )
    return f"*.{below}"


def _general_name(name: str) -> x509.GeneralName:
    address = as_address(name)
    return x509.DNSName(name) if address is None else x509.IPAddress(address)
