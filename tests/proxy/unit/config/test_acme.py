# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are ordered: what the file says about it, and what is wrong with that."""

from __future__ import annotations

from pathlib import Path

import pytest
from samples.config import complaints, snapshot
from sluice_proxy.config.issuing_consistency import issuing_warnings
from sluice_proxy.config.loading import load
from sluice_proxy.config.problems import InvalidConfig
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
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

LETSENCRYPT = CertificateAuthority(
    "letsencrypt", "https://acme-v02.api.letsencrypt.org/directory", terms_agreed=True
)
AGREED = "authorities: letsencrypt, terms_agreed: true"


def acme(text: str) -> Acme:
    """Return what a section ``acme`` stands for where it has an effect."""
    found = snapshot(f"store: /s.db\nissuing: {{provider: acme, acme: {{{text}}}}}").issuing.acme
    assert found is not None
    return found


def test_a_known_authority_may_stand_alone() -> None:
    found = snapshot(f"store: /s.db\nissuing: {{provider: acme, acme: {{{AGREED}}}}}")

    assert found.issuing == Issuing(Provider.ACME, acme=Acme((LETSENCRYPT,)))


def test_authorities() -> None:
    found = snapshot("""
        store: /s.db
        issuing:
          provider: acme
          acme:
            authorities:
              - directory: https://acme.example.com:14000/dir?tenant=1
                name: main
                contact: [ops@example.com, "mailto:night+shift@example.com"]
                terms_agreed: true
                external_account: {key_id: kid-1, key_file: /etc/sluice/mac}
                profile: shortlived
                preferred_chain: Example Root X1
                trust_file: /etc/sluice/ca.pem
                staging: true
                orders: 300/7d
        """).issuing.acme
    assert found is not None
    assert found.authorities == (
        CertificateAuthority(
            name="main",
            directory="https://acme.example.com:14000/dir?tenant=1",
            contact=("mailto:ops@example.com", "mailto:night+shift@example.com"),
            terms_agreed=True,
            external_account=ExternalAccount("kid-1", "/etc/sluice/mac"),
            profile="shortlived",
            preferred_chain="Example Root X1",
            trust_file="/etc/sluice/ca.pem",
            staging=True,
            most_orders=300,
            order_window=604_800.0,
        ),
    )


def test_authorities_are_called_by_their_name_that_is_known_or_by_their_host() -> None:
    found = acme(
        "terms_agreed: true,"
        "authorities: [letsencrypt, letsencrypt-staging, https://acme.example.com/directory]"
    )
    assert [each.name for each in found.authorities] == [
        "letsencrypt",
        "letsencrypt-staging",
        "acme.example.com",
    ]
    assert [each.staging for each in found.authorities] == [False, True, False]


def test_what_is_set_for_all_authorities_is_what_they_do_not_have() -> None:
    found = acme(
        "terms_agreed: true, contact: all@example.com, authorities: [letsencrypt,"
        "{directory: 'https://b.test/', contact: b@example.com}]"
    )
    assert [each.contact for each in found.authorities] == [
        ("mailto:all@example.com",),
        ("mailto:b@example.com",),
    ]
    assert all(each.terms_agreed for each in found.authorities)


def test_how_certificates_are_ordered() -> None:
    found = acme(
        AGREED + ", challenges: [tls-alpn-01, http-01], key_type: rsa3072, propagation: 5m,"
        "renew_after: 0.5"
    )
    assert found == Acme(
        authorities=(LETSENCRYPT,),
        challenges=(ChallengeType.TLS_ALPN_01, ChallengeType.HTTP_01),
        key_type=KeyType.RSA_3072,
        propagation=300.0,
        renew_after=0.5,
    )


def test_dns_by_updates() -> None:
    found = acme(
        AGREED + ", dns: {update: {server: 2001:db8::53, port: 5353, key_name: Edge.Key.,"
        "key_file: /etc/sluice/tsig, algorithm: hmac-sha512, zone: _acme-challenge.example.com,"
        "ttl: 2m}}"
    )
    assert found.dns == DnsUpdate(
        server="2001:db8::53",
        port=5353,
        key_name="edge.key",
        key_file="/etc/sluice/tsig",
        algorithm="hmac-sha512",
        zone="_acme-challenge.example.com",
        ttl=120,
    )


