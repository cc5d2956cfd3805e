# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``issuing.acme``, ``issuing.on_demand`` and ``fleet``: what they stand for, and what is wrong."""

from __future__ import annotations

import pytest
from samples.config import snapshot
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.snapshot.fleet import Redis
from sluice_proxy.snapshot.issuing import (
    Acme,
    CertificateAuthority,
    ChallengeType,
    DnsHook,
    DnsUpdate,
    ExternalAccount,
    Issuing,
    KeyType,
    OnDemand,
    Provider,
)

CA = "{name: ca, directory: https://ca.test/dir}"


def acme(text: str) -> Acme:
    found = snapshot(f"issuing: {{provider: acme, acme: {text}}}").issuing.acme
    assert found is not None
    return found


def said(text: str) -> str:
    with pytest.raises(InvalidConfig) as caught:
        snapshot(text)
    return str(caught.value)


def test_an_authority_has_all_that_an_account_needs() -> None:
    found = snapshot("""
        issuing:
          provider: acme
          acme:
            authorities:
              - name: first
                directory: https://ca.test/dir
                contact: [ops@example.com, "mailto:more@example.com"]
                terms_agreed: true
                external_account: {key_id: kid, key_file: /etc/eab.key}
                profile: shortlived
                preferred_chain: Root X
                trust_file: /etc/ca.pem
                staging: true
                most_orders: 5
                order_window: 1h
              - {name: second, directory: "https://other.test:14000/dir"}
        """).issuing.acme
    assert found is not None
    assert found.authorities == (
        CertificateAuthority(
            name="first",
            directory="https://ca.test/dir",
            contact=("mailto:ops@example.com", "mailto:more@example.com"),
            terms_agreed=True,
            external_account=ExternalAccount("kid", "/etc/eab.key"),
            profile="shortlived",
            preferred_chain="Root X",
            trust_file="/etc/ca.pem",
            staging=True,
            most_orders=5,
            order_window=3600.0,
        ),
        CertificateAuthority("second", "https://other.test:14000/dir"),
    )


def test_an_authority_alone_is_enough_and_the_rest_is_usual() -> None:
    found = acme(f"{{authorities: {CA}}}")

    usual = Acme((CertificateAuthority("ca", "https://ca.test/dir"),))
    assert found.renew_after == pytest.approx(usual.renew_after, abs=0.001)
    assert found.challenges == usual.challenges
    assert (found.key_type, found.dns, found.propagation) == (KeyType.P256, None, 60.0)


def test_challenges_keys_and_moments_are_as_written() -> None:
    found = acme(
        f"{{authorities: {CA}, challenges: [dns-01, http-01], key_type: rsa3072, dns: {{hook: /h}},"
        " propagation: 0, renew_after: 0.5}"
    )
    assert found.challenges == (ChallengeType.DNS_01, ChallengeType.HTTP_01)
    assert found.key_type is KeyType.RSA_3072
    assert (found.propagation, found.renew_after) == (0.0, 0.5)


def test_records_are_set_by_updates_or_by_a_program() -> None:
    update = (
        "{update: {server: ns.test, port: 5353, key_name: k, key_file: /etc/k, zone: a.test,"
        " algorithm: hmac-sha512, ttl: 5}}"
    )
    assert acme(f"{{authorities: {CA}, dns: {update}}}").dns == DnsUpdate(
        "ns.test", 5353, "k", "/etc/k", "hmac-sha512", "a.test", 5
    )
    hook = "{hook: {program: /usr/bin/hook, timeout: 9s}}"
    assert acme(f"{{authorities: {CA}, dns: {hook}}}").dns == DnsHook("/usr/bin/hook", 9.0)


def test_names_get_certificates_on_demand_as_written() -> None:
    text = (
        "{names: [a.test, .b.test], ask: 'http://127.0.0.1:9/ask?x=1', ask_timeout: 2s, wait: 9s,"
        " most: 7}"
    )
    found = snapshot(
        f"issuing: {{provider: acme, acme: {{authorities: {CA}}}, on_demand: {text}}}"
    ).issuing.on_demand
    names = tuple(map(parse_host_pattern, ("a.test", ".b.test")))
    assert found == OnDemand(names, "http://127.0.0.1:9/ask?x=1", 2.0, 9.0, 7)


