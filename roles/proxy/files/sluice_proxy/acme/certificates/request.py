# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a certificate is asked for with (RFC 2986; RFC 8555, section 7.4)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from ...snapshot.issuing import KeyType
from ..messages.identifier import Identifier
from ..signing.private_keys import new_private_key, pem_of, read_private_key
from .names import alternative_names


@dataclass(frozen=True, slots=True)
class CertificateRequest:
    """``names`` are DNS names and addresses; ``key`` is the private key as PEM (PKCS #8),
    ``public_key`` its public part (DER), ``csr`` the request (DER)."""

    names: tuple[str, ...]
    csr: bytes = field(repr=False)
    public_key: bytes = field(repr=False)
    key: bytes = field(repr=False)


def new_key(key_type: KeyType = KeyType.P256) -> bytes:
    """Return a new private key as PEM (PKCS #8).

    One of RSA may take a second or more, in which nothing else runs: make it in a thread.
    """
    return pem_of(new_private_key(key_type))


def certificate_request(names: Iterable[str], key: bytes) -> CertificateRequest:
    """Return the request for a certificate for ``names`` with a key (PEM); raises BadKey."""
    private = read_private_key(key)
    own = tuple(dict.fromkeys(Identifier.of(name).value for name in names))
    csr = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(alternative_names(own), critical=False)
        .sign(private, hashes.SHA256())
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return CertificateRequest(own, csr.public_bytes(serialization.Encoding.DER), public, key)
