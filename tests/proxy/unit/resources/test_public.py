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
