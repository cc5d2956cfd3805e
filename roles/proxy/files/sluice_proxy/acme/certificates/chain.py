# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Chains of certificates as authorities send them (RFC 8555, section 7.4.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from ..failures import WrongCertificate
from .names import names_of
from .request import CertificateRequest

_MOST_CERTIFICATES = 10
_LABEL = re.compile(rb"-----BEGIN ([^\r\n]*?)-----")

Chain = Sequence[x509.Certificate]


def read_chain(pem: bytes) -> Chain:
    """Return the certificates of a chain, the leaf first; raises WrongCertificate."""
    labels = _LABEL.findall(pem)
    if not labels:
        raise WrongCertificate("what was issued has no certificate")
    if any(label != b"CERTIFICATE" for label in labels):
        # A chain goes into files that servers read; nothing else is to get there.
        raise WrongCertificate("what was issued has something else among its certificates")
    if len(labels) > _MOST_CERTIFICATES:
        raise WrongCertificate(
            f"what was issued has {len(labels)} certificates: {_MOST_CERTIFICATES} are possible"
        )
    try:
        chain = x509.load_pem_x509_certificates(pem)
    except ValueError as error:
        raise WrongCertificate(f"a certificate that was issued cannot be read: {error}") from None
    if len(chain) != len(labels):
        raise WrongCertificate("a certificate that was issued is not whole")
    return chain


def check_leaf(chain: Chain, request: CertificateRequest) -> None:
    """Raise WrongCertificate for a leaf that has another key, or lacks a name of the request."""
    leaf = chain[0]
    try:
        public = leaf.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, UnsupportedAlgorithm):
        # A key that cannot be read is none of ours.
        public = b""
    if public != request.public_key:
        raise WrongCertificate("the certificate that was issued is for another key than ours")
    try:
        names = names_of(leaf)
    except ValueError as error:
        raise WrongCertificate(f"the certificate's names cannot be read: {error}") from None
    missing = [name for name in request.names if name not in names]
    if missing:
        raise WrongCertificate(
            f"the certificate that was issued lacks {', '.join(missing)}:"
            f" it is for {', '.join(sorted(names)) or 'no name'}"
        )


def pem_of_chain(chain: Chain) -> bytes:
    """Return a chain as PEM, and nothing else that was between."""
    return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in chain)


def der_of(certificate: x509.Certificate) -> bytes:
    """Return a certificate as DER."""
    return certificate.public_bytes(serialization.Encoding.DER)


def top_issuer(chain: Chain) -> str:
    """Return the common name of who issued the last certificate, empty where there is none."""
    try:
        names = chain[-1].issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
    except ValueError:
        return ""
    return str(names[0].value) if names else ""
