# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What authorities answer, read as the RFCs print it and as nobody should send it."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.acme.messages import reading
from sluice_proxy.acme.messages.fields import Fields, Malformed
from sluice_proxy.acme.messages.identifier import Identifier
from sluice_proxy.acme.messages.model import Status

BASE = "https://example.com/acme"
DIRECTORY = {
    "newNonce": f"{BASE}/new-nonce",
    "newAccount": f"{BASE}/new-account",
    "newOrder": f"{BASE}/new-order",
    "newAuthz": f"{BASE}/new-authz",
    "revokeCert": f"{BASE}/revoke-cert",
    "keyChange": f"{BASE}/key-change",
    "meta": {
        "termsOfService": f"{BASE}/terms/2017-5-30",
        "website": "https://www.example.com/",
        "caaIdentities": ["example.com"],
        "externalAccountRequired": False,
    },
}
ORDER = {
    "status": "valid",
    "expires": "2016-01-20T14:09:07.99Z",
    "identifiers": [
        {"type": "dns", "value": "www.example.org"},
        {"type": "dns", "value": "example.org"},
    ],
    "notBefore": "2016-01-01T00:00:00Z",
    "authorizations": [f"{BASE}/authz/PAniVnsZcis", f"{BASE}/authz/r4HqLzrSrpI"],
    "finalize": f"{BASE}/order/TOlocE8rfgo/finalize",
    "certificate": f"{BASE}/cert/mAt3xBGaobw",
}
AUTHORIZATION = {
    "status": "valid",
    "expires": "2015-03-01T14:09:07.99Z",
    "identifier": {"type": "dns", "value": "www.example.org"},
    "challenges": [
        {
            "url": f"{BASE}/chall/prV_B7yEyA4",
            "type": "http-01",
            "status": "valid",
            "token": "DGyRejmCefe7v4NfDGDKfA",
            "validated": "2014-12-01T12:05:58.16Z",
        }
    ],
    "wildcard": False,
}
RENEWAL = {
    "suggestedWindow": {"start": "2025-01-02T04:00:00Z", "end": "2025-01-03T04:00:00Z"},
    "explanationURL": "https://acme.example.com/docs/ari",
}
READERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "directory": (reading.directory_of, DIRECTORY),
    "account": (lambda fields: reading.account_of(fields, BASE), {"status": "valid"}),
    "order": (lambda fields: reading.order_of(fields, BASE), ORDER),
    "authorization": (lambda fields: reading.authorization_of(fields, BASE), AUTHORIZATION),
    "renewal info": (reading.renewal_info_of, RENEWAL),
}


def fields(document: Any) -> Fields:
    return Fields.read(json.dumps(document).encode())


def test_the_directory_of_rfc_8555() -> None:
    directory = reading.directory_of(fields(DIRECTORY))

    assert directory.new_nonce == f"{BASE}/new-nonce"
    assert directory.revoke_certificate == f"{BASE}/revoke-cert"
    assert directory.key_change == f"{BASE}/key-change"
    assert directory.terms_of_service == f"{BASE}/terms/2017-5-30"
    assert directory.external_account_required is False
    assert directory.renewal_info is None
    assert directory.profiles is None


def test_a_directory_with_all_that_came_later() -> None:
    meta = {"externalAccountRequired": True, "profiles": {"shortlived": "6 days", "odd": 1}}
    more = {**DIRECTORY, "renewalInfo": f"{BASE}/ari", "meta": meta}
    directory = reading.directory_of(fields(more))

    assert directory.renewal_info == f"{BASE}/ari"
    assert directory.external_account_required
    assert directory.profiles == {"shortlived": "6 days", "odd": ""}


def test_a_directory_may_say_nothing_about_itself() -> None:
    least = {name: DIRECTORY[name] for name in ("newNonce", "newAccount", "newOrder")}
    directory = reading.directory_of(fields(least))

    assert (directory.revoke_certificate, directory.key_change) == (None, None)
    assert directory.terms_of_service is None


def test_the_order_of_rfc_8555() -> None:
    order = reading.order_of(fields(ORDER), f"{BASE}/order/1", 3.0)

    assert order.url == f"{BASE}/order/1"
    assert order.status is Status.VALID
    assert order.identifiers == (
        Identifier("dns", "www.example.org"),
        Identifier("dns", "example.org"),
    )
    assert order.authorizations[1] == f"{BASE}/authz/r4HqLzrSrpI"
    assert order.finalize == f"{BASE}/order/TOlocE8rfgo/finalize"
    assert order.certificate == f"{BASE}/cert/mAt3xBGaobw"
    assert order.expires == datetime(2016, 1, 20, 14, 9, 7, 990_000, UTC)
    assert order.retry_after == 3.0


