# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A certificate that was made here or ordered, with its key."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from ..snapshot.tls import Certificate, Pem
from .lifetime import Lifetime, lifetime_of


@dataclass(frozen=True, slots=True)
class Issued:
    """``chain`` and ``key`` are PEM, the leaf first; of what is made here it is the leaf alone, as
    its issuer is what clients trust. ``fingerprint`` is SHA-256 of the leaf in hexadecimal."""

    names: tuple[str, ...]
    chain: bytes
    key: bytes = field(repr=False)
    lifetime: Lifetime
    fingerprint: str

    @property
    def configured(self) -> Certificate:
        """The certificate as a snapshot has it."""
        return Certificate(
            chain=Pem(text=self.chain),
            key=Pem(text=self.key),
            hosts=self.names,
            expires=self.lifetime.ends.timestamp(),
        )


def issued(
    names: tuple[str, ...], leaf: x509.Certificate, key: ec.EllipticCurvePrivateKey
) -> Issued:
    """Return ``leaf`` with its ``key``."""
    return Issued(
        names=names,
        chain=certificate_pem(leaf),
        key=key_pem(key),
        lifetime=lifetime_of(leaf),
        fingerprint=fingerprint(leaf),
    )


def is_pair(certificate: x509.Certificate, key: PrivateKeyTypes) -> bool:
    """Return whether a key is that of a certificate."""
    of_key, of_certificate = (
        one.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for one in (key.public_key(), certificate.public_key())
    )
    return of_key == of_certificate


def certificate_pem(certificate: x509.Certificate) -> bytes:
    """Return a certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM)


def key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a key as PEM (PKCS #8), not encrypted."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def fingerprint(certificate: x509.Certificate) -> str:
    """Return SHA-256 of a certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()
