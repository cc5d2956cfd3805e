# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates as they are read and checked, before any client asks for one.

A certificate that was read has everything in it: its PEM texts, its key without a password, its
names. Files that change or vanish later change nothing until the configuration is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes

from ..routes.model.host_pattern import host_name
from ..snapshot.tls import Certificate, Pem

Read = Callable[[str], bytes]
"""Returns the content of a file; raises OSError."""

LEAST_RSA_BITS = 2048
LEAST_CURVE_BITS = 224
_DER, _PEM = serialization.Encoding.DER, serialization.Encoding.PEM
_SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
_TOO_WEAK = (hashes.MD5, hashes.SHA1)


class BadCertificate(ValueError):
    """A certificate cannot be shown; ``part`` is the key of the configuration that is to blame."""

    def __init__(self, part: str, message: str) -> None:
        super().__init__(message)
        self.part = part


def read_certificate(certificate: Certificate, read: Read) -> Certificate:
    """Return a certificate with all that a handshake needs, and when it expires; raises
    BadCertificate."""
    chain_text = _text("chain", certificate.chain, read)
    chain = _chain(chain_text)
    password = _password(certificate, read)
    key_text = _text("key", certificate.key, read)
    key = _key(key_text, password)
    leaf = chain[0]
    if key.public_key().public_bytes(_DER, _SPKI) != leaf.public_key().public_bytes(_DER, _SPKI):
        raise BadCertificate(
            "key", "this key is not that of the first certificate of the chain: use the pair"
        )
    if password is not None or b"-----BEGIN CERTIFICATE" in key_text:
        # Certificates in the file of the key would be sent as part of the chain, once more.
        key_text = key.private_bytes(
            _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    return Certificate(
        chain=Pem(text=b"".join(part.public_bytes(_PEM) for part in chain)),
        key=Pem(text=key_text),
        hosts=certificate.hosts or names_of(leaf),
        expires=leaf.not_valid_after_utc.timestamp(),
    )


def names_of(leaf: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names of a certificate in lower case, a wildcard as ``*.example.com``, and
    its addresses.

    Names that no client could ask for are left out.
    """
    try:
        names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    found: dict[str, None] = {}
    for name in names.get_values_for_type(x509.DNSName):
        wild = name.startswith("*.")
        try:
            plain = host_name(name[2:] if wild else name)
        except ValueError:
            continue
        found[f"*.{plain}" if wild else plain] = None
    addresses = map(str, names.get_values_for_type(x509.IPAddress))
    return (*found, *dict.fromkeys(addresses))


def expired(certificates: Sequence[Certificate], now: float) -> list[int]:
    """Return which of ``certificates`` are past their last moment ``now``, in seconds since
    1970."""
    return [
        index
        for index, one in enumerate(certificates)
        if one.expires is not None and one.expires < now
    ]


def _text(part: str, pem: Pem, read: Read) -> bytes:
    if pem.text is not None:
        return pem.text
    assert pem.file is not None
    try:
        return read(pem.file)
    except OSError as error:
        raise BadCertificate(part, f"file {pem.file} cannot be read: {error.strerror}") from None


def _password(certificate: Certificate, read: Read) -> bytes | None:
    if certificate.password_file is None:
        return certificate.password
    text = _text("password_file", Pem(file=certificate.password_file), read)
    # The newline that editors leave at the end is not of the password.
    password = text.removesuffix(b"\n").removesuffix(b"\r")
    if not password:
        message = f"file {certificate.password_file} has no password in it: write it there in"
        raise BadCertificate("password_file", f"{message} one line")
    return password


def _chain(text: bytes) -> list[x509.Certificate]:
    try:
        chain = x509.load_pem_x509_certificates(text)
    except ValueError:
        raise BadCertificate(
            "chain", "this has no PEM certificate: the leaf comes first, then its intermediates"
        ) from None
    for place, (lower, upper) in enumerate(pairwise(chain), 1):
        if lower.issuer != upper.subject:
            raise BadCertificate(
                "chain",
                f"certificate {place + 1} of the chain did not issue certificate {place}: put the"
                " leaf first, and each issuer after what it issued",
            )
    for place, one in enumerate(chain, 1):
        _check_strength(one, place)
    return chain


def _check_strength(certificate: x509.Certificate, place: int) -> None:
    """Refuse what the TLS library would refuse later, when the first client asks for it."""
    which = f"certificate {place} of the chain"
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise BadCertificate("chain", f"{which} has a key that is not usable: {error}") from None
    if isinstance(key, rsa.RSAPublicKey):
        least, bits = LEAST_RSA_BITS, key.key_size
    elif isinstance(key, ec.EllipticCurvePublicKey):
        least, bits = LEAST_CURVE_BITS, key.key_size
    elif isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        least, bits = 0, 0
    else:
        raise BadCertificate("chain", f"{which} has a key that is neither RSA nor elliptic")
    if bits < least:
        raise BadCertificate("chain", f"{which} has a key of {bits} bits: {least} are the least")
    weak = isinstance(certificate.signature_hash_algorithm, _TOO_WEAK)
    # Nobody checks how an authority at the top signed itself.
    if weak and certificate.issuer != certificate.subject:
        raise BadCertificate("chain", f"{which} is signed with MD5 or SHA-1: have it issued anew")


def _key(text: bytes, password: bytes | None) -> PrivateKeyTypes:
    try:
        # The key is compared with the certificate's: a wrong one cannot pass, valid or not.
        return serialization.load_pem_private_key(
            text, password, unsafe_skip_rsa_key_validation=True
        )
    except TypeError:
        if password is None:
            raise BadCertificate(
                "key", "this key is encrypted: give its password, or password_file"
            ) from None
        raise BadCertificate(
            "key", "this key is not encrypted, but it has a password: leave the password out"
        ) from None
    except UnsupportedAlgorithm as error:
        raise BadCertificate("key", f"this key is of no kind that can be used: {error}") from None
    except ValueError:
        if password is not None:
            raise BadCertificate("key", "the password does not open this key") from None
        raise BadCertificate("key", "this is no PEM private key") from None
