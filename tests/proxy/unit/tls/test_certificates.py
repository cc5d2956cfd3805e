# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What certificates have to be, and what is said about those that are not."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from running.command import command
from samples.certificates import Pair, authority, leaf, rsa_key
from sluice_proxy.routes.model.policies import ClientCertificate, TlsPolicy
from sluice_proxy.routes.model.route import Route
from sluice_proxy.routes.model.target import Scheme, Target, TargetTls
from sluice_proxy.snapshot.admin import Admin
from sluice_proxy.snapshot.issuing import Issuing, Provider
from sluice_proxy.snapshot.listening import Listener, TcpAddress, UnixAddress
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.snapshot.tls import Certificate, Pem, TlsSettings
from sluice_proxy.tls.certificates import BadCertificate, read_certificate
from sluice_proxy.tls.reading import with_tls_read
from sluice_proxy.tls.server_contexts import server_context

ONE = leaf("one.test", "*.one.test")


def read(certificate: Certificate, **files: bytes):
    def content(path: str) -> bytes:
        try:
            return files[path]
        except KeyError:
            raise FileNotFoundError(2, "No such file or directory") from None

    return read_certificate(certificate, content)


def refusal(certificate: Certificate, **files: bytes) -> tuple[str, str]:
    with pytest.raises(BadCertificate) as bad:
        read(certificate, **files)
    return bad.value.part, str(bad.value)


def with_key(pair: Pair, key: bytes, **more) -> Certificate:
    return Certificate(chain=Pem(text=pair.chain), key=Pem(text=key), **more)


def test_its_names_are_those_of_the_leaf_or_those_that_are_set() -> None:
    assert read(ONE.configured).hosts == ("one.test", "*.one.test")
    chosen = replace(ONE.configured, hosts=("other.test",))
    assert read(chosen).hosts == ("other.test",)


def test_names_are_compared_in_lower_case_and_those_that_nobody_can_ask_for_are_left_out() -> None:
    odd = leaf("UPPER.test", "*.*.test", "a b.test", "fine.test")

    assert read(odd.configured).hosts == ("upper.test", "fine.test")


def test_addresses_are_names_of_a_certificate_too() -> None:
    both = leaf("a.test", "192.0.2.1", "2001:DB8::1")

    assert read(both.configured).hosts == ("a.test", "192.0.2.1", "2001:db8::1")


def test_what_was_in_files_is_in_it_afterwards() -> None:
    of_files = Certificate(chain=Pem(file="chain"), key=Pem(file="key"))
    found = read(of_files, chain=ONE.chain, key=ONE.key_pem())

    assert found.chain.text == ONE.chain
    assert found.key.text == ONE.key_pem()


def test_one_file_may_have_the_chain_and_the_key() -> None:
    one_file = Pem(text=ONE.key_pem() + ONE.chain)
    found = read(Certificate(chain=one_file, key=one_file))

    assert found.chain.text == ONE.chain
    assert found.key.text == ONE.key_pem()


@pytest.mark.parametrize("where", ["password", "password_file"])
def test_an_encrypted_key_is_opened_once_and_needs_no_password_later(where: str) -> None:
    encrypted = ONE.key_pem(b"secret")
    value = b"secret" if where == "password" else "file"

    found = read(with_key(ONE, encrypted, **{where: value}), file=b"secret\n")
    assert found.key.text == ONE.key_pem()
    assert (found.password, found.password_file) == (None, None)


def test_an_empty_file_is_no_password() -> None:
    encrypted = with_key(ONE, ONE.key_pem(b"secret"), password_file="file")

    assert refusal(encrypted, file=b"\n") == (
        "password_file",
        "file file has no password in it: write it there in one line",
    )


def test_parameters_of_its_curve_may_stand_before_a_key() -> None:
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    found = read(with_key(ONE, parameters + ONE.key_pem()))

    server_context(found, TlsPolicy(), ["http/1.1"])


def test_texts_of_keys_are_not_shown_by_repr() -> None:
    assert b"PRIVATE" not in repr(read(ONE.configured)).encode()


