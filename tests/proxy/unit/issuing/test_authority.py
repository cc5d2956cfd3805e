# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an authority of ours is, and what it issues."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from samples.certificates import leaf as simple_leaf
from sluice_proxy.issuing.authority import (
    Authority,
    AuthorityPem,
    BadAuthority,
    CannotIssue,
    new_authority,
    read_authority,
    self_signed,
)
from sluice_proxy.issuing.building import BACKDATED, MOST_DAYS
from sluice_proxy.issuing.constraints import DEVELOPMENT, UNCONSTRAINED
from sluice_proxy.issuing.issued import Issued, certificate_pem, key_pem
from sluice_proxy.issuing.names import BadName
from sluice_proxy.tls.certificates import read_certificate

E = TypeVar("E", bound=x509.ExtensionType)
NOW = datetime(2026, 5, 1, 12, 0, 0, 999, tzinfo=UTC)


@cache
def authority(**options) -> Authority:
    return read_authority(new_authority(NOW, host="desk", **options))


def certificate(issued: Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.chain)


def extension(one: x509.Certificate, kind: type[E]) -> x509.Extension[E]:
    return one.extensions.get_extension_for_class(kind)


def refused(pem: AuthorityPem) -> str:
    with pytest.raises(BadAuthority) as bad:
        read_authority(pem)
    assert "\n" not in str(bad.value)
    return str(bad.value)


def test_an_authority_issues_leaves_for_ten_years_and_no_authorities() -> None:
    one = authority().certificate
    constraints = extension(one, x509.BasicConstraints)

    assert constraints.critical
    assert constraints.value == x509.BasicConstraints(ca=True, path_length=0)
    assert one.not_valid_after_utc - one.not_valid_before_utc == timedelta(days=3650)
    usage = extension(one, x509.KeyUsage)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.digital_signature) == (True, False)


def test_its_constraints_are_critical_and_read_back_as_they_were() -> None:
    assert extension(authority().certificate, x509.NameConstraints).critical
    assert authority().constraints == DEVELOPMENT
    assert authority(constraints=UNCONSTRAINED).constraints == UNCONSTRAINED


def test_people_see_where_it_was_made_and_two_of_one_machine_differ() -> None:
    long = "a" * 100
    names = {
        read_authority(new_authority(NOW, host=host)).called for host in ("desk", "desk", long)
    }

    assert len(names) == 3
    assert all("CN=sluice development CA " in name for name in names)
    assert sum("CA desk " in name for name in names) == 2


@pytest.mark.parametrize("host", ["", "ü" * 64, "\udcff", "a\x00b"])
def test_a_machine_of_any_name_can_have_one(host: str) -> None:
    called = read_authority(new_authority(NOW, host=host)).called

    assert "CN=sluice development CA " in called
    assert called.isascii()
    assert called.isprintable()


def test_a_leaf_is_for_servers_with_these_names() -> None:
    names = ("app.test", "*.app.test", "127.0.0.1", "::1")
    one = certificate(authority().issue(names, NOW))
    alternative = extension(one, x509.SubjectAlternativeName).value

    assert alternative.get_values_for_type(x509.DNSName) == ["app.test", "*.app.test"]
    assert [str(each) for each in alternative.get_values_for_type(x509.IPAddress)] == [
        "127.0.0.1",
        "::1",
    ]
    assert list(extension(one, x509.ExtendedKeyUsage).value) == [ExtendedKeyUsageOID.SERVER_AUTH]
    usage = extension(one, x509.KeyUsage)
    assert usage.critical
    assert (usage.value.digital_signature, usage.value.key_cert_sign) == (True, False)
    assert not extension(one, x509.BasicConstraints).value.ca
    key = one.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"


def test_a_leaf_names_the_key_of_its_issuer_and_its_own() -> None:
    one = certificate(authority().issue(["app.test"], NOW))
    of_issuer = extension(authority().certificate, x509.SubjectKeyIdentifier).value
    named = extension(one, x509.AuthorityKeyIdentifier).value

    assert named.key_identifier == of_issuer.digest
    assert extension(one, x509.SubjectKeyIdentifier).value.digest != of_issuer.digest
    one.verify_directly_issued_by(authority().certificate)


def test_an_address_is_no_common_name() -> None:
    def common_names(*names: str) -> list[str]:
        subject = certificate(authority().issue(names, NOW)).subject
        return [str(one.value) for one in subject.get_attributes_for_oid(NameOID.COMMON_NAME)]

    too_long = f"{'a' * 63}.test"
    assert common_names("127.0.0.1") == []
    assert common_names("127.0.0.1", too_long, "app.test") == ["app.test"]
    assert common_names(too_long) == []


def test_serial_numbers_and_keys_are_new_each_time() -> None:
    made = [authority().issue(["app.test"], NOW) for _unused in range(20)]

    assert len({certificate(one).serial_number for one in made}) == 20
    assert all(certificate(one).serial_number.bit_length() > 64 for one in made)
    assert len({one.key for one in made}) == 20


def test_a_leaf_is_valid_a_little_before_now_and_never_more_than_397_days() -> None:
    lifetime = authority().issue(["app.test"], NOW).lifetime

    assert lifetime.begins == (NOW - BACKDATED).replace(microsecond=0)
    # Both its first and its last second count.
    assert lifetime.ends - lifetime.begins + timedelta(seconds=1) == timedelta(days=MOST_DAYS)
    with pytest.raises(ValueError, match="1 to 397"):
        authority().issue(["app.test"], NOW, days=MOST_DAYS + 1)


