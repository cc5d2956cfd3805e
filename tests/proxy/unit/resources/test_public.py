# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resources as others see them: JSON without secrets."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from samples.certificates import leaf
from samples.resources import CERTIFICATE, ROUTE, Running, certificate, route
from sluice_proxy.resources.model import Declare
from sluice_proxy.resources.public import public

PAIR = leaf("a.test", "10.0.0.1")
NOT_AFTER = PAIR.certificate.not_valid_after_utc.timestamp()


def given(**others: Any) -> dict[str, Any]:
    key = PAIR.key_pem(b"secret").decode()
    chain = PAIR.chain.decode()
    return {"provider": "given", "chain": chain, "key": key, "password": "secret", **others}


def key_fingerprint() -> str:
    key = PAIR.key.public_key()
    return hashlib.sha256(
        key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).hexdigest()


def test_a_route_is_its_document_with_who_declared_it() -> None:
    proxy = Running()
    proxy.change(route("a", owner="me", hosts="a.test", page="x"))

    assert public(proxy.edition.declared.of_kind[ROUTE]["a"], 0.0) == {
        "kind": "route",
        "id": "a",
        "origin": "api",
        "owner": "me",
        "version": 1,
        "document": {"hosts": "a.test", "page": "x"},
    }


def test_a_certificate_tells_of_its_leaf_and_not_its_key() -> None:
    proxy = Running()
    proxy.change(certificate("a", **given()))

    shown = public(proxy.edition.declared.of_kind[CERTIFICATE]["a"], NOT_AFTER - 1.5 * 86_400)

    assert shown["document"] == {
        "provider": "given",
        "chain": PAIR.chain.decode(),
        "key_fingerprint": key_fingerprint(),
    }
    assert shown["certificate"] == {
        "provider": "given",
        "names": ["a.test", "10.0.0.1"],
        "fingerprint": hashlib.sha256(PAIR.certificate.public_bytes(Encoding.DER)).hexdigest(),
        "not_before": PAIR.certificate.not_valid_before_utc.timestamp(),
        "not_after": NOT_AFTER,
        "days_left": 1.5,
        "issuer": "CN=Test Authority",
        "serial": f"{PAIR.certificate.serial_number:x}",
    }


def test_a_certificate_that_was_not_made_yet_has_no_leaf() -> None:
    proxy = Running()
    proxy.change(certificate("a", provider="local_ca", names="a.test"))

    shown = public(proxy.edition.declared.of_kind[CERTIFICATE]["a"], 0.0)

    assert shown["certificate"] is None
    assert shown["document"] == {"provider": "local_ca", "names": "a.test"}


@pytest.mark.parametrize("form", ["repr", "json"])
def test_no_form_of_a_resource_has_its_key(form: str) -> None:
    key = PAIR.key_pem().decode()
    chain = PAIR.chain.decode()
    text = json.dumps({"certificates": [{"chain": chain, "key": key}]})
    proxy = Running(text)
    planned = proxy.plan(certificate("a", **given()))
    proxy.change(certificate("a", **given()))
    secret = key.splitlines()[1]

    for resource in proxy.edition.declared.of_kind[CERTIFICATE].values():
        shown = json.dumps(public(resource, 0.0)) if form == "json" else repr(resource)
        assert secret not in shown
    assert secret not in repr((proxy.edition, planned, planned.outcome))


STICKY = {"method": "random_of_two", "sticky": {"secret": "0123456789abcdef", "name": "c"}}


def test_the_secret_of_cookies_is_not_shown() -> None:
    proxy = Running()
    proxy.change(route("a", targets="http://a", balancing=STICKY))

    shown = public(proxy.edition.declared.of_kind[ROUTE]["a"], 0.0)["document"]

    fingerprint = hashlib.sha256(b"0123456789abcdef").hexdigest()[:16]
    assert shown["balancing"] == {
        "method": "random_of_two",
        "sticky": {"name": "c", "secret_fingerprint": fingerprint},
    }


def test_what_is_shown_can_be_declared_again_and_is_the_same() -> None:
    proxy = Running()
    declared = (
        route("a", targets="http://a", balancing=STICKY),
        route("b", hosts="b.test", targets="http://b", balancing="random_of_two"),
        certificate("a", **given()),
        certificate("b", provider="self_signed", names="b.test"),
    )
    proxy.change(*declared)

    again = [
        Declare(each.kind, each.id, public(shown, 0.0)["document"])
        for each in declared
        for shown in [proxy.edition.declared.of_kind[each.kind][each.id]]
    ]

    assert proxy.change(*again).operations == ()


def test_the_rest_can_change_while_a_fingerprint_stands_for_a_secret() -> None:
    proxy = Running()
    proxy.change(certificate("a", **given()), route("a", targets="http://a", balancing=STICKY))
    shown = public(proxy.edition.declared.of_kind[ROUTE]["a"], 0.0)["document"]

    proxy.change(
        certificate("a", **without_key(), key_fingerprint=key_fingerprint(), hosts="b.test"),
        route("a", **{**shown, "targets": "http://b"}),
    )

    (found,) = proxy.snapshot.certificates
    assert found.hosts == ("b.test",)
    assert found.key.text == PAIR.key_pem()
    assert proxy.snapshot.routes[0].balancing.sticky is not None
    assert proxy.snapshot.routes[0].balancing.sticky.secret == b"0123456789abcdef"
    assert proxy.restarted().snapshot == proxy.snapshot


def test_a_fingerprint_of_what_is_not_here_is_refused() -> None:
    proxy = Running()
    unknown = certificate("a", **without_key(), key_fingerprint="f" * 64)
    sticky = {"sticky": {"secret_fingerprint": "f" * 16}}

    assert proxy.refused(unknown, route("a", targets="http://a", balancing=sticky)) == (
        "Invalid",
        "certificate a, key_fingerprint: no key is here that it stands for: write the key",
        "route a, balancing.sticky.secret_fingerprint: no secret is here that it stands for:"
        " write the secret",
    )
    proxy.change(certificate("a", **given()), route("a", targets="http://a", balancing=STICKY))
    (_error, key, secret) = proxy.refused(unknown, route("a", targets="http://a", balancing=sticky))
    assert "has another fingerprint" in key
    assert "no secret is here" in secret


def without_key() -> dict[str, Any]:
    return {"provider": "given", "chain": PAIR.chain.decode()}
