# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How a certificate is called when its authority is asked about renewal (RFC 9773)."""

from __future__ import annotations

from cryptography import x509

from ..signing.base64url import encoded


def certificate_identifier(leaf: x509.Certificate) -> str | None:
    """Return the identifier of a certificate (section 4.1), None for one that says nothing of the
    key that signed it."""
    try:
        key = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except (x509.ExtensionNotFound, ValueError):
        return None
    if key.key_identifier is None:
        return None
    return identifier_from(key.key_identifier, leaf.serial_number)


def identifier_from(key_identifier: bytes, serial: int) -> str:
    """Return the identifier for the issuer's key and a serial number from 0.

    The serial number is as DER writes it, where a first bit would be the sign.
    """
    return f"{encoded(key_identifier)}.{encoded(serial.to_bytes(serial.bit_length() // 8 + 1))}"
