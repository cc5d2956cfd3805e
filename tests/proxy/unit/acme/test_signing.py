# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys and signed requests, held against what RFCs print."""

from __future__ import annotations

import hashlib
import hmac
import json
from contextlib import suppress
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from hypothesis import given
from hypothesis import strategies as st
from samples.acme_keys import ec_key, rsa_key
from sluice_proxy.acme.signing import jws
from sluice_proxy.acme.signing.base64url import decoded, encoded, encoded_number
from sluice_proxy.acme.signing.jws import ExternalAccount
from sluice_proxy.acme.signing.keys import SigningKey
from sluice_proxy.acme.signing.private_keys import BadKey
from sluice_proxy.snapshot.issuing import KeyType

URL = "https://ca.test/new"
ACCOUNT = "https://ca.test/account/1"
TYPES = {KeyType.P256: "ES256", KeyType.P384: "ES384", KeyType.RSA_2048: "RS256"}


def parts(content: bytes | jws.Document) -> tuple[dict[str, Any], Any, bytes, bytes]:
    """Return header, payload, signature, and what is signed."""
    document = json.loads(content) if isinstance(content, bytes) else content
    signed = f"{document['protected']}.{document['payload']}".encode()
    payload = json.loads(decoded(document["payload"])) if document["payload"] else None
    header = json.loads(decoded(document["protected"]))
    return header, payload, decoded(document["signature"]), signed


def verify(key: SigningKey, signature: bytes, data: bytes) -> None:
    public = serialization.load_pem_private_key(key.pem, None).public_key()
    if isinstance(public, rsa.RSAPublicKey):
        public.verify(signature, data, padding.PKCS1v15(), hashes.SHA256())
        return
    assert isinstance(public, ec.EllipticCurvePublicKey)
    half = (public.key_size + 7) // 8
    assert len(signature) == 2 * half
    der = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    public.verify(der, data, ec.ECDSA(hashes.SHA256() if half == 32 else hashes.SHA384()))


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    assert rsa_key().thumbprint == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_the_public_key_is_that_of_rfc_7515() -> None:
    assert ec_key().jwk == {
        "kty": "EC",
        "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    }


def test_coordinates_keep_their_leading_zeros() -> None:
    assert encoded_number(1, 32) == encoded(b"\0" * 31 + b"\1")
    assert encoded_number(65537) == "AQAB"
    assert encoded_number(0) == "AA"


@pytest.mark.parametrize("key_type", TYPES)
def test_a_request_is_signed_with_the_algorithm_of_its_key(key_type: KeyType) -> None:
    key = SigningKey.new(key_type)

    header, payload, signature, signed = parts(jws.request(key, URL, "n1", {"a": 1}))

    assert header == {"alg": TYPES[key_type], "jwk": dict(key.jwk), "nonce": "n1", "url": URL}
    assert payload == {"a": 1}
    verify(key, signature, signed)
    with pytest.raises(InvalidSignature):
        verify(key, signature, signed + b"x")


def test_a_request_of_an_account_names_it_and_not_the_key() -> None:
    header, *_rest = parts(jws.request(ec_key(), URL, "n1", {}, ACCOUNT))

    assert header == {"alg": "ES256", "kid": ACCOUNT, "nonce": "n1", "url": URL}


def test_a_post_as_get_has_no_payload_and_an_answer_has_an_empty_object() -> None:
    assert json.loads(jws.request(ec_key(), URL, "n1", None, ACCOUNT))["payload"] == ""
    assert json.loads(jws.request(ec_key(), URL, "n1", {}, ACCOUNT))["payload"] == encoded(b"{}")


def test_a_change_of_the_key_is_signed_by_the_new_one_for_the_old_one() -> None:
    old, new = ec_key(), SigningKey.new()

    header, payload, signature, signed = parts(jws.key_change(ACCOUNT, old, new, URL))

    # No nonce: that of the request around it counts (RFC 8555, section 7.3.5).
    assert header == {"alg": "ES256", "jwk": dict(new.jwk), "url": URL}
    assert payload == {"account": ACCOUNT, "oldKey": dict(old.jwk)}
    verify(new, signature, signed)


def test_a_binding_is_the_accounts_key_under_the_key_of_the_external_account() -> None:
    external = ExternalAccount.of("kid-1", encoded(b"secret" * 6))

    header, payload, signature, signed = parts(jws.binding(external, ec_key(), URL))

    assert header == {"alg": "HS256", "kid": "kid-1", "url": URL}
    assert payload == dict(ec_key().jwk)
    assert signature == hmac.digest(b"secret" * 6, signed, hashlib.sha256)


@pytest.mark.parametrize("text", ["c2VjcmV0cw==", "c2VjcmV0cw", " c2VjcmV0cw\n"])
def test_a_mac_key_is_read_with_and_without_padding(text: str) -> None:
    assert ExternalAccount.of("k", text).mac_key == b"secrets"


@pytest.mark.parametrize("text", ["", "not+url/safe", "a b", "hélas", "abcde"])
def test_a_mac_key_that_is_none_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ValueError, match="not base64url") as raised:
        ExternalAccount.of("k", text)

    assert not text or text not in str(raised.value)


@given(st.binary(max_size=100))
def test_what_is_encoded_is_decoded(data: bytes) -> None:
    text = encoded(data)

    assert "=" not in text
    assert not data or decoded(text) == data


@given(st.text(max_size=20))
def test_any_text_is_decoded_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert len(decoded(text)) <= len(text)


@pytest.mark.parametrize("key_type", TYPES)
def test_a_key_that_is_kept_is_the_same_when_read(key_type: KeyType) -> None:
    key = SigningKey.new(key_type)

    assert SigningKey.read(key.pem).thumbprint == key.thumbprint
    assert key.pem.startswith(b"-----BEGIN PRIVATE KEY-----")


def pem(private: Any, password: bytes | None = None) -> bytes:
    how: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password is not None:
        how = serialization.BestAvailableEncryption(password)
    text: bytes = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
    )
    return text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "not a private key"),
        (b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "not a private"),
        (pem(ec.generate_private_key(ec.SECP256R1()), b"password"), "without a password"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "of another kind"),
        (pem(ec.generate_private_key(ec.SECP521R1())), "secp521r1"),
        (pem(rsa.generate_private_key(65537, 1024)), "1024 bits"),
    ],
    ids=["nothing", "damaged", "encrypted", "ed25519", "p521", "short"],
)
def test_a_key_that_cannot_sign_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(BadKey, match=said) as raised:
        SigningKey.read(text)

    assert "c2VjcmV0" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_no_secret_is_in_a_repr() -> None:
    key = SigningKey.new()
    external = ExternalAccount("k", b"the secret")

    assert key.thumbprint in repr(key)
    secret = "".join(key.pem.decode().split("\n")[1:-2])
    assert secret[:20] not in repr(key)
    assert "secret" not in repr(external)