def test_the_authorization_of_rfc_8555() -> None:
    one = reading.authorization_of(fields(AUTHORIZATION), f"{BASE}/authz/1")

    assert one.identifier == Identifier("dns", "www.example.org")
    assert one.status is Status.VALID
    [challenge] = one.challenges
    assert (challenge.type, challenge.token) == ("http-01", "DGyRejmCefe7v4NfDGDKfA")
    assert challenge.url == f"{BASE}/chall/prV_B7yEyA4"
    assert challenge.status is Status.VALID
    assert not one.wildcard


def test_the_renewal_info_of_rfc_9773() -> None:
    info = reading.renewal_info_of(fields(RENEWAL), 21600.0)

    assert info.start == datetime(2025, 1, 2, 4, tzinfo=UTC)
    assert info.end == datetime(2025, 1, 3, 4, tzinfo=UTC)
    assert info.explanation_url == "https://acme.example.com/docs/ari"
    assert info.retry_after == 21600.0


def test_a_window_that_ends_before_it_starts_is_none() -> None:
    # RFC 9773, section 4.2: such an answer counts as no answer.
    window = {"start": "2025-01-02T04:00:00Z", "end": "2025-01-02T04:00:00Z"}

    with pytest.raises(Malformed, match="ends before it starts"):
        reading.renewal_info_of(fields({"suggestedWindow": window}))


@pytest.mark.parametrize("token", ["", "../../etc/passwd", "a b", "é", "a" * 257, "a/b", "a.b"])
def test_a_token_that_is_missing_or_could_be_a_path_is_refused(token: str) -> None:
    challenge = {**AUTHORIZATION["challenges"][0], "token": token}  # type: ignore[index]

    with pytest.raises(Malformed, match="token"):
        reading.challenge_of(fields(challenge))


def test_challenges_of_other_types_may_have_no_token() -> None:
    one = {"type": "device-attest-02", "url": f"{BASE}/c", "status": "pending"}

    assert reading.challenge_of(fields(one)).token == ""


@pytest.mark.parametrize(
    ("reader", "change", "said"),
    [
        ("directory", {"newOrder": None}, "newOrder is missing"),
        ("directory", {"newOrder": "ftp://example.com"}, "newOrder is no URL"),
        ("directory", {"newNonce": "https://example.com/\n"}, "newNonce is no URL"),
        ("directory", {"meta": []}, "meta is no object"),
        ("account", {"status": "odd"}, "status is none of the RFC's"),
        ("order", {"status": 1}, "status is not a string"),
        ("order", {"authorizations": [1]}, "authorizations is no URL"),
        ("order", {"authorizations": "x"}, "authorizations is not a list"),
        ("order", {"identifiers": [{"type": "dns"}]}, r"identifiers\[0\].value is missing"),
        ("order", {"expires": "2016-01-20"}, "expires is no date and time"),
        ("authorization", {"identifier": None}, "identifier is no object"),
        ("authorization", {"challenges": [1]}, r"challenges\[0\] is no object"),
        ("renewal info", {"suggestedWindow": {"start": "soon"}}, r"start is no date and time"),
    ],
)
def test_what_is_wrong_is_said_by_its_member(
    reader: str, change: dict[str, Any], said: str
) -> None:
    read, right = READERS[reader]

    with pytest.raises(Malformed, match=said):
        read(fields({**right, **change}))


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"null", b'"text"', b"\xff\xfe", b"[" * 100_000, b"1" * 10_000],
    ids=["empty", "html", "list", "null", "text", "bytes", "deep", "number"],
)
def test_what_is_no_object_of_json_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        Fields.read(content)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize("reader", READERS)
@given(data=st.data())
def test_any_member_may_be_anything_and_is_read_or_refused(
    reader: str, data: st.DataObject
) -> None:
    read, right = READERS[reader]
    name = data.draw(st.sampled_from(sorted(right)))
    changed = {**right, name: data.draw(anything)}

    with suppress(Malformed):
        assert read(fields(changed)) is not None


@given(st.binary(max_size=200))
def test_any_bytes_are_an_object_or_refused(content: bytes) -> None:
    with suppress(Malformed):
        assert isinstance(dict(Fields.read(content).items()), dict)