@pytest.mark.parametrize("text", ["{program: /opt/dns, timeout: 9s}", "/opt/dns"])
def test_dns_by_a_program(text: str) -> None:
    found = acme(f"{AGREED}, dns: {{hook: {text}}}").dns

    assert found == DnsHook("/opt/dns", 9.0 if "9s" in text else 120.0)


def test_dns_is_the_last_resort_where_nothing_else_is_said() -> None:
    assert acme(AGREED).challenges == (ChallengeType.HTTP_01, ChallengeType.TLS_ALPN_01)
    assert acme(AGREED + ", dns: {hook: /opt/dns}").challenges == (
        ChallengeType.HTTP_01,
        ChallengeType.TLS_ALPN_01,
        ChallengeType.DNS_01,
    )


def test_certificates_on_demand() -> None:
    found = snapshot("""
        issuing:
          provider: local_ca
          on_demand:
            names: [a.test, .b.test]
            ask: http://127.0.0.1:9000/may?key=1
            ask_timeout: 2s
            wait: 1m
            most: 9
        """).issuing
    names = map(parse_host_pattern, ("a.test", ".b.test"))
    expected = OnDemand(tuple(names), "http://127.0.0.1:9000/may?key=1", 2.0, 60.0, 9)
    assert found == Issuing(Provider.LOCAL_CA, on_demand=expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("true", OnDemand()), ("{}", OnDemand()), ("off", None), ("", None), ("none", None)],
)
def test_certificates_on_demand_may_be_had_by_one_word(
    text: str, expected: OnDemand | None
) -> None:
    found = snapshot(f"issuing:\n  provider: local_ca\n  on_demand: {text}").issuing

    assert found.on_demand == expected


def test_what_is_ordered_may_be_kept_by_a_fleet_alone() -> None:
    found = snapshot("fleet: {redis: 'a:1'}\n" + in_acme(AGREED, ""))

    assert (found.store, found.issuing.provider) == (None, Provider.ACME)


WHOLE = """
store: /var/lib/edge.db
issuing:
  provider: PROVIDER
  acme:
    authorities:
      - directory: https://acme.example.com/directory
        external_account: {key_id: a, key_file: /missing/on/a/laptop/mac}
    terms_agreed: true
    dns: {update: {server: ns1.example.com, key_name: k, key_file: /missing/on/a/laptop/key}}
  on_demand: {ask: "http://127.0.0.1:9000/may"}
routes: [{hosts: shop.test, tls: auto, page: hi}]
"""


def test_a_laptop_needs_nothing_but_another_provider(tmp_path: Path) -> None:
    file = tmp_path / "edge.yml"
    file.write_text(WHOLE.replace("PROVIDER", "local_ca"))

    issuing = load(file).issuing
    assert issuing.provider is Provider.LOCAL_CA
    assert issuing.acme is None
    assert issuing.on_demand is not None

    file.write_text(WHOLE.replace("PROVIDER", "acme"))
    with pytest.raises(InvalidConfig) as invalid:
        load(file)
    assert [line.split(": ", 1)[1] for line in str(invalid.value).splitlines()] == [
        "issuing.acme.authorities[0].external_account.key_file: there is no file"
        " /missing/on/a/laptop/mac",
        "issuing.acme.dns.update.key_file: there is no file /missing/on/a/laptop/key",
    ]


def test_files_are_beside_the_configuration_unless_their_paths_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "edge.yml"
    text = WHOLE.replace("PROVIDER", "acme").replace("/missing/on/a/laptop/mac", "secrets/mac")
    file.write_text(text.replace("/missing/on/a/laptop/key", str(tmp_path / "key")))
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "mac").touch()
    (tmp_path / "key").touch()

    acme = load(file).issuing.acme
    assert acme is not None
    assert acme.authorities[0].external_account == ExternalAccount(
        "a", str(tmp_path / "secrets" / "mac")
    )
    assert isinstance(acme.dns, DnsUpdate)
    assert acme.dns.key_file == str(tmp_path / "key")


