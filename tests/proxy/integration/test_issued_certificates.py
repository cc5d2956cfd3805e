# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that the proxy makes, as strict clients and the system's own tools see them."""

from __future__ import annotations

import os
import ssl
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID
from running.browser import browser
from running.command import command
from running.service import running
from samples.certificates import rsa_key
from samples.handshakes import shake
from sluice_proxy.issuing.authority import Authority, new_authority, read_authority, self_signed
from sluice_proxy.issuing.building import leaf_certificate, new_key
from sluice_proxy.issuing.constraints import DEVELOPMENT, UNCONSTRAINED, Constraints, limited_to
from sluice_proxy.issuing.issued import Issued, issued
from sluice_proxy.issuing.mkcert import load_mkcert
from sluice_proxy.issuing.system_trust import carry_out, look
from sluice_proxy.issuing.trust_plan import SystemStore, plan_trust, plan_untrust
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.tls.choosing import PROTOCOLS, ContextChooser
from sluice_proxy.tls.server_contexts import ServerContexts

NOW = datetime.now(UTC).replace(microsecond=0)
NAMES = ("app.test", "*.app.test", "127.0.0.1", "::1")
KINDS = pytest.mark.parametrize(
    "constraints", [DEVELOPMENT, UNCONSTRAINED], ids=["constrained", "unconstrained"]
)


@cache
def authority(constraints: Constraints = DEVELOPMENT) -> Authority:
    return read_authority(new_authority(NOW, host="desk", constraints=constraints))


def issued_in_vain(one: Authority, *names: str) -> Issued:
    """Return what the key of an authority can sign, though the authority itself would refuse."""
    key = new_key()
    leaf = leaf_certificate(names, key.public_key(), one.certificate, one.key, NOW)
    return issued(names, leaf, key)


@dataclass(frozen=True)
class OpenSsl:
    """``openssl verify`` as strict as it can be, which trusts one certificate."""

    folder: Path

    def verify(self, trusted: bytes | Path, leaf: Issued, *options: str) -> str:
        """Return what it says; ``trusted`` is PEM, or a folder of links by hash."""
        anchor, file = self.folder / "anchor.pem", self.folder / "leaf.pem"
        if isinstance(trusted, Path):
            trusting = ["-no-CAfile", "-CApath", str(trusted)]
        else:
            anchor.write_bytes(trusted)
            trusting = ["-no-CApath", "-CAfile", str(anchor)]
        file.write_bytes(leaf.chain)
        strict = ["-x509_strict", "-check_ss_sig", "-purpose", "sslserver", "-auth_level", "2"]
        done = subprocess.run(
            [
                command("openssl"), "verify", *strict, *options, "-no-CAstore", *trusting,
                str(file),
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode == 0) == done.stdout.endswith(": OK\n")
        return done.stdout + done.stderr


@pytest.fixture
def openssl(tmp_path: Path) -> OpenSsl:
    folder = tmp_path / "openssl"
    folder.mkdir()
    return OpenSsl(folder)


@KINDS
@pytest.mark.parametrize(
    "asked",
    ["-verify_hostname=app.test", "-verify_hostname=a.app.test", "-verify_ip=127.0.0.1",
     "-verify_ip=::1"],
)  # fmt: skip
def test_openssl_accepts_a_leaf_as_strict_as_it_can_be(
    openssl: OpenSsl, constraints: Constraints, asked: str
) -> None:
    one = authority(constraints)

    assert ": OK" in openssl.verify(one.pem, one.issue(NAMES, NOW), *asked.split("="))


@pytest.mark.parametrize("names", [("127.0.0.1",), ("::1",), ("a" * 63 + ".test",)])
def test_openssl_accepts_a_leaf_that_has_no_common_name(
    openssl: OpenSsl, names: tuple[str, ...]
) -> None:
    assert ": OK" in openssl.verify(authority().pem, authority().issue(names, NOW))


def test_openssl_refuses_other_names(openssl: OpenSsl) -> None:
    leaf = authority().issue(NAMES, NOW)

    said = openssl.verify(authority().pem, leaf, "-verify_hostname", "a.b.app.test")
    assert "hostname mismatch" in said.lower()


@pytest.mark.parametrize("name", ["bank.example.com", "8.8.8.8", "2606:4700::1111"])
def test_openssl_refuses_what_the_constraints_do_not_allow(openssl: OpenSsl, name: str) -> None:
    assert "permitted subtree violation" in openssl.verify(
        authority().pem, issued_in_vain(authority(), name)
    )


@pytest.mark.parametrize(
    ("constraints", "name"),
    [
        (limited_to(["test"], []), "127.0.0.1"),
        (limited_to(["test"], []), "::1"),
        (limited_to([], [ip_network("127.0.0.0/8")]), "app.test"),
    ],
)
def test_openssl_refuses_a_kind_of_which_nothing_is_allowed(
    openssl: OpenSsl, constraints: Constraints, name: str
) -> None:
    one = authority(constraints)

    assert "excluded subtree violation" in openssl.verify(one.pem, issued_in_vain(one, name))


def test_openssl_accepts_a_self_signed_one_where_it_is_trusted_itself(openssl: OpenSsl) -> None:
    one = self_signed(NAMES, NOW)

    assert ": OK" in openssl.verify(one.chain, one, "-verify_hostname", "app.test")
    assert "self-signed certificate" in openssl.verify(self_signed(NAMES, NOW).chain, one)


def in_mkcerts_way(folder: Path) -> None:
    """Put an authority into a folder as mkcert 1.4 makes it: RSA, and valid from now on."""
    key = rsa_key()
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mkcert me@desk")])
    others = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
        "key_agreement", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    usage = x509.KeyUsage(key_cert_sign=True, **dict.fromkeys(others, False))
    made = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(usage, critical=True)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "rootCA.pem").write_bytes(made.public_bytes(pem))
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "rootCA-key.pem").write_bytes(secret)
    (folder / "rootCA-key.pem").chmod(0o400)


