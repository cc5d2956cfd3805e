# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name server that tests run takes updates as one of an operator does."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.resolver
import dns.tsig
import dns.update
import pytest
from running.dns_server import KEY_NAME, SECRET, DnsServer

KEY = dns.tsig.Key(KEY_NAME, SECRET, "hmac-sha256")
RECORD = "_acme-challenge.a.example."


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with DnsServer(["example", "other.example", "refused.test"], refusing=["refused.test"]) as one:
        yield one


def update(zone: str = "example.", key: dns.tsig.Key | None = KEY) -> dns.update.UpdateMessage:
    return dns.update.UpdateMessage(zone, keyring=key)


def told(server: DnsServer, message: dns.message.Message) -> dns.message.Message:
    return dns.query.tcp(message, "127.0.0.1", 10, server.port)


def rcode(server: DnsServer, message: dns.message.Message) -> str:
    return dns.rcode.to_text(told(server, message).rcode())


def asked(server: DnsServer, name: str, kind: str = "TXT") -> list[str]:
    question = dns.message.make_query(name, kind)
    found = dns.query.udp(question, "127.0.0.1", 10, server.port)
    return sorted(record.to_text() for rrset in found.answer for record in rrset)


def test_it_tells_what_was_added_until_it_is_deleted(server: DnsServer) -> None:
    adding = update()
    adding.add(RECORD, 60, "TXT", "one")
    adding.add(RECORD, 60, "TXT", "two")
    assert rcode(server, adding) == "NOERROR"
    assert server.txt(RECORD) == {"one", "two"}
    assert asked(server, RECORD) == ['"one"', '"two"']

    deleting = update()
    deleting.delete(RECORD, "TXT", "one")
    assert rcode(server, deleting) == "NOERROR"
    assert asked(server, RECORD) == ['"two"']

    deleting = update()
    deleting.delete(RECORD, "TXT")
    assert rcode(server, deleting) == "NOERROR"
    assert server.txt(RECORD) == set()
    assert len(server.updates) == 3


def test_updates_over_udp_are_taken_as_well(server: DnsServer) -> None:
    adding = update()
    adding.add(RECORD, 60, "TXT", "one")

    assert dns.query.udp(adding, "127.0.0.1", 10, server.port).rcode() == dns.rcode.NOERROR
    assert server.txt(RECORD) == {"one"}


@pytest.mark.parametrize(
    ("key", "error"),
    [
        (dns.tsig.Key("unknown.", SECRET, "hmac-sha256"), dns.tsig.PeerBadKey),
        (dns.tsig.Key(KEY_NAME, SECRET, "hmac-sha512"), dns.tsig.PeerBadKey),
        (
            dns.tsig.Key(KEY_NAME, base64.b64encode(b"wrong").decode(), "hmac-sha256"),
            dns.tsig.PeerBadSignature,
        ),
    ],
    ids=["unknown name", "other algorithm", "wrong secret"],
)
def test_a_wrong_key_changes_nothing(
    server: DnsServer, key: dns.tsig.Key, error: type[Exception]
) -> None:
    adding = update(key=key)
    adding.add(RECORD, 60, "TXT", "one")

    with pytest.raises(error):
        told(server, adding)
    assert server.txt(RECORD) == set()


@pytest.mark.parametrize(
    ("zone", "key", "code"),
    [
        ("example.", None, "REFUSED"),
        ("refused.test.", KEY, "REFUSED"),
        ("unknown.test.", KEY, "NOTAUTH"),
        ("other.example.", KEY, "NOTZONE"),
    ],
    ids=["unsigned", "refused zone", "foreign zone", "name outside"],
)
def test_what_may_not_be_changed_is_not(
    server: DnsServer, zone: str, key: dns.tsig.Key | None, code: str
) -> None:
    adding = update(zone, key)
    name = RECORD if zone in ("example.", "other.example.") else f"a.{zone}"
    adding.add(name, 60, "TXT", "one")

    assert rcode(server, adding) == code
    assert server.txt(name) == set()
    assert server.updates == []


def test_it_fails_when_it_is_to(server: DnsServer) -> None:
    server.failing = dns.rcode.SERVFAIL
    adding = update()
    adding.add(RECORD, 60, "TXT", "one")

    assert rcode(server, adding) == "SERVFAIL"
    assert server.txt(RECORD) == set()


def test_it_hides_what_it_has_when_it_is_to(server: DnsServer) -> None:
    server.add(RECORD, "TXT", "one")
    server.hiding = True
    assert asked(server, RECORD) == []

    server.hiding = False

    assert asked(server, RECORD) == ['"one"']


def test_it_says_nothing_when_it_is_to(server: DnsServer) -> None:
    server.silent = True

    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(dns.message.make_query(RECORD, "TXT"), "127.0.0.1", 0.2, server.port)
    with pytest.raises(EOFError):
        dns.query.tcp(dns.message.make_query(RECORD, "TXT"), "127.0.0.1", 10, server.port)


def test_the_zone_of_a_name_is_found_by_its_answers(server: DnsServer) -> None:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], server.port

    assert str(dns.resolver.zone_for_name(RECORD, resolver=resolver)) == "example."
    assert str(dns.resolver.zone_for_name("a.other.example.", resolver=resolver)) == (
        "other.example."
    )


def test_names_lead_to_this_machine_or_where_they_are_told_to(server: DnsServer) -> None:
    server.add("b.example", "A", "127.0.0.2")

    assert asked(server, "a.example", "A") == ["127.0.0.1"]
    assert asked(server, "b.example", "A") == ["127.0.0.2"]
    assert asked(server, "a.example", "AAAA") == []


def test_what_is_not_there_is_denied(server: DnsServer) -> None:
    server.add(RECORD, "TXT", "one")

    assert rcode(server, dns.message.make_query("b.example", "TXT")) == "NXDOMAIN"
    assert rcode(server, dns.message.make_query("a.example", "TXT")) == "NOERROR"
    assert rcode(server, dns.message.make_query("a.elsewhere", "TXT")) == "REFUSED"


def test_what_is_too_long_for_udp_is_told_over_tcp(server: DnsServer) -> None:
    for number in range(20):
        server.add(RECORD, "TXT", f"{number:043}")
    question = dns.message.make_query(RECORD, "TXT")

    short = dns.query.udp(question, "127.0.0.1", 10, server.port)

    assert short.flags & dns.flags.TC
    whole = told(server, question)
    assert len(whole.answer[0]) == 20
