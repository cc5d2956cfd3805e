# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What there is to tell about the certificate that clients are shown."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ..snapshot.tls import Certificate
from ..tls.certificates import names_of
from .model import Leaf


def leaf_of(provider: str, certificate: Certificate) -> Leaf | None:
    """Return what a certificate tells, None for one that was not read."""
    if certificate.chain.text is None:
        return None
    leaf = x509.load_pem_x509_certificate(certificate.chain.text)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(leaf.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return Leaf(
        provider=provider,
        names=certificate.hosts or names_of(leaf),
        fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        key_fingerprint=digest.finalize().hex(),
        not_before=leaf.not_valid_before_utc.timestamp(),
        not_after=leaf.not_valid_after_utc.timestamp(),
        issuer=leaf.issuer.rfc4514_string(),
        serial=f"{leaf.serial_number:x}",
    )