def test_openssl_accepts_a_leaf_of_mkcerts_authority(openssl: OpenSsl) -> None:
    in_mkcerts_way(openssl.folder)
    one = load_mkcert({"CAROOT": str(openssl.folder)})
    assert one is not None
    leaf = one.issue(("bank.example.com", *NAMES), NOW)

    assert ": OK" in openssl.verify(one.pem, leaf, "-verify_hostname", "bank.example.com")
    assert leaf.lifetime.begins == one.lifetime.begins


def test_a_leaf_of_a_former_authority_is_not_taken_for_one_of_the_next(openssl: OpenSsl) -> None:
    leaf = authority().issue(NAMES, NOW)
    following = read_authority(new_authority(NOW, host="desk"))

    assert "unable to get local issuer" in openssl.verify(following.pem + following.pem, leaf)
    assert ": OK" in openssl.verify(following.pem + authority().pem, leaf)


def strict_client(trusted: bytes) -> ssl.SSLContext:
    """Return a client as Python 3.13 makes it."""
    context = ssl.create_default_context(cadata=trusted.decode())
    context.verify_flags |= ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN
    return context


def chooser(one: Issued) -> ContextChooser:
    return ContextChooser(Snapshot(certificates=(one.configured,)), ServerContexts(PROTOCOLS))


@KINDS
@pytest.mark.parametrize("name", ["app.test", "a.app.test", "127.0.0.1", "::1"])
def test_a_strict_client_of_python_is_served(constraints: Constraints, name: str) -> None:
    one = authority(constraints)

    shaken = shake(chooser(one.issue(NAMES, NOW)), name, strict_client(one.pem))
    assert "app.test" in shaken.shown


def test_a_strict_client_of_python_takes_a_self_signed_one_that_it_trusts() -> None:
    one = self_signed(NAMES, NOW)

    assert "app.test" in shake(chooser(one), "app.test", strict_client(one.chain)).shown


def test_a_strict_client_of_python_refuses_one_that_nobody_renewed() -> None:
    then = NOW - timedelta(days=398)
    one = read_authority(new_authority(then, host="desk"))

    with pytest.raises(ssl.SSLCertVerificationError, match="has expired"):
        shake(chooser(one.issue(NAMES, then)), "app.test", strict_client(one.pem))


