# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Private keys, made and read as PEM."""

from __future__ import annotations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ...snapshot.issuing import KeyType

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

_EXPONENT = 65537
_RSA_BITS = {KeyType.RSA_2048: 2048, KeyType.RSA_3072: 3072, KeyType.RSA_4096: 4096}


class BadKey(ValueError):
    """A text is no private key that can be used; nothing of it is in the message."""


def new_private_key(key_type: KeyType) -> PrivateKey:
    """Return a new key. One of RSA may take a second or more, in which nothing else runs."""
    if key_type in _RSA_BITS:
        return rsa.generate_private_key(_EXPONENT, _RSA_BITS[key_type])
    return ec.generate_private_key(ec.SECP384R1() if key_type is KeyType.P384 else ec.SECP256R1())


def read_private_key(pem: bytes) -> PrivateKey:
    """Return the key that PEM without a password has; raises BadKey."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # What the library says may have parts of the key.
        raise BadKey("not a private key as PEM without a password") from None
    if not isinstance(key, PrivateKey):
        raise BadKey("a private key of another kind: ECDSA and RSA are possible")
    return key


def pem_of(key: PrivateKey) -> bytes:
    """Return a key as PEM (PKCS #8), not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
