# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One document: what it means, or everything that is wrong with it, by field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from samples.certificates import Pair, leaf, usual_authority
from samples.config import FilesInMemory, one_route
from sluice_proxy.config.files import WholePaths
from sluice_proxy.config.sections.pages import PageSection
from sluice_proxy.config.sections.routes import RouteSection
from sluice_proxy.resources.certificate_documents import GivenSection, SelfSignedSection
from sluice_proxy.resources.meaning import Given, OfLocalCa, Ordered, SelfSigned
from sluice_proxy.resources.model import Kind
from sluice_proxy.resources.reading import FILE_KEYS, Read, depends_on_files, read_document
from sluice_proxy.resources.refusing import Invalid
from sluice_proxy.routes.model.actions import Page
from sluice_proxy.routes.model.policies import ClientCertificate, TlsPolicy
from sluice_proxy.routes.model.route import Route
from sluice_proxy.snapshot.issuing import ChallengeType, KeyType

PASSWORD = "correct horse"


def read(kind: str, document: Any, name: str = "a") -> Read:
    return read_document(Kind(kind), name, document, FilesInMemory())


def wrong(kind: str, document: Any, name: str = "a") -> list[str]:
    with pytest.raises(Invalid) as invalid:
        read(kind, document, name)
    return [str(problem) for problem in invalid.value.problems]


def given(pair: Pair, **others: Any) -> dict[str, Any]:
    key = pair.key_pem().decode()
    return {"provider": "given", "chain": pair.chain.decode(), "key": key, **others}


def test_a_route_means_what_it_would_in_the_file() -> None:
    document = {"hosts": ["a.test", "*.b.test"], "targets": "http://10.0.0.1", "health": "/ok"}

    found = read("route", document, "shop")

    assert found.meaning == one_route(
        "{name: shop, hosts: [a.test, '*.b.test'], targets: 'http://10.0.0.1', health: /ok}"
    )
    assert found.document == document


def test_a_route_in_portals_words_is_called_by_its_id() -> None:
    found = read("route", {"portal": {"domain": "a.test", "page": "x"}}, "portal-1")

    assert isinstance(found.meaning, Route)
    assert found.meaning.name == "portal-1"


def test_a_name_beside_the_id_has_to_be_equal_and_is_not_kept() -> None:
    assert read("route", {"name": "a", "page": "x"}).document == {"page": "x"}
    assert wrong("route", {"name": "b", "page": "x"}) == [
        "route a, name: a route is called as its id: write 'a', or leave it out"
    ]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ([], "route a: write a mapping of names and values here"),
        ("x", "route a: write a mapping of names and values here"),
        (None, "route a: write a mapping of names and values here"),
        ({"page": "\ud800"}, "route a: this is no JSON: numbers are finite, and texts have whole"),
        ({"retry": {"budget": float("nan")}}, "route a: this is no JSON: numbers are finite"),
        ({"hots": "x"}, "route a, hots: there is no key 'hots': did you mean 'hosts'?"),
        ({"hosts": 7.5, "paths": "x"}, "route a, paths[0]: "),
        ({"targets": ["http://a", "ftp://b"]}, "route a, targets[1].url: 'ftp://b' is not a"),
        ({"targets": ["http://a", "http://a:80/"]}, "route a, targets[1]: http://a is here twice"),
        ({"tls": {"min_version": "1.1"}}, "route a, tls.min_version: this is not known: use '1.2'"),
        ({"tls": "automatic"}, "route a, tls.certificate: this is not known: use 'auto'"),
        ({"redirect": "/x", "page": "y"}, "route a: a redirect leaves targets and page without"),
        ({"a\nb": 1}, "route a, a\\nb: there is no key 'a\\nb': use "),
    ],
)
def test_what_is_wrong_with_a_route_is_told_by_field(document: Any, said: str) -> None:
    found = wrong("route", document)

    assert any(line.startswith(said) for line in found), found


def test_every_message_is_one_line_of_bounded_length() -> None:
    for line in wrong("route", {"k" * 100_000 + "\n": 1, "hosts": "\x00" * 100_000}):
        assert "\n" not in line
        assert len(line) < 2000


@pytest.mark.parametrize("name", ["", "a b", "ä", "a\n", "x" * 201])
def test_an_id_is_visible_ascii(name: str) -> None:
    for kind in ("route", "certificate", "page"):
        (line,) = wrong(kind, {"page": "x"}, name)
        assert "an id has 1 to 200 visible characters of ASCII" in line


def test_a_page_is_that_of_the_file() -> None:
    assert read("page", {"content": "<p>x"}, "502").meaning == Page(
        b"<p>x", "text/html; charset=utf-8", 502
    )
    assert read("page", {"content": "x", "status": 410}, "no_route").meaning == Page(
        b"x", "text/plain; charset=utf-8", 410
    )
    usual = read("page", {"content": "x"}, "no_healthy").meaning
    assert isinstance(usual, Page)
    assert usual.status == 503