def test_a_leaf_begins_and_ends_with_its_authority() -> None:
    early = authority().lifetime.begins + timedelta(seconds=1)
    assert authority().issue(["app.test"], early).lifetime.begins == authority().lifetime.begins

    late = authority().lifetime.ends - timedelta(days=30)

    assert authority().issue(["app.test"], late).lifetime.ends == authority().lifetime.ends


@pytest.mark.parametrize("left", [timedelta(hours=23), timedelta(days=-1)])
def test_an_authority_that_ends_issues_nothing_and_says_what_to_do(left: timedelta) -> None:
    with pytest.raises(CannotIssue, match=r"ends on 2036-04-28: have a new CA made"):
        authority().issue(["app.test"], authority().lifetime.ends - left)


def test_a_clock_before_the_authority_is_told() -> None:
    with pytest.raises(CannotIssue, match="check the clock"):
        authority().issue(["app.test"], NOW - timedelta(days=1))


@pytest.mark.parametrize("name", ["example.com", "8.8.8.8"])
def test_names_outside_of_its_constraints_are_refused_and_not_issued_in_vain(name: str) -> None:
    with pytest.raises(CannotIssue, match=f"{name} is outside"):
        authority().issue(["app.test", name], NOW)
    assert authority(constraints=UNCONSTRAINED).issue([name], NOW).names == (name,)


def test_what_is_no_name_is_refused() -> None:
    with pytest.raises(BadName):
        authority().issue(["*.test"], NOW)


@pytest.mark.parametrize("how", ["issued", "self-signed"])
def test_the_proxy_takes_what_is_made_as_it_takes_a_given_one(how: str) -> None:
    names = ("app.test", "*.app.test", "192.0.2.1")
    made = authority().issue(names, NOW) if how == "issued" else self_signed(names, NOW)

    taken = read_certificate(made.configured, lambda path: pytest.fail(f"{path} is read"))
    assert taken.hosts == made.names == names
    assert taken.expires == made.lifetime.ends.timestamp()
    assert made.fingerprint == certificate(made).fingerprint(hashes.SHA256()).hex()


def test_a_self_signed_one_is_no_authority() -> None:
    one = certificate(self_signed(["app.test"], NOW, days=10))

    one.verify_directly_issued_by(one)
    assert not extension(one, x509.BasicConstraints).value.ca
    assert not extension(one, x509.KeyUsage).value.key_cert_sign
    assert one.not_valid_after_utc - one.not_valid_before_utc < timedelta(days=10)


def test_keys_are_not_shown_by_repr() -> None:
    shown = [new_authority(NOW, host="desk"), authority(), authority().issue(["app.test"], NOW)]

    assert all("PRIVATE" not in repr(one) and "PrivateKey" not in repr(one) for one in shown)


def test_what_is_exported_has_no_key() -> None:
    assert authority().pem.startswith(b"-----BEGIN CERTIFICATE")
    assert b"PRIVATE" not in authority().pem


def test_what_is_no_authority_is_refused_with_what_is_wrong() -> None:
    good, other = new_authority(NOW, host="desk"), new_authority(NOW, host="desk")
    server = simple_leaf("app.test")

    assert "not that of the certificate" in refused(AuthorityPem(good.certificate, other.key))
    assert "no PEM certificate" in refused(AuthorityPem(b"", good.key))
    assert "no PEM private key" in refused(AuthorityPem(good.certificate, b""))
    assert "2 certificates" in refused(AuthorityPem(good.certificate * 2, good.key))
    assert "may issue others" in refused(AuthorityPem(server.pem, server.key_pem()))
    assert "encrypted" in refused(AuthorityPem(good.certificate, server.key_pem(b"secret")))


def without(
    kind: type[x509.ExtensionType] | None, further: x509.ExtensionType | None = None
) -> AuthorityPem:
    """Return an authority that lacks an extension, or has a further one."""
    one = authority()
    assert isinstance(one.key, ec.EllipticCurvePrivateKey)
    called = one.certificate.subject
    builder = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(one.key.public_key())
        .serial_number(1)
        .not_valid_before(one.lifetime.begins)
        .not_valid_after(one.lifetime.ends)
    )
    for each in one.certificate.extensions:
        if kind is None or not isinstance(each.value, kind):
            builder = builder.add_extension(each.value, critical=each.critical)
    if further is not None:
        builder = builder.add_extension(further, critical=False)
    return AuthorityPem(certificate_pem(builder.sign(one.key, hashes.SHA256())), key_pem(one.key))


@pytest.mark.parametrize("kind", [x509.BasicConstraints, x509.KeyUsage, x509.SubjectKeyIdentifier])
def test_an_authority_that_strict_clients_refuse_is_refused(
    kind: type[x509.ExtensionType],
) -> None:
    assert read_authority(without(None)).called == authority().called
    assert "may issue others" in refused(without(kind))


def test_an_authority_that_cannot_be_understood_is_refused() -> None:
    # An alternative name of a kind that nobody uses: an X.400 address.
    odd = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, bytes.fromhex("3002a300"))

    assert "may issue others" in refused(without(None, odd))
