# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The authority that does as tests tell it speaks ACME as others do, as certbot's library finds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import acme.errors
import acme.messages
import josepy
import pytest
import requests
from cryptography import x509
from running.ca.issuer import certificate_id
from running.ca.problem import Problem
from running.ca.records import Rules, Window
from running.ca.trouble import Half, Page, Refuse, Slow, failing, limited
from running.foreign_client import ForeignClient
from running.pebble import EAB_KEY
from running.scripted_ca import ScriptedCa
from running.upstream import Conversation, Upstream

SIX_DAYS = timedelta(hours=160)


@pytest.fixture
def ca(tmp_path: Path) -> Iterator[ScriptedCa]:
    with ScriptedCa(tmp_path / "ca", Rules(profiles={"shortlived": SIX_DAYS})) as one:
        yield one


@pytest.fixture
def client(ca: ScriptedCa) -> ForeignClient:
    return ForeignClient(ca.directory, ca.trust)


def refused(kind: str) -> Any:
    return pytest.raises(acme.messages.Error, match=kind)


def test_a_certificate_is_issued_and_everything_counted(
    ca: ScriptedCa, client: ForeignClient
) -> None:
    got = client.order("a.example", "b.example").leaf

    assert ca.issued == [got]
    assert (ca.orders_for("a.example"), ca.orders_for("c.example")) == (1, 0)
    assert ca.accounts == 1
    assert (ca.requests["newOrder"], ca.requests["finalize"], ca.requests["challenge"]) == (1, 1, 2)
    assert ca.requests["unknown"] == 0
    names = got.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["a.example", "b.example"]
    assert got.not_valid_after_utc - got.not_valid_before_utc == timedelta(days=90)


def test_chains_lead_to_different_roots(ca: ScriptedCa, client: ForeignClient) -> None:
    got = client.order("a.example")
    [other] = got.alternates

    for number, text in enumerate([got.chain, client.post(other).text]):
        chain = x509.load_pem_x509_certificates(text.encode())
        root = x509.load_pem_x509_certificate(ca.root(number))
        chain[0].verify_directly_issued_by(chain[1])
        chain[1].verify_directly_issued_by(root)


def test_a_profile_has_a_lifetime_of_its_own(ca: ScriptedCa, client: ForeignClient) -> None:
    got = client.order("a.example", profile="shortlived").leaf

    assert got.not_valid_after_utc - got.not_valid_before_utc == SIX_DAYS
    with refused("invalidProfile"):
        client.new_order(["a.example"], profile="unknown")


def test_its_clock_is_set_by_the_test(ca: ScriptedCa, client: ForeignClient) -> None:
    ca.rules.now = lambda: datetime(2030, 1, 1, tzinfo=UTC)
    ca.rules.lifetime = timedelta(seconds=10)

    got = client.order("a.example").leaf

    assert got.not_valid_before_utc == datetime(2030, 1, 1, tzinfo=UTC)
    assert got.not_valid_after_utc == datetime(2030, 1, 1, 0, 0, 10, tzinfo=UTC)


def test_it_says_when_to_renew(ca: ScriptedCa, client: ForeignClient) -> None:
    got = client.order("a.example")
    url = f"{client.directory['renewalInfo']}/{certificate_id(got.leaf)}"

    def told() -> requests.Response:
        return requests.get(url, verify=str(ca.trust), timeout=10)

    usual = told()
    assert usual.headers["Retry-After"] == "21600"
    assert set(usual.json()["suggestedWindow"]) == {"start", "end"}
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    ca.suggest(got.leaf, Window(moment, moment + timedelta(hours=1), "https://why.example/"))
    assert told().json() == {
        "suggestedWindow": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-01T01:00:00Z"},
        "explanationURL": "https://why.example/",
    }
    # certbot's own reading of it, which picks a moment in the window.
    renewal, _again = client.client.renewal_time(got.chain.encode())
    assert renewal is not None
    assert moment <= renewal.astimezone(UTC) <= moment + timedelta(hours=1)


def test_a_certificate_is_replaced_once(ca: ScriptedCa, client: ForeignClient) -> None:
    name = certificate_id(client.order("a.example").leaf)

    client.order("a.example", replaces=name)

    assert [order.replaces for order in ca.orders] == [None, name]
    with pytest.raises(acme.errors.ConflictError):
        client.new_order(["a.example"], replaces=name)
    with refused("malformed"):
        client.new_order(["a.example"], replaces="AAAA.BBBB")
    with refused("unauthorized"):
        ForeignClient(ca.directory, ca.trust).new_order(["a.example"], replaces=name)