@pytest.mark.parametrize("name", ["200", "5xx", "no-route"])
def test_a_page_that_there_is_not_is_refused(name: str) -> None:
    (line,) = wrong("page", {"content": "x"}, name)

    assert line.startswith(f"page {name}: there is no such page: use no_route, no_healthy, 400")


def test_a_given_certificate_is_kept_with_its_names() -> None:
    pair = leaf("a.test", "*.b.test")

    found = read("certificate", given(pair))

    assert isinstance(found.meaning, Given)
    assert found.meaning.hosts == ("a.test", "*.b.test")
    assert found.document == given(pair)
    assert found.leaf is not None
    assert found.leaf.names == ("a.test", "*.b.test")


def test_names_of_a_certificate_may_be_set() -> None:
    found = read("certificate", given(leaf("a.test"), hosts="c.test"))

    assert isinstance(found.meaning, Given)
    assert found.meaning.hosts == ("c.test",)


def test_of_an_encrypted_key_neither_password_nor_cipher_is_kept() -> None:
    pair = leaf("a.test")
    encrypted = pair.key_pem(PASSWORD.encode()).decode()

    found = read("certificate", given(pair) | {"key": encrypted, "password": PASSWORD})

    assert found.document == given(pair)
    assert found.meaning == read("certificate", given(pair)).meaning


def test_a_certificate_is_the_same_in_whatever_form_its_key_is_written() -> None:
    pair = leaf("a.test")
    other = pair.key.private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ).decode()

    assert (
        read("certificate", given(pair) | {"key": f"my key\n{other}\n"}).meaning
        == read("certificate", given(pair)).meaning
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": leaf("b.test").key_pem().decode()}, "key: this key is not that of the first"),
        ({"key": "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n"}, "key: this is no PEM private key"),
        ({"key": "/etc/ssl/key.pem"}, "key: this is no PEM private key"),
        ({"chain": "/etc/ssl/chain.pem"}, "chain: this has no PEM certificate"),
        ({"password": "secret"}, "key: this key is not encrypted, but it has a password"),
        (
            {"key": leaf("a.test").key_pem(b"x").decode(), "password": "secret"},
            "key: the password does not open this key",
        ),
        ({"key": leaf("a.test").key_pem(b"x").decode()}, "key: this key is encrypted: give its"),
        ({"hosts": "www.**"}, "hosts: www.** is no name of a certificate"),
        ({"key": 7.5}, "key: this is no PEM private key"),
        ({"key": ["secret"]}, "key: write a text here"),
        ({"key": None}, "key: write a text here"),
        ({"key": "secret" * 20_000}, "key: this is too long: write 65536 or fewer"),
        ({"secret": "secret"}, "secret: there is no key 'secret': use chain, hosts, key, password"),
    ],
)
def test_what_is_wrong_with_a_given_certificate_is_told_without_its_secrets(
    change: dict[str, Any], said: str
) -> None:
    (line,) = wrong("certificate", given(leaf("a.test")) | change)

    assert line.startswith(f"certificate a, {said}")
    assert "secret" not in line.removeprefix(f"certificate a, {said}")
    assert "c2VjcmV0" not in line


def test_a_chain_has_its_order() -> None:
    pair = leaf("a.test")
    chain = pair.chain.decode() + leaf("b.test").chain.decode()

    (line,) = wrong("certificate", given(pair) | {"chain": chain})

    assert line.startswith("certificate a, chain: certificate 2 of the chain did not issue")


def test_certificates_that_are_to_be_made_have_names() -> None:
    made = read("certificate", {"provider": "self_signed", "names": ["A.test", "10.0.0.1"]})
    assert made.meaning == SelfSigned(("a.test", "10.0.0.1"), 397)
    short = read("certificate", {"provider": "self_signed", "names": "a.test", "days": 9})
    assert short.meaning == SelfSigned(("a.test",), 9)
    issued = read("certificate", {"provider": "local_ca", "names": ["*.a.test"]})
    assert issued.meaning == OfLocalCa(("*.a.test",))
    assert made.leaf is None


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({}, "provider: write who makes the certificate: one of given, self_signed, local_ca"),
        ({"provider": ["given"]}, "provider: write who makes the certificate"),
        ({"provider": "acme2", "names": "a.test"}, "provider: write who makes the certificate"),
        ({"provider": "local_ca"}, "names: this is missing: write it"),
        ({"provider": "local_ca", "names": []}, "names: a certificate needs a name"),
        ({"provider": "local_ca", "names": ["a b"]}, "names: 'a b' is no name of a certificate"),
        ({"provider": "local_ca", "names": "*.test"}, "names: '*.test' is a wildcard that"),
        ({"provider": "local_ca", "names": "a.test", "days": 1}, "days: there is no key 'days'"),
        ({"provider": "self_signed", "names": "a.test", "days": 398}, "days: this is too large"),
        ({"provider": "self_signed", "names": "a.test", "days": 0}, "days: this is too small"),
    ],
)
def test_what_is_wrong_with_a_certificate_to_make_is_told(
    document: dict[str, Any], said: str
) -> None:
    (line,) = wrong("certificate", document)

    assert line.startswith(f"certificate a, {said}")