@pytest.mark.parametrize(
    ("text", "found"), [("true", OnDemand()), ("{}", OnDemand()), ("off", None), ("", None)]
)
def test_on_demand_may_be_a_word(text: str, found: OnDemand | None) -> None:
    text = f"issuing: {{provider: acme, acme: {{authorities: {CA}}}, on_demand: {text}}}"
    assert snapshot(text).issuing.on_demand == found


def test_with_the_local_ca_nothing_of_acme_is_used() -> None:
    text = f"issuing: {{provider: local_ca, acme: {{authorities: {CA}}}, on_demand: true}}"
    assert snapshot(text).issuing == Issuing(Provider.LOCAL_CA)


def test_a_fleet_has_a_redis_server() -> None:
    text = (
        "{address: redis.test:6379, database: 2, username: u, password_file: /p, tls: true,"
        " trust_file: /t, prefix: edge, secret_file: /s}"
    )
    expected = Redis("redis.test:6379", 2, "u", "/p", True, "/t", "edge", "/s")
    assert snapshot(f"fleet: {text}").fleet == expected
    assert snapshot("fleet: unix:/run/redis.sock").fleet == Redis("/run/redis.sock")
    assert snapshot("fleet: '[::1]:6379'").fleet == Redis("[::1]:6379")
    assert snapshot("").fleet is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("issuing: acme", "issuing: provider acme needs acme: write whom to ask"),
        ("{authorities: []}", "authorities: this is too short: write 1 or more"),
        (f"{{authorities: [{CA}, {CA}]}}", "two authorities are called 'ca'"),
        (f"{{authorities: {CA}, challenges: dns-01}}", "dns-01 needs dns: say who sets"),
        (f"{{authorities: {CA}, challenges: [http-01, http-01]}}", "has one of them twice"),
        (f"{{authorities: {CA}, challenges: tls-sni-01}}", "this is not known: use 'http-01'"),
        (f"{{authorities: {CA}, key_type: rsa1024}}", "this is not known: use 'p256'"),
        (f"{{authorities: {CA}, renew_after: 1}}", "this is too large: use 0.95 or less"),
        (f"{{authorities: {CA}, dns: {{}}}}", "write update or hook, and not both"),
        (f"{{authorities: {CA}, dns: {{hook: hook.sh}}}}", "write the file's whole path"),
        (
            f"{{authorities: {CA}, dns: {{update: {{server: a, key_name: k}}}}}}",
            "key_name and key_file need each other",
        ),
        ("{authorities: {name: a b, directory: https://a}}", "'a b' is no name: use letters"),
        ("{authorities: {name: a, directory: http://a}}", "write the URL of the directory"),
        (
            "{authorities: {name: a, directory: https://a, contact: me}}",
            "'me' is no contact: write it like mailto:",
        ),
    ],
)
def test_what_cannot_be_is_told(text: str, message: str) -> None:
    whole = text if text.startswith("issuing") else f"issuing: {{provider: acme, acme: {text}}}"
    assert message in said(whole)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("issuing: {on_demand: {names: '*'}}", "* has no end: write a name"),
        ("issuing: {on_demand: {ask: 'ftp://a'}}", "write a URL without a user"),
        ("issuing: {on_demand: {ask: 'http://u:p@a/'}}", "write a URL without a user"),
        ("fleet: redis.test", "'redis.test' has no port"),
        ("fleet: {address: 'a:1', trust_file: /t}", "trust_file has no use without TLS"),
        ("fleet: {address: 'a:1', prefix: ''}", "a prefix has 1 to 64 visible characters"),
    ],
)
def test_what_cannot_be_on_demand_or_in_a_fleet_is_told(text: str, message: str) -> None:
    assert message in said(text)


def test_no_message_repeats_a_user_and_password_of_a_url() -> None:
    assert "hunter2" not in said("issuing: {on_demand: {ask: 'http://u:hunter2@a/'}}")
