# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names in requests and certificates (RFC 5280, section 4.2.1.6)."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from cryptography import x509

from ..messages.identifier import Identifier


def alternative_names(names: Iterable[str]) -> x509.SubjectAlternativeName:
    """Return the extension with DNS names and addresses."""
    return x509.SubjectAlternativeName([_general_name(Identifier.of(name)) for name in names])


def names_of(certificate: x509.Certificate) -> frozenset[str]:
    """Return the DNS names and the addresses that a certificate is for; raises ValueError."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    dns = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return frozenset([*(name.lower() for name in dns), *map(str, addresses)])


def _general_name(identifier: Identifier) -> x509.GeneralName:
    if identifier.type == "ip":
        return x509.IPAddress(ip_address(identifier.value))
    return x509.DNSName(identifier.value)
