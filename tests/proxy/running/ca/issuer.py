# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of an authority with two roots: the same intermediate is signed by both."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from running.ca.problem import Problem

_PEM = serialization.Encoding.PEM
_YEARS = timedelta(days=3650)


class Issuer:
    """``roots`` are their names; the chain of the first one is told by default."""

    def __init__(self, roots: tuple[str, ...], now: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name(f"{roots[0]} Intermediate")
        self.roots: list[x509.Certificate] = []
        self._intermediates = []
        for root in roots:
            key = ec.generate_private_key(ec.SECP256R1())
            name = _name(root)
            self.roots.append(_authority(name, key.public_key(), name, key, now))
            self._intermediates.append(
                _authority(self._name, self._key.public_key(), name, key, now)
            )

    def issue(
        self,
        csr: x509.CertificateSigningRequest,
        names: list[str],
        valid: tuple[datetime, datetime],
    ) -> x509.Certificate:
        """Return a certificate for ``names`` and the key of ``csr``."""
        alternative = [_general_name(name) for name in names]
        issuing = self._intermediates[0].extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        )
        return (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self._name)
            .public_key(csr.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(valid[0])
            .not_valid_after(valid[1])
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectAlternativeName(alternative), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuing.value),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )

    def chain(self, leaf: x509.Certificate, number: int) -> bytes:
        """Return PEM of the leaf and its intermediate, towards one of the roots."""
        return leaf.public_bytes(_PEM) + self._intermediates[number].public_bytes(_PEM)


def certificate_id(certificate: x509.Certificate) -> str:
    """Return what renewal information is asked with (RFC 9773, section 4.1)."""
    issuer = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    serial = certificate.serial_number
    # One bit more than the number has, for its sign.
    octets = serial.to_bytes(serial.bit_length() // 8 + 1, "big")
    return f"{_base64url(issuer.key_identifier or b'')}.{_base64url(octets)}"


def names_of(csr: x509.CertificateSigningRequest) -> list[str]:
    """Return the names and addresses that a request is for. Raises Problem."""
    try:
        found = csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise Problem("badCSR", "the CSR has no subject alternative name") from error
    addresses = [str(address) for address in found.get_values_for_type(x509.IPAddress)]
    return found.get_values_for_type(x509.DNSName) + addresses


def check_key(csr: x509.CertificateSigningRequest) -> None:
    """Raise Problem for a key that is too weak, or of a kind that is not issued for."""
    key = csr.public_key()
    good = (isinstance(key, rsa.RSAPublicKey) and 2048 <= key.key_size <= 4096) or (
        isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in ("secp256r1", "secp384r1")
    )
    if not good or not csr.is_signature_valid:
        raise Problem("badCSR", "the CSR's key or signature is not accepted")


def _authority(
    name: x509.Name,
    key: ec.EllipticCurvePublicKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _YEARS)
        .not_valid_after(now + _YEARS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _base64url(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")
