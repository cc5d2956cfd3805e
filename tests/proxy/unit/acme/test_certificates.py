# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests for certificates, and what is looked at in a chain that came for one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st
from samples.acme_certificates import RFC_9773
from samples.certificates import authority, leaf
from sluice_proxy.acme.certificates.chain import (
    check_leaf,
    pem_of_chain,
    read_chain,
    top_issuer,
)
from sluice_proxy.acme.certificates.renewal import certificate_identifier, identifier_from
from sluice_proxy.acme.certificates.request import certificate_request, new_key
from sluice_proxy.acme.failures import WrongCertificate
from sluice_proxy.acme.messages.identifier import Identifier
from sluice_proxy.acme.signing.base64url import decoded
from sluice_proxy.acme.signing.private_keys import BadKey
from sluice_proxy.snapshot.issuing import KeyType

NAMES = ("a.test", "*.a.test", "192.0.2.1", "2001:db8::1")


def private(pem: bytes) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return key


def issued(*names: str, key: bytes) -> bytes:
    """Return a chain with an intermediate."""
    return leaf(*names, issuer=authority("Lower", authority("Top")), key=private(key)).chain


@pytest.mark.parametrize(
    ("key_type", "size"),
    [(KeyType.P256, 256), (KeyType.P384, 384), (KeyType.RSA_2048, 2048), (KeyType.RSA_3072, 3072),
     (KeyType.RSA_4096, 4096)],
)  # fmt: skip
def test_each_type_of_key_is_made(key_type: KeyType, size: int) -> None:
    key = private(new_key(key_type))

    assert key.key_size == size
    assert isinstance(key, rsa.RSAPrivateKey) is key_type.startswith("rsa")


def test_each_certificate_gets_a_key_of_its_own() -> None:
    assert new_key() != new_key()


def test_a_request_has_the_names_and_the_key_and_nothing_else() -> None:
    key = new_key()

    request = certificate_request([*NAMES, "A.test", "2001:DB8:0::1"], key)

    csr = x509.load_der_x509_csr(request.csr)
    assert csr.is_signature_valid
    assert csr.public_key() == private(key).public_key()
    assert list(csr.subject) == []
    [extension] = csr.extensions
    assert isinstance(extension.value, x509.SubjectAlternativeName)
    dns = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    assert (*dns, *map(str, addresses)) == request.names == NAMES


def test_a_request_does_not_show_its_key() -> None:
    request = certificate_request(["a.test"], new_key())

    assert "KEY" not in repr(request)
    with pytest.raises(BadKey):
        certificate_request(["a.test"], b"no key")


def test_a_chain_for_the_key_and_the_names_is_taken() -> None:
    request = certificate_request(NAMES, new_key())

    # An authority may add names, as that with www.
    chain = read_chain(issued(*NAMES, "www.a.test", key=request.key))

    check_leaf(chain, request)
    assert len(chain) == 2
    assert top_issuer(chain) == "Top"


def test_a_chain_for_another_key_is_refused() -> None:
    request = certificate_request(["a.test"], new_key())

    with pytest.raises(WrongCertificate, match="another key than ours"):
        check_leaf(read_chain(issued("a.test", key=new_key())), request)


def test_a_chain_that_lacks_names_is_refused_with_those() -> None:
    request = certificate_request(NAMES, new_key())

    with pytest.raises(WrongCertificate, match=r"lacks \*\.a\.test, 2001:db8::1: it is for 192"):
        check_leaf(read_chain(issued("a.test", "192.0.2.1", key=request.key)), request)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "no certificate"),
        (b"<html>", "no certificate"),
        (new_key(), "something else"),
        (RFC_9773 + new_key(), "something else"),
        (RFC_9773 * 11, "11 certificates"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "cannot be read"),
        (RFC_9773[:200], "cannot be read|not whole"),
        (RFC_9773 + RFC_9773[:200], "cannot be read|not whole"),
    ],
    ids=["nothing", "html", "key", "key-behind", "many", "damaged", "half", "half-behind"],
)
def test_what_is_no_chain_is_refused(text: bytes, said: str) -> None:
    with pytest.raises(WrongCertificate, match=said):
        read_chain(text)


@given(st.binary(max_size=300), st.integers(0, len(RFC_9773)))
def test_any_text_is_a_chain_or_refused(data: bytes, place: int) -> None:
    for text in (data, RFC_9773[:place] + data + RFC_9773[place:]):
        try:
            chain = read_chain(text)
        except WrongCertificate:
            continue
        assert pem_of_chain(chain).count(b"BEGIN CERTIFICATE") == len(chain)


def test_what_is_between_certificates_is_left_out() -> None:
    chain = read_chain(b"# for you\n" + RFC_9773 + b"\r\nbye")

    assert pem_of_chain(chain) == RFC_9773


def test_the_identifier_of_a_certificate_is_that_of_rfc_9773() -> None:
    [certificate] = read_chain(RFC_9773)

    assert certificate_identifier(certificate) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


def test_a_certificate_that_does_not_name_its_issuers_key_has_no_identifier() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    bare = (
        x509.CertificateBuilder(x509.Name([]), x509.Name([]), key.public_key(), 1)
        .not_valid_before(moment)
        .not_valid_after(moment)
        .sign(key, hashes.SHA256())
    )

    assert certificate_identifier(bare) is None


@given(st.integers(0, 2**159))
def test_a_serial_number_is_never_negative_and_has_no_needless_byte(serial: int) -> None:
    content = decoded(identifier_from(b"key", serial).split(".")[1])

    assert int.from_bytes(content, signed=True) == serial
    assert len(content) == 1 or content[0] != 0 or content[1] >= 0x80


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("A.test", Identifier("dns", "a.test")),
        ("*.a.test", Identifier("dns", "*.a.test")),
        ("192.0.2.1", Identifier("ip", "192.0.2.1")),
        ("2001:DB8:0:0::1", Identifier("ip", "2001:db8::1")),
    ],
)
def test_an_address_is_an_identifier_of_its_own_type(name: str, identifier: Identifier) -> None:
    assert Identifier.of(name) == identifier