@pytest.mark.parametrize(
    ("certificate", "part", "says"),
    [
        (with_key(ONE, leaf("x.test").key_pem()), "key", "not that of the first certificate"),
        (with_key(ONE, b"nothing"), "key", "no PEM private key"),
        (with_key(ONE, ONE.key_pem(b"secret")), "key", "is encrypted: give its password"),
        (with_key(ONE, ONE.key_pem(b"secret"), password=b"wrong"), "key", "does not open"),
        (with_key(ONE, ONE.key_pem(), password=b"secret"), "key", "leave the password out"),
        (
            Certificate(Pem(text=b"nothing"), Pem(text=ONE.key_pem())),
            "chain",
            "no PEM certificate",
        ),
        (
            Certificate(Pem(file="missing"), Pem(text=ONE.key_pem())),
            "chain",
            "file missing cannot be read: No such file",
        ),
        (
            with_key(ONE, ONE.key_pem(b"s"), password_file="missing"),
            "password_file",
            "file missing cannot be read",
        ),
    ],
)
def test_what_is_wrong_names_the_field_and_what_to_do(
    certificate: Certificate, part: str, says: str
) -> None:
    found_part, message = refusal(certificate)

    assert found_part == part
    assert says in message


def test_a_chain_in_the_wrong_order_is_refused() -> None:
    middle = authority("Middle", issuer=authority("Top"))
    low = leaf("low.test", issuer=middle)
    assert read(low.configured).chain.text == low.chain

    turned = Certificate(Pem(text=middle.pem + low.pem), Pem(text=low.key_pem()))
    stranger = Certificate(Pem(text=low.pem + ONE.pem), Pem(text=low.key_pem()))
    for wrong in (turned, stranger):
        part, message = refusal(wrong)
        assert part == "chain"
        assert "certificate 2 of the chain did not issue certificate 1" in message


def test_a_key_that_no_client_would_take_is_refused() -> None:
    part, message = refusal(leaf("weak.test", key=rsa_key(1024)).configured)

    assert part == "chain"
    assert "1024 bits: 2048 are the least" in message


def test_a_curve_that_no_client_would_take_is_refused() -> None:
    weak = ec.generate_private_key(ec.SECP192R1())
    part, message = refusal(leaf("weak.test", key=weak).configured)

    assert part == "chain"
    assert "192 bits: 224 are the least" in message


def signed_with_sha_1(folder: Path, issuer: Pair | None) -> Certificate:
    """Return a certificate by openssl, which signs as ``cryptography`` no longer does."""
    request, chain, key = folder / "old.csr", folder / "old.pem", folder / "old.key"
    openssl = command("openssl")
    ask = [openssl, "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=old"]
    subprocess.run([*ask, "-keyout", key, "-out", request], check=True, capture_output=True)
    signing = ["-signkey", key]
    if issuer is not None:
        (folder / "issuer.pem").write_bytes(issuer.pem)
        (folder / "issuer.key").write_bytes(issuer.key_pem())
        signing = ["-CA", folder / "issuer.pem", "-CAkey", folder / "issuer.key"]
    sign = [openssl, "x509", "-req", "-sha1", "-in", request, "-out", chain, *signing]
    subprocess.run(sign, check=True, capture_output=True)
    return Certificate(Pem(text=chain.read_bytes()), Pem(text=key.read_bytes()))


def test_a_signature_that_no_client_would_take_is_refused(tmp_path: Path) -> None:
    part, message = refusal(signed_with_sha_1(tmp_path, authority("Top")))

    assert part == "chain"
    assert "certificate 1 of the chain is signed with MD5 or SHA-1" in message


def test_how_one_at_the_top_signed_itself_does_not_count(tmp_path: Path) -> None:
    assert read(signed_with_sha_1(tmp_path, None)).hosts == ()


def test_an_rsa_key_is_as_good_as_an_elliptic_one() -> None:
    assert read(leaf("rsa.test", key=rsa_key()).configured).hosts == ("rsa.test",)


