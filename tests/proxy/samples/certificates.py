# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates, keys and authorities made on the spot."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID
from sluice_proxy.snapshot.tls import Certificate, Pem

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Pair:
    """A certificate with its key; ``issuer`` is what signed it, None for itself."""

    certificate: x509.Certificate
    key: Key
    issuer: Pair | None = None

    @property
    def chain(self) -> bytes:
        """PEM of the certificate and its intermediates; the authority at the top is left out."""
        text = self.certificate.public_bytes(_PEM)
        upper = self.issuer
        while upper is not None and upper.issuer is not None:
            text += upper.certificate.public_bytes(_PEM)
            upper = upper.issuer
        return text

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    def key_pem(self, password: bytes | None = None) -> bytes:
        how: serialization.KeySerializationEncryption = serialization.NoEncryption()
        if password is not None:
            how = serialization.BestAvailableEncryption(password)
        return self.key.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, how)

    @property
    def configured(self) -> Certificate:
        return Certificate(chain=Pem(text=self.chain), key=Pem(text=self.key_pem()))


def authority(name: str = "Test Authority", issuer: Pair | None = None) -> Pair:
    """Return what may issue certificates."""
    return _made(name, (), issuer, is_authority=True, key=None, days=30)


@cache
def usual_authority() -> Pair:
    return authority()


def leaf(*names: str, issuer: Pair | None = None, key: Key | None = None, days: int = 30) -> Pair:
    """Return a certificate for ``names``, by the usual authority where no other is given."""
    return _made(
        names[0] if names else "nameless",
        names,
        issuer or usual_authority(),
        is_authority=False,
        key=key,
        days=days,
    )


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def _made(
    subject: str,
    names: tuple[str, ...],
    issuer: Pair | None,
    *,
    is_authority: bool,
    key: Key | None,
    days: int,
) -> Pair:
    own = key or ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called if issuer is None else issuer.certificate.subject)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=60))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        .add_extension(_usage(own, is_authority=is_authority), critical=True)
    )
    if issuer is not None:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
    if names:
        alternative = x509.SubjectAlternativeName([_general_name(name) for name in names])
        builder = builder.add_extension(alternative, critical=False)
    signing = own if issuer is None else issuer.key
    return Pair(builder.sign(signing, hashes.SHA256()), own, issuer)


def _usage(key: Key, *, is_authority: bool) -> x509.KeyUsage:
    """Return what a key is for: without it, OpenSSL's strict rules find an authority to be none."""
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=False,
        key_encipherment=isinstance(key, rsa.RSAPrivateKey) and not is_authority,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)