def in_acme(text: str, store: str = "store: /s.db\n") -> str:
    return f"{store}issuing: {{provider: acme, acme: {{{text}}}}}"


def authority(text: str) -> str:
    return in_acme(f"terms_agreed: true, authorities: [{{directory: letsencrypt, {text}}}]")


def update(text: str) -> str:
    return in_acme(f"{AGREED}, dns: {{update: {{server: ns1.a.test, {text}}}}}")


def on_demand(text: str) -> str:
    return f"issuing: {{provider: local_ca, on_demand: {{{text}}}}}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("issuing: acme", "issuing.acme: provider acme asks authorities: write them, as "),
        (in_acme(""), "issuing.acme.authorities: this is missing: write it"),
        (in_acme(AGREED, ""), "issuing.provider: provider acme needs store or fleet: without one"),
        (in_acme("authorities: [], terms_agreed: true"), "authorities: this is too short: write 1"),
        (
            in_acme("authorities: letsencrypt"),
            "issuing.acme: authority letsencrypt issues for who agreed to its terms of service:"
            " read them (its directory names their URL as termsOfService), then set"
            " terms_agreed: true",
        ),
        (authority("terms_agreed: false"), "issuing.acme: authority letsencrypt issues for who"),
        (
            in_acme("terms_agreed: true, authorities: [letsencrypt, letsencrypt]"),
            "issuing.acme: two authorities are called letsencrypt: set name of one",
        ),
        (
            in_acme("terms_agreed: true, authorities: letsencript"),
            "issuing.acme.authorities[0].directory: write the https URL of an authority's directory"
            " here, or letsencrypt or letsencrypt-staging",
        ),
        (
            in_acme("terms_agreed: true, authorities: 'http://ca.test/directory'"),
            "authorities[0].directory: write the https URL",
        ),
        (
            in_acme("terms_agreed: true, authorities: 'https://me:secret@ca.test/directory'"),
            "authorities[0].directory: write the https URL",
        ),
        (authority("name: Our CA"), "authorities[0].name: 'Our CA' is no name: write small"),
        (authority("contact: ops"), "authorities[0].contact[0]: this is not the address of one"),
        (
            authority("contact: 'a@b.test,c@d.test'"),
            "authorities[0].contact[0]: this is not the address of one",
        ),
        (
            authority("contact: 'mailto:a@b.test?cc=c@d.test'"),
            "authorities[0].contact[0]: this is not the address of one",
        ),
        (authority("orders: 250"), "authorities[0].orders: '250' is no number in a time: write it"),
        (authority("orders: 0/h"), "authorities[0].orders: '0/h' is no number in a time"),
        (authority("orders: 9/0h"), "authorities[0].orders: '9/0h' has no time: write it like"),
        (authority("orders: 9/2y"), "authorities[0].orders: '2y' is not a duration"),
        (authority("trust_file: ''"), "trust_file: write the path of a file"),
        (
            authority("external_account: {key_id: a}"),
            "authorities[0].external_account.key_file: this is missing",
        ),
        (authority("profile: a b"), "authorities[0].profile: this has a blank, or a character"),
        (
            in_acme(AGREED + ", challenges: dns-01"),
            "issuing.acme: dns-01 needs dns: set update or hook in it, or leave dns-01 out",
        ),
        (
            in_acme(AGREED + ", challenges: http-01, dns: {hook: /p}"),
            "issuing.acme: dns has no use: add dns-01 to challenges, or leave dns out",
        ),
        (
            in_acme(AGREED + ", challenges: [http-01, http-01]"),
            "issuing.acme: challenges has a type twice: leave one out",
        ),
        (
            in_acme(AGREED + ", challenges: dns"),
            "issuing.acme.challenges[0]: this is not known: use 'http-01', 'tls-alpn-01' or",
        ),
        (in_acme(AGREED + ", key_type: ed25519"), "key_type: this is not known: use 'p256',"),
        (in_acme(AGREED + ", renew_after: 1"), "renew_after: this is too large: use 0.95 or less"),
        (in_acme(AGREED + ", dns: {}"), "issuing.acme.dns: set update or hook, one of them"),
        (
            in_acme(AGREED + ", dns: {hook: /p, update: {server: a.test}}"),
            "issuing.acme.dns: set update or hook, one of them",
        ),
        (in_acme(AGREED + ", dns: {hook: ''}"), "dns.hook.program: write the path of a file"),
        (update("key_name: k"), "dns.update: key_name and key_file go together: set both"),
        (update("key_name: 'a b'"), "dns.update.key_name: 'a b' is not a host name"),
        (update("ttl: 500ms"), "dns.update.ttl: ttl counts in whole seconds: write 1s or more"),
        (update("algorithm: hmac-md5"), "dns.update.algorithm: this is not known: use"),
        (update("port: 99999"), "dns.update.port: this is too large: use 65535 or less"),
        (
            in_acme(AGREED + ", dns: {update: {server: '192.0.2.1:53'}}"),
            "dns.update.server: '192.0.2.1:53' is no host: write 192.0.2.53 or ns1.example.com",
        ),
        (
            "issuing: {provider: self_signed, on_demand: true}",
            "issuing.on_demand: certificates on demand are of provider acme or local_ca: set it",
        ),
        ("issuing: {on_demand: true}", "issuing.on_demand: certificates on demand are of"),
        (on_demand("names: '*'"), "issuing.on_demand.names: * has no end: write a name, *.NAME"),
        (on_demand("ask: /may"), "issuing.on_demand.ask: write an http or https URL without user"),
        (on_demand("ask: 'http://u:p@a.test/'"), "on_demand.ask: write an http or https URL"),
        (on_demand("ask: 'ftp://a.test/'"), "on_demand.ask: write an http or https URL without"),
        (on_demand("ask: 'http:///x'"), "on_demand.ask: write an http or https URL without user"),
        (on_demand("ask: 'http://a.test:x/'"), "on_demand.ask: write an http or https URL"),
        (on_demand("ask: 'http://a.test/#x'"), "on_demand.ask: write an http or https URL"),
        (on_demand("wait: 0"), "issuing.on_demand.wait: 0 is no time"),
        (on_demand("wait: 1h"), "issuing.on_demand.wait: this is too large: use 600"),
    ],
)
def test_one_line_says_where_it_is_and_what_to_do(text: str, said: str) -> None:
    (line,) = complaints(text)

    assert said in line
    assert "secret" not in line


