# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keys that sign requests: those of accounts, and of certificates that are revoked by their key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from ...snapshot.issuing import KeyType
from .base64url import encoded, encoded_number
from .private_keys import BadKey, new_private_key, pem_of, read_private_key

_CURVES = {
    "secp256r1": ("ES256", "P-256", hashes.SHA256(), 32),
    "secp384r1": ("ES384", "P-384", hashes.SHA384(), 48),
}
_LEAST_RSA_BITS = 2048


class SigningKey:
    """A private key; nothing of it is in its ``repr``."""

    def __init__(self, private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
        self._private = private
        self._jwk, self._algorithm = _described(private)

    @classmethod
    def new(cls, key_type: KeyType = KeyType.P256) -> Self:
        """Return a new key. One of RSA may take a second or more, in which nothing else runs."""
        return cls(new_private_key(key_type))

    @classmethod
    def read(cls, pem: bytes) -> Self:
        """Return the key that PEM without a password has; raises BadKey."""
        return cls(read_private_key(pem))

    @property
    def pem(self) -> bytes:
        """The private key as PEM (PKCS #8), not encrypted."""
        return pem_of(self._private)

    @property
    def algorithm(self) -> str:
        """How it signs (RFC 7518, section 3.1)."""
        return self._algorithm

    @property
    def jwk(self) -> Mapping[str, str]:
        """The public key (RFC 7517), with the members that make up its thumbprint alone."""
        return self._jwk

    @property
    def thumbprint(self) -> str:
        """The SHA-256 thumbprint of the public key in base64url (RFC 7638, section 3)."""
        canonical = json.dumps(self._jwk, sort_keys=True, separators=(",", ":"))
        return encoded(hashlib.sha256(canonical.encode()).digest())

    def sign(self, data: bytes) -> bytes:
        """Return the signature of data as JWS has it (RFC 7518, sections 3.3 and 3.4)."""
        if isinstance(self._private, rsa.RSAPrivateKey):
            return self._private.sign(data, padding.PKCS1v15(), hashes.SHA256())
        _algorithm, _curve, digest, length = _CURVES[self._private.curve.name]
        r, s = decode_dss_signature(self._private.sign(data, ec.ECDSA(digest)))
        return r.to_bytes(length) + s.to_bytes(length)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._algorithm}, {self.thumbprint})"


def _described(
    private: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
) -> tuple[Mapping[str, str], str]:
    if isinstance(private, rsa.RSAPrivateKey):
        if private.key_size < _LEAST_RSA_BITS:
            raise BadKey(f"an RSA key of {private.key_size} bits: at least {_LEAST_RSA_BITS}")
        public = private.public_key().public_numbers()
        return {
            "e": encoded_number(public.e),
            "kty": "RSA",
            "n": encoded_number(public.n),
        }, "RS256"
    if private.curve.name not in _CURVES:
        raise BadKey(f"a key on the curve {private.curve.name}: P-256 and P-384 are possible")
    algorithm, curve, _digest, length = _CURVES[private.curve.name]
    point = private.public_key().public_numbers()
    return {
        "crv": curve,
        "kty": "EC",
        "x": encoded_number(point.x, length),
        "y": encoded_number(point.y, length),
    }, algorithm