def complaints(snapshot: Snapshot) -> dict[tuple[str | int, ...], str]:
    return dict(with_tls_read(snapshot)[1])


def test_every_certificate_that_is_wrong_is_named_by_its_place() -> None:
    wrong = with_key(ONE, leaf("x.test").key_pem())
    found = complaints(Snapshot(certificates=(ONE.configured, wrong, wrong, leaf().configured)))

    assert set(found) == {
        ("certificates", 1, "key"),
        ("certificates", 2, "key"),
        ("certificates", 3),
    }
    assert "set hosts" in found["certificates", 3]


def test_an_expired_certificate_is_shown_and_warned_about() -> None:
    warnings: list[str] = []
    old = leaf("old.test", days=-1)
    read_in, wrong = with_tls_read(Snapshot(certificates=(old.configured,)), warnings.append)

    assert wrong == []
    assert read_in.certificates[0].hosts == ("old.test",)
    assert warnings == ["the certificate of old.test has expired: have it renewed"]


def test_a_tls_listener_needs_a_certificate() -> None:
    listener = Listener(TcpAddress("127.0.0.1", 443), tls=True)

    assert ("certificates",) in complaints(Snapshot(listeners=(listener,)))


def test_a_tls_listener_needs_none_where_certificates_are_made() -> None:
    listener = Listener(TcpAddress("127.0.0.1", 443), tls=True)
    made = Issuing(Provider.LOCAL_CA)

    assert complaints(Snapshot(listeners=(listener,), issuing=made)) == {}


def test_one_that_was_read_is_not_read_again() -> None:
    once, _wrong = with_tls_read(Snapshot(certificates=(ONE.configured,)))
    again, wrong = with_tls_read(once)

    assert wrong == []
    assert again.certificates[0] is once.certificates[0]


def test_the_certificate_of_the_admin_api_is_read_and_a_bad_one_named(tmp_path: Path) -> None:
    good, bad = leaf("admin.test").configured, tmp_path / "bad.pem"
    bad.write_bytes(b"nothing")
    address = (UnixAddress("/s"),)

    whole, wrong = with_tls_read(Snapshot(admin=Admin(address, certificate=good)))
    assert wrong == []
    assert whole.admin is not None
    assert whole.admin.certificate is not None
    assert whole.admin.certificate.hosts == ("admin.test",)
    missing = replace(good, chain=Pem(file=str(bad)))
    assert complaints(Snapshot(admin=Admin(address, certificate=missing))).keys() == {
        ("admin", "certificate", "chain")
    }


def test_authorities_of_clients_are_read_and_bad_ones_named(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pem", tmp_path / "bad.pem"
    good.write_bytes(authority().pem)
    bad.write_bytes(b"nothing")

    def wants(file: Path) -> TlsPolicy:
        return TlsPolicy("1.2", ClientCertificate.REQUIRED, str(file))

    whole, wrong = with_tls_read(Snapshot(tls=TlsSettings(policy=wants(good))))
    assert wrong == []
    assert whole.tls.policy.client_ca == good.read_text()
    found = complaints(Snapshot(routes=(Route("a"), Route("b", tls=wants(bad)))))
    assert f"file {bad} has no authorities" in found["routes", 1, "tls", "client_ca"]


def test_authorities_may_stand_below_comments_in_any_language(tmp_path: Path) -> None:
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes("Főtanúsítvány\n====\n".encode() + authority().pem)
    policy = TlsPolicy("1.2", ClientCertificate.REQUIRED, str(bundle))

    assert complaints(Snapshot(tls=TlsSettings(policy=policy))) == {}


def test_files_of_targets_are_tried_and_bad_ones_named(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_bytes(b"nothing")
    target = Target(Scheme.HTTPS, "t", 443, tls=TargetTls(ca_file=str(bad)))

    found = complaints(Snapshot(routes=(Route("a", targets=(Target(host="x"), target)),)))
    assert f"file {bad} cannot be used" in found["routes", 0, "targets", 1, "tls"]