def test_http_01_is_really_validated(ca: ScriptedCa, client: ForeignClient) -> None:
    answers: dict[str, str] = {}

    def script(conversation: Conversation) -> None:
        path = conversation.read_request().split(b" ")[1].decode()
        conversation.answer(answers.get(path, "nothing").encode())

    def prove(name: str, token: str, proof: str) -> None:
        answers[f"/.well-known/acme-challenge/{token}"] = proof

    with Upstream(script) as upstream:
        ca.rules.http_to = ("127.0.0.1", upstream.port)
        client.order("a.example", prove=prove)
        assert b"\r\nHost: a.example\r\n" in upstream.requests[-1]

        order = client.new_order(["b.example"])
        client.show_control(order.json(), "http-01", lambda *unused: None)

    told = client.post(order.headers["Location"]).json()
    assert told["status"] == "invalid"
    [challenge, *_others] = client.post(told["authorizations"][0]).json()["challenges"]
    assert challenge["error"]["type"] == "urn:ietf:params:acme:error:unauthorized"


def test_a_wildcard_is_for_dns_alone_and_an_address_for_anything_else(
    client: ForeignClient,
) -> None:
    def offered(kind: str, value: str) -> set[str]:
        order = client.post("newOrder", {"identifiers": [{"type": kind, "value": value}]}).json()
        authorization = client.post(order["authorizations"][0]).json()
        return {challenge["type"] for challenge in authorization["challenges"]}

    assert offered("dns", "*.a.example") == {"dns-01"}
    assert offered("ip", "127.0.0.1") == {"http-01", "tls-alpn-01"}


def test_a_validation_fails_when_it_is_to(ca: ScriptedCa, client: ForeignClient) -> None:
    ca.rules.refused["a.example"] = Problem("dns", "no such name")
    order = client.new_order(["a.example"]).json()

    client.show_control(order, "http-01", lambda *unused: None)

    authorization = client.post(order["authorizations"][0]).json()
    assert authorization["status"] == "invalid"
    assert authorization["challenges"][0]["error"]["detail"] == "no such name"


def test_a_name_that_is_blocked_is_a_subproblem(ca: ScriptedCa, client: ForeignClient) -> None:
    ca.rules.blocked["b.example"] = Problem("rejectedIdentifier", "not this one")

    with pytest.raises(acme.messages.Error) as caught:
        client.new_order(["a.example", "b.example"])

    [subproblem] = caught.value.subproblems
    assert subproblem.identifier.value == "b.example"
    assert ca.orders == []


def test_an_order_stays_as_it_is_told_to(ca: ScriptedCa, client: ForeignClient) -> None:
    ca.rules.stuck, ca.rules.poll_after = "pending", "7"
    order = client.new_order(["a.example"])
    authorization = client.post(order.json()["authorizations"][0]).json()
    client.post(authorization["challenges"][0]["url"], {})

    polled = client.post(order.headers["Location"])

    assert (polled.json()["status"], polled.headers["Retry-After"]) == ("pending", "7")


def test_an_order_is_not_issued_when_it_is_not_to(ca: ScriptedCa, client: ForeignClient) -> None:
    ca.rules.not_issued = Problem("caa", "a record forbids it", 403)

    with pytest.raises(KeyError, match="certificate"):
        client.order("a.example")
    assert [order.status for order in ca.orders] == ["invalid"]


def test_accounts_are_bound_where_it_wants_so(ca: ScriptedCa) -> None:
    ca.rules.external_accounts["kid-1"] = EAB_KEY

    with refused("externalAccountRequired"):
        ForeignClient(ca.directory, ca.trust)
    with refused("unauthorized"):
        ForeignClient(ca.directory, ca.trust, ("kid-2", EAB_KEY))
    with refused("unauthorized"):
        ForeignClient(ca.directory, ca.trust, ("kid-1", "d3Jvbmc"))
    ForeignClient(ca.directory, ca.trust, ("kid-1", EAB_KEY))


def test_a_certificate_is_revoked_once(ca: ScriptedCa, client: ForeignClient) -> None:
    got = client.order("a.example").leaf
    assert ca.revoked(got) is None

    client.client.revoke(got, 4)

    assert ca.revoked(got) == 4
    with refused("alreadyRevoked"):
        client.client.revoke(got, 4)