def test_files_are_read_by_whole_paths_and_only_what_everybody_may_read(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<p>hello")
    page.chmod(0o644)
    document = {"page": {"file": str(page)}}

    found = read_document(Kind.ROUTE, "a", document, WholePaths())
    assert isinstance(found.meaning, Route)
    assert found.meaning.page == Page(b"<p>hello", "text/html; charset=utf-8", 200)

    page.chmod(0o640)
    for written, said in (
        ("page.html", "route a, page.file: file 'page.html' does not begin with /"),
        (str(page), f"route a, page.file: file {page} is not for everybody to read"),
        (f"{page}x", f"route a, page.file: there is no file {page}x"),
    ):
        with pytest.raises(Invalid) as invalid:
            read_document(Kind.ROUTE, "a", {"page": {"file": written}}, WholePaths())
        assert str(invalid.value).startswith(said)


def test_authorities_of_clients_are_read_when_the_route_is(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_bytes(usual_authority().pem)
    ca.chmod(0o644)
    document = {"tls": {"client_certificate": "required", "client_ca": str(ca)}}

    found = read_document(Kind.ROUTE, "a", document, WholePaths()).meaning
    ca.write_text("nothing")

    assert isinstance(found, Route)
    text = usual_authority().pem.decode()
    assert found.tls == TlsPolicy("1.2", ClientCertificate.REQUIRED, str(ca), text)
    with pytest.raises(Invalid) as invalid:
        read_document(Kind.ROUTE, "a", document, WholePaths())
    said = f"route a, tls.client_ca: file {ca} has no authorities to use"
    assert str(invalid.value).startswith(said)


def test_files_of_targets_have_to_be_usable(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing")
    ca = str(tmp_path / "ca.pem")
    document = {"targets": ["http://a", {"url": "https://b", "tls": {"ca": ca}}]}

    with pytest.raises(Invalid) as invalid:
        read_document(Kind.ROUTE, "a", document, WholePaths())

    said = f"route a, targets[1].tls: file {ca} cannot be used"
    assert str(invalid.value).startswith(said)


def file_keys(schema: Any) -> set[str]:
    """Return the keys in a schema that take the name of a file."""
    if isinstance(schema, list):
        return set().union(*map(file_keys, schema))
    if not isinstance(schema, dict):
        return set()
    found = {
        key
        for key, value in schema.get("properties", {}).items()
        if '"format": "file"' in json.dumps(value)
    }
    return found.union(*map(file_keys, schema.values()))


def test_every_key_that_names_a_file_is_known_as_one() -> None:
    found = file_keys([RouteSection.model_json_schema(), PageSection.model_json_schema()])

    assert found == FILE_KEYS
    assert file_keys(SelfSignedSection.model_json_schema()) == set()
    assert file_keys(GivenSection.model_json_schema()) == set()


@pytest.mark.parametrize(
    ("kind", "document", "depends"),
    [
        (Kind.ROUTE, {"hosts": "a", "targets": [{"url": "http://a"}]}, False),
        (Kind.ROUTE, {"targets": [{"url": "https://a", "tls": {"ca": "/ca.pem"}}]}, True),
        (Kind.ROUTE, {"portal": {"page": {"file": "/x"}}}, True),
        (Kind.PAGE, {"file": "/x"}, True),
        (Kind.CERTIFICATE, {"provider": "given", "key": "x"}, False),
    ],
)
def test_documents_that_name_files_may_mean_something_else_later(
    kind: Kind, document: dict[str, Any], depends: bool
) -> None:
    assert depends_on_files(kind, document) is depends


def test_a_certificate_that_is_ordered_means_its_names_and_its_terms() -> None:
    terms = {"authority": "one", "challenge": "dns-01", "profile": "short", "key_type": "rsa2048"}
    document = {"provider": "acme", "names": ["A.test", "*.b.test"], **terms}

    assert read("certificate", document).meaning == Ordered(
        ("a.test", "*.b.test"), "one", ChallengeType.DNS_01, "short", KeyType.RSA_2048
    )
    least = read("certificate", {"provider": "acme", "names": "a.test"})
    assert least.meaning == Ordered(("a.test",))
    assert least.leaf is None


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"names": []}, "certificate a, names: a certificate needs a name"),
        ({"names": [f"a{number}.test" for number in range(101)]}, "names: 101 names for one"),
        ({"names": "*.a.test", "challenge": "http-01"}, "challenge: http-01 cannot show control"),
        ({"challenge": "tls-sni-01"}, "challenge: this is not known: use 'http-01'"),
        ({"key_type": "rsa1024"}, "key_type: this is not known: use 'p256'"),
        ({"days": 9}, "days: there is no key 'days'"),
        ({"authority": "x" * 65}, "authority: this is too long"),
    ],
)
def test_what_is_wrong_with_a_certificate_to_order_is_told(
    changed: dict[str, Any], said: str
) -> None:
    (message,) = wrong("certificate", {"provider": "acme", "names": "a.test", **changed})
    assert said in message
