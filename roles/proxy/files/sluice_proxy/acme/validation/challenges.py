# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where an authority looks for what shows control, and what it has to find there."""

from __future__ import annotations

import hashlib
from ipaddress import ip_address

from ..signing.base64url import encoded

WELL_KNOWN = "/.well-known/acme-challenge/"
"""What the path of http-01 begins with; the token follows (RFC 8555, section 8.3)."""


def txt_name(identifier: str) -> str:
    """Return the name of the TXT record for a DNS name, or a wildcard (section 8.4)."""
    return f"_acme-challenge.{identifier.removeprefix('*.')}"


def txt_value(key_authorization: str) -> str:
    """Return the content of the TXT record (section 8.4)."""
    return encoded(hashlib.sha256(key_authorization.encode()).digest())


def server_name(identifier: str) -> str:
    """Return the name in the ClientHello of tls-alpn-01 (RFC 8737, section 3): for an address that
    of its reverse mapping (RFC 8738, section 6)."""
    try:
        return ip_address(identifier).reverse_pointer
    except ValueError:
        return identifier
