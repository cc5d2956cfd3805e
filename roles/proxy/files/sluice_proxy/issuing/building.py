# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as strict clients want them (RFC 5280, section 4.2). No clock and no files.

Python 3.13 and ``openssl verify -x509_strict`` refuse an authority without its key usage or its key
identifier, basic constraints that are not critical, and a leaf that does not say which key signed
it. Browsers look at alternative names only, and refuse a leaf of more than 398 days.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .constraints import Constraints
from .names import alternative_names, as_address

SigningKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

MOST_DAYS = 397
"""Days that a leaf is valid at most, the hour below among them."""
AUTHORITY_DAYS = 3650
BACKDATED = timedelta(hours=1)
"""How long before now a certificate begins: clocks of clients may be slow."""

_MAKER = "sluice development CA"
_LONGEST_COMMON_NAME = 64


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new key on the curve P-256."""
    return ec.generate_private_key(ec.SECP256R1())


def authority_certificate(
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    host: str,
    constraints: Constraints,
    days: int = AUTHORITY_DAYS,
) -> x509.Certificate:
    """Return an authority that issues leaves and no further authorities.

    ``host`` is where it is made: people see it in the list of what they trust. The beginning of the
    key's identifier keeps its name apart from those of others that were made there.
    """
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    tail = f" {identifier.digest.hex()[:8]}"
    # A system's name may have bytes that are no text.
    readable = "".join(char if "!" <= char <= "~" else "?" for char in host)
    called = f"{_MAKER} {readable}"[: _LONGEST_COMMON_NAME - len(tail)].rstrip() + tail
    begins = now - BACKDATED
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, _MAKER),
            x509.NameAttribute(NameOID.COMMON_NAME, called),
        ]
    )
    builder = (
        _begun(name, name, key.public_key(), begins, begins + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
    )
    extension = constraints.extension()
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256())


def leaf_certificate(
    names: Iterable[str],
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Certificate,
    issuer_key: SigningKey,
    now: datetime,
    *,
    days: int = MOST_DAYS,
) -> x509.Certificate:
    """Return a certificate of a server for ``names``, which is valid while its issuer is.

    ``issuer`` names its own key.
    """
    own = tuple(names)
    begins = max(now - BACKDATED, issuer.not_valid_before_utc)
    ends = min(_leaf_end(now, days), issuer.not_valid_after_utc)
    builder = _leaf(own, issuer.subject, public_key, begins, ends).add_extension(
        _identifier_of(issuer), critical=False
    )
    return builder.sign(issuer_key, hashes.SHA256())


def self_signed_certificate(
    names: Iterable[str],
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    *,
    days: int = MOST_DAYS,
) -> x509.Certificate:
    """Return a certificate of a server that nobody vouches for.

    It is no authority: to trust it is to trust this one server.
    """
    own = tuple(names)
    subject, begins, ends = _leaf_subject(own), now - BACKDATED, _leaf_end(now, days)
    builder = _leaf(own, subject, key.public_key(), begins, ends)
    return builder.sign(key, hashes.SHA256())


def _leaf_end(now: datetime, days: int) -> datetime:
    if not 1 <= days <= MOST_DAYS:
        raise ValueError(f"a certificate of {days} days: 1 to {MOST_DAYS} are possible")
    # Its last second counts (RFC 5280, section 4.1.2.5).
    return now - BACKDATED + timedelta(days=days, seconds=-1)


def _leaf(
    names: tuple[str, ...],
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        _begun(_leaf_subject(names), issuer, public_key, begins, ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(alternative_names(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )


def _leaf_subject(names: tuple[str, ...]) -> x509.Name:
    """Return a subject for people to read; clients look at the alternative names.

    An address has no place in it: held against constraints, it would be taken for a DNS name.
    """
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "sluice development certificate")]
    readable = (
        name for name in names if as_address(name) is None and len(name) <= _LONGEST_COMMON_NAME
    )
    first = next(readable, None)
    if first is not None:
        attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, first))
    return x509.Name(attributes)


def _begun(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: CertificatePublicKeyTypes,
    begins: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins.replace(microsecond=0))
        .not_valid_after(ends.replace(microsecond=0))
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _identifier_of(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    """Return the identifier of the issuer's key as the issuer has it, however it was worked out."""
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