@pytest.mark.parametrize(
    ("listen", "challenges", "told"),
    [
        ("[0.0.0.0:80, {address: 0.0.0.0:443, tls: true}]", "[http-01, tls-alpn-01]", []),
        ("[0.0.0.0:8080]", "[http-01]", ["http-01 is answered at port 80"]),
        ("[{address: 0.0.0.0:80, tls: true}]", "[http-01]", ["nothing listens there without TLS"]),
        ("[0.0.0.0:80]", "[tls-alpn-01]", ["nothing listens there with TLS"]),
        ("['systemd:http']", "[http-01]", []),
        ("['unix:/run/behind-another.sock']", "[http-01]", []),
        ("[]", "[dns-01]", []),
    ],
)
def test_a_port_that_an_authority_would_come_to_is_missed_in_a_warning_only(
    listen: str, challenges: str, told: list[str]
) -> None:
    dns = ", dns: {hook: /p}" if "dns" in challenges else ""
    found = snapshot(f"listen: {listen}\n" + in_acme(f"{AGREED}, challenges: {challenges}{dns}"))

    warnings = list(issuing_warnings(found.listeners, found.issuing))
    assert len(warnings) == len(told)
    assert all(part in warning for part, warning in zip(told, warnings, strict=True))


def test_nobody_is_warned_where_nothing_is_ordered() -> None:
    found = snapshot("listen: 0.0.0.0:8080\nissuing: local_ca")

    assert list(issuing_warnings(found.listeners, found.issuing)) == []