@pytest.mark.parametrize("retry_after", ["120", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_trouble_is_met_as_often_as_it_is_scripted(
    ca: ScriptedCa, client: ForeignClient, retry_after: str
) -> None:
    ca.once("newOrder", limited(retry_after), failing(503), Refuse(Problem("malformed", "no")))
    answers: list[requests.Response] = []
    client.network.session.hooks["response"].append(lambda one, **unused: answers.append(one))

    for kind in ("rateLimited", "serverInternal", "malformed"):
        with refused(kind):
            client.new_order(["a.example"])
    client.order("a.example")

    troubles = [one for one in answers if one.status_code >= 400]
    assert [one.status_code for one in troubles] == [429, 503, 400]
    assert troubles[0].headers["Retry-After"] == retry_after

    assert ca.requests["newOrder"] == 4
    assert ca.orders_for("a.example") == 1


def test_answers_of_others_are_late_or_cut_when_they_are_to(ca: ScriptedCa) -> None:
    def fetch(patience: float = 10) -> requests.Response:
        return requests.get(ca.directory, verify=str(ca.trust), timeout=patience)

    ca.once("directory", Page(502, "5"), Slow(30), Half())
    page = fetch()
    assert (page.status_code, page.headers["Retry-After"]) == (502, "5")
    assert page.headers["Content-Type"].startswith("text/html")
    with pytest.raises(requests.Timeout):
        fetch(0.2)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        fetch()
    assert "newOrder" in fetch().json()
    ca.always("directory", Page())
    assert [fetch().status_code for _unused in range(2)] == [502, 502]
    ca.always("directory", None)
    assert fetch().status_code == 200


def test_one_that_is_stopped_knows_everything_when_it_comes_back(
    ca: ScriptedCa, client: ForeignClient
) -> None:
    got = client.order("a.example").leaf
    ca.stop()
    with pytest.raises(requests.ConnectionError):
        requests.get(ca.directory, verify=str(ca.trust), timeout=10)

    ca.start()

    assert client.order("a.example").leaf != got
    assert ca.accounts == 1


class Signing:
    """Makes requests that are wrong in one thing."""

    def __init__(self, ca: ScriptedCa, client: ForeignClient) -> None:
        self._ca, self._client = ca, client
        self.url = client.directory["newOrder"]

    def nonce(self) -> str:
        answer = requests.head(
            self._client.directory["newNonce"], verify=str(self._ca.trust), timeout=10
        )
        return answer.headers["Replay-Nonce"]

    def request(self, *, more: dict[str, Any] | None = None, **protected: Any) -> dict[str, Any]:
        header = {
            "alg": "RS256",
            "nonce": self.nonce(),
            "url": self.url,
            "kid": self._client.account.uri,
            **protected,
        }
        header = {name: value for name, value in header.items() if value is not None}
        first = josepy.encode_b64jose(json.dumps(header).encode())
        payload = josepy.encode_b64jose(
            json.dumps({"identifiers": [{"type": "dns", "value": "a.example"}]}).encode()
        )
        signature = josepy.RS256.sign(self._client.key.key, f"{first}.{payload}".encode())
        return {
            "protected": first,
            "payload": payload,
            "signature": josepy.encode_b64jose(signature),
            **(more or {}),
        }

    def sent(self, request: dict[str, Any], kind: str = "application/jose+json") -> tuple[int, str]:
        """Return the status and the type of the problem."""
        answer = requests.post(
            self.url,
            json.dumps(request),
            headers={"Content-Type": kind},
            verify=str(self._ca.trust),
            timeout=10,
        )
        assert "Replay-Nonce" in answer.headers
        return answer.status_code, answer.json().get("type", "").rpartition(":")[2]


def test_only_what_is_signed_rightly_is_done(ca: ScriptedCa, client: ForeignClient) -> None:
    one = Signing(ca, client)
    used = one.request()
    assert one.sent(used) == (201, "")

    assert one.sent(used) == (400, "badNonce")
    assert one.sent(one.request(nonce="invented")) == (400, "badNonce")
    assert one.sent(one.request(nonce=None)) == (400, "badNonce")
    assert one.sent(one.request(), "application/json") == (415, "malformed")
    assert one.sent(one.request(url="https://elsewhere.example/")) == (403, "unauthorized")
    assert one.sent(one.request(alg="none")) == (400, "badSignatureAlgorithm")
    assert one.sent(one.request(alg="HS256")) == (400, "badSignatureAlgorithm")
    assert one.sent(one.request(kid=f"{client.account.uri}9")) == (400, "accountDoesNotExist")
    jwk = client.key.public_key().to_json()
    assert one.sent(one.request(jwk=jwk)) == (400, "malformed")
    assert one.sent(one.request(jwk=jwk, kid=None)) == (400, "malformed")
    assert one.sent(one.request(more={"header": {}})) == (400, "malformed")
    assert one.sent(one.request(more={"signature": "AAAA"})) == (400, "malformed")
    assert one.sent(one.request(more={"payload": "e30="})) == (400, "malformed")
    assert len(ca.orders) == 1


def test_nothing_is_told_to_who_does_not_sign(ca: ScriptedCa, client: ForeignClient) -> None:
    url = client.new_order(["a.example"]).headers["Location"]

    answer = requests.get(url, verify=str(ca.trust), timeout=10)

    assert answer.status_code == 405
    assert answer.headers["Content-Type"].startswith("application/problem+json")
