# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signed requests (RFC 8555, section 6), read as strictly as an authority may."""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import josepy
from josepy.errors import Error as JoseError

from running.ca.problem import Problem

_ALGORITHMS = ("ES256", "ES384", "RS256", "PS256")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*\Z")


class Nonces:
    """Those that were given out, each good for one request."""

    def __init__(self) -> None:
        self._good: set[str] = set()

    def new(self) -> str:
        """Return one more."""
        nonce = secrets.token_urlsafe(16)
        self._good.add(nonce)
        return nonce

    def use(self, nonce: object) -> None:
        """Raise Problem for one that was not given out, or was used already."""
        if nonce not in self._good:
            raise Problem("badNonce", "JWS has an invalid anti-replay nonce")
        self._good.discard(str(nonce))


@dataclass(frozen=True)
class Signed:
    """What was signed: ``payload`` is None in a POST-as-GET; ``kid`` None when ``key`` came along.

    ``jwk`` is the key as the client wrote it.
    """

    payload: Any
    key: josepy.JWK
    jwk: dict[str, Any] | None
    kid: str | None


def read(content: bytes, url: str, nonces: Nonces, key_of: Callable[[str], josepy.JWK]) -> Signed:
    """Return what a request says; ``key_of`` returns the key of an account's URL.

    Raises Problem.
    """
    flat = _object(content, "the request")
    if set(flat) != {"protected", "payload", "signature"}:
        raise Problem("malformed", "JWS must be flattened, with no unprotected header")
    protected = _object(decode(flat["protected"], "protected"), "the protected header")
    algorithm = protected.get("alg")
    if algorithm not in _ALGORITHMS:
        raise Problem("badSignatureAlgorithm", f"JWS has the algorithm {algorithm!r}")
    if "nonce" not in protected:
        raise Problem("badNonce", "JWS has no anti-replay nonce")
    if protected.get("url") != url:
        raise Problem("unauthorized", f"JWS is for {protected.get('url')!r}, not {url!r}", 403)
    jwk, kid = protected.get("jwk"), protected.get("kid")
    if (jwk is None) == (kid is None):
        raise Problem("malformed", "JWS must have one of jwk and kid")
    key = key_of(kid) if jwk is None else public_key(jwk)
    signature = decode(flat["signature"], "signature")
    verify(key, algorithm, f"{flat['protected']}.{flat['payload']}".encode(), signature)
    nonces.use(protected["nonce"])
    payload = decode(flat["payload"], "payload")
    return Signed(_object(payload, "the payload") if payload else None, key, jwk, kid)


def check_binding(binding: Any, url: str, account: dict[str, Any], keys: dict[str, str]) -> None:
    """Raise Problem if an external account is not bound to the ``account`` key (section 7.3.4)."""
    if not isinstance(binding, dict):
        raise Problem("externalAccountRequired", "this authority wants external accounts", 403)
    protected = _object(decode(binding.get("protected"), "protected"), "the binding")
    kid = protected.get("kid")
    if protected.get("alg") != "HS256" or protected.get("url") != url or "nonce" in protected:
        raise Problem("malformed", "the binding's protected header is wrong")
    if _object(decode(binding.get("payload"), "payload"), "the bound key") != account:
        raise Problem("malformed", "the binding is for another key")
    if kid not in keys:
        raise Problem("unauthorized", f"the external account {kid!r} is unknown", 403)
    mac = josepy.JWKOct(key=base64.urlsafe_b64decode(keys[kid] + "=="))
    text = f"{binding['protected']}.{binding['payload']}".encode()
    if not josepy.HS256.verify(mac.key, text, decode(binding.get("signature"), "signature")):
        raise Problem("unauthorized", "the binding's signature is wrong", 403)


def public_key(jwk: Any) -> josepy.JWK:
    """Return a key as a client wrote it. Raises Problem."""
    if not isinstance(jwk, dict) or {"d", "k"} & set(jwk):
        raise Problem("badPublicKey", "the key is none, or is not public")
    try:
        return josepy.JWK.from_json(jwk)
    except (JoseError, ValueError, TypeError) as error:
        raise Problem("badPublicKey", f"the key cannot be read: {error}") from error


def verify(key: josepy.JWK, algorithm: str, text: bytes, signature: bytes) -> None:
    """Raise Problem for a wrong signature."""
    how = josepy.JWASignature.from_json(algorithm)
    if how.kty is not type(key) or not how.verify(key.key, text, signature):
        raise Problem("malformed", "JWS verification error")


def decode(text: Any, what: str) -> bytes:
    """Return what base64url without padding says. Raises Problem."""
    if not isinstance(text, str) or not _BASE64URL.match(text):
        raise Problem("malformed", f"{what} is not base64url")
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise Problem("malformed", f"{what} is not base64url") from error


def _object(content: bytes, what: str) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError as error:
        raise Problem("malformed", f"{what} is not JSON") from error
    if not isinstance(found, dict):
        raise Problem("malformed", f"{what} is not an object")
    return found
