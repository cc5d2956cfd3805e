# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority has to find when it validates."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from hypothesis import given
from hypothesis import strategies as st
from samples.acme_keys import rsa_key
from sluice_proxy.acme.signing.jws import key_authorization
from sluice_proxy.acme.validation.challenges import server_name, txt_name, txt_value
from sluice_proxy.acme.validation.tls_alpn import ACME_IDENTIFIER, tls_alpn_certificate

NOW = datetime(2026, 11, 21, tzinfo=UTC)
TOKEN = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"
SHOWN = f"{TOKEN}.9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
"""As RFC 8555, section 8.1, prints it."""


def test_a_key_authorization_is_the_token_and_the_thumbprint() -> None:
    assert key_authorization(TOKEN, rsa_key()) == (
        f"{TOKEN}.NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    )


def test_the_record_of_dns_01_has_the_digest_of_the_key_authorization() -> None:
    # The value that Boulder expects for this one in its own tests.
    assert txt_value(SHOWN) == "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo"


@pytest.mark.parametrize("name", ["www.example.org", "*.www.example.org"])
def test_the_record_of_a_wildcard_is_that_of_its_domain(name: str) -> None:
    assert txt_name(name) == "_acme-challenge.www.example.org"


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("example.org", "example.org"),
        ("127.0.0.1", "1.0.0.127.in-addr.arpa"),
        ("192.0.2.1", "1.2.0.192.in-addr.arpa"),
        (
            "2001:db8::1",
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
        ),
    ],
)
def test_an_address_has_its_reverse_name_in_the_client_hello(identifier: str, name: str) -> None:
    assert server_name(identifier) == name


@pytest.mark.parametrize(
    ("identifier", "name"),
    [
        ("example.org", x509.DNSName("example.org")),
        ("192.0.2.1", x509.IPAddress(ip_address("192.0.2.1"))),
        ("2001:db8::1", x509.IPAddress(ip_address("2001:db8::1"))),
    ],
    ids=["dns", "ipv4", "ipv6"],
)
def test_the_certificate_of_tls_alpn_01_is_as_rfc_8737_wants_it(
    identifier: str, name: x509.GeneralName
) -> None:
    chain, key = tls_alpn_certificate(identifier, SHOWN, NOW)

    [certificate] = x509.load_pem_x509_certificates(chain)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert list(names.value) == [name]
    shown = certificate.extensions.get_extension_for_oid(ACME_IDENTIFIER)
    assert shown.oid.dotted_string == "1.3.6.1.5.5.7.1.31"
    assert shown.critical
    digest = hashlib.sha256(SHOWN.encode()).digest()
    assert shown.value.public_bytes() == bytes([4, 32]) + digest
    certificate.verify_directly_issued_by(certificate)
    private = serialization.load_pem_private_key(key, None)
    assert private.public_key() == certificate.public_key()
    assert certificate.not_valid_before_utc < NOW < certificate.not_valid_after_utc


@given(st.ip_addresses())
def test_a_reverse_name_is_one_of_arpa(address: object) -> None:
    assert server_name(str(address)).endswith(("in-addr.arpa", "ip6.arpa"))