def test_a_browser_is_served_by_what_it_trusts_and_by_nothing_else(tmp_path: Path) -> None:
    good = authority().issue(["app.test", "*.app.test", "127.0.0.1"], NOW)
    bad = issued_in_vain(authority(), "bank.example.com")
    for name, one in (("good", good), ("bad", bad)):
        (tmp_path / f"{name}.pem").write_bytes(one.chain + one.key)
    config = """
listen: [{address: 127.0.0.1:PORT, tls: true}]
certificates: [{chain: good.pem, key: good.pem}, {chain: bad.pem, key: bad.pem}]
routes: [{name: page, page: {content: "<title>served</title>", content_type: text/html}}]
"""
    with (
        running(tmp_path, config, data_plane=None) as proxy,
        browser(tmp_path, trusts=authority().pem) as page,
    ):
        for host in ("app.test", "a.app.test", "127.0.0.1"):
            page.open(f"https://{host}:{proxy.port}/")
            assert (page.value("document.title"), page.wrong) == ("served", [])
        page.open(f"https://bank.example.com:{proxy.port}/")
        assert page.value("document.title") != "served"
        assert "net::ERR_CERT_INVALID" in "".join(page.wrong)


def test_the_numbers_of_a_running_proxy_have_the_days_left(tmp_path: Path) -> None:
    for name, days in (("app.test", 90), ("old.test", 30)):
        one = authority().issue([name], NOW, days=days)
        (tmp_path / f"{name}.pem").write_bytes(one.chain + one.key)
    config = """
listen: [{address: 127.0.0.1:PORT, tls: true}]
metrics: 127.0.0.1:METRICS
certificates: [{chain: app.test.pem, key: app.test.pem}, {chain: old.test.pem, key: old.test.pem}]
routes: [{name: page, page: {content: served}}]
"""
    with running(tmp_path, config, data_plane=None) as proxy:
        assert 89 < proxy.number('sluice_certificate_days_left{name="app.test"}') < 90
        assert 29 < proxy.number('sluice_certificate_days_left{name="old.test"}') < 30
        assert 29 < proxy.number("sluice_certificates_least_days_left") < 30


@pytest.fixture
def debian(tmp_path: Path) -> SystemStore:
    """A store of Debian's, in a folder of the test's, with other authorities in it."""
    root = tmp_path / "debian"
    root.mkdir()
    for name in ("added", "shipped", "links", "hooks"):
        (root / name).mkdir()
    (root / "conf").write_text("# none of those that are shipped\n")
    # A bundle of one certificate would get a link by hash itself.
    for name in ("company", "branch"):
        other = new_authority(NOW, host=name)
        (root / "added" / f"{name}.crt").write_bytes(other.certificate)
    tool = [command("update-ca-certificates")]
    for option, name in (
        ("--localcertsdir", "added"), ("--certsdir", "shipped"), ("--etccertsdir", "links"),
        ("--hooksdir", "hooks"), ("--certsconf", "conf"),
    ):  # fmt: skip
        tool += [option, str(root / name)]
    subprocess.run(tool, check=True, capture_output=True)
    return SystemStore(
        root / "added",
        root / "links" / "ca-certificates.crt",
        root / "links",
        tuple(tool),
    )


def whole(folder: Path) -> dict[str, str]:
    """Return all names below a folder, with where links lead and what files have."""
    return {
        str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_text()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


def test_debians_store_trusts_the_authority_and_forgets_it_without_a_trace(
    debian: SystemStore, openssl: OpenSsl
) -> None:
    one, leaf = authority(), authority().issue(NAMES, NOW)
    before = whole(debian.added.parent)

    carry_out(plan_trust(one.pem, one.fingerprint, debian, look(debian)))
    assert plan_trust(one.pem, one.fingerprint, debian, look(debian)) == []
    assert ": OK" in openssl.verify(debian.bundle.read_bytes(), leaf)
    assert ": OK" in openssl.verify(debian.links, leaf)

    carry_out(plan_untrust(one.fingerprint, debian, look(debian)))
    assert whole(debian.added.parent) == before
    assert plan_untrust(one.fingerprint, debian, look(debian)) == []
