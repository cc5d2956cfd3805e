# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a client gets, by what it asks for: certificate, version, client certificate, tickets."""

from __future__ import annotations

import os
import ssl
from dataclasses import replace

import pytest
from samples.certificates import authority, leaf
from samples.handshakes import client_context, shake, show
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.routes.model.policies import ClientCertificate, TlsPolicy
from sluice_proxy.snapshot.snapshot import Snapshot, decode, encode
from sluice_proxy.snapshot.tls import HostPolicy, TlsSettings
from sluice_proxy.tls.certificates import read_certificate
from sluice_proxy.tls.choosing import PROTOCOLS, ContextChooser
from sluice_proxy.tls.server_contexts import ServerContexts
from sluice_proxy.tls.server_side import HelloRefused

STAFF = authority("Staff")
REQUIRED = TlsPolicy("1.2", ClientCertificate.REQUIRED, client_ca=STAFF.pem.decode())
OPTIONAL = TlsPolicy("1.2", ClientCertificate.OPTIONAL, client_ca=STAFF.pem.decode())


def chooser(
    *names: tuple[str, ...],
    strict: bool = False,
    most: int = 100,
    challenge=None,
    **policies: TlsPolicy,
) -> ContextChooser:
    """Return what chooses among certificates; a policy's host is written with _ for the dot."""
    hosts = tuple(
        HostPolicy(parse_host_pattern(host.replace("_", ".")), policy)
        for host, policy in policies.items()
    )
    snapshot = replace(certificates(*names), tls=TlsSettings(strict_sni=strict, hosts=hosts))
    return ContextChooser(snapshot, ServerContexts(PROTOCOLS, most), challenge=challenge)


def certificates(*names: tuple[str, ...]) -> Snapshot:
    """Return a snapshot with a certificate for each of ``names``."""
    read = [read_certificate(leaf(*of_one).configured, _no_file) for of_one in names]
    return Snapshot(certificates=tuple(read))


def _no_file(path: str) -> bytes:
    raise AssertionError(path)


def alert_of(refused: pytest.ExceptionInfo[HelloRefused]) -> int:
    return refused.value.alert[-1]


def test_an_exact_name_goes_before_a_wildcard_and_a_wildcard_before_the_first_certificate() -> None:
    chooses = chooser(("first.test",), ("*.b.test",), ("a.b.test",))

    assert shake(chooses, "a.b.test").shown == {"a.b.test"}
    assert shake(chooses, "A.B.test").shown == {"a.b.test"}
    assert shake(chooses, "z.b.test").shown == {"*.b.test"}
    assert shake(chooses, "y.z.b.test").shown == {"first.test"}
    assert shake(chooses, None).shown == {"first.test"}


def test_who_names_no_host_gets_the_certificate_of_the_address_that_it_came_to() -> None:
    chooses = chooser(("first.test",), ("*.0.0.1",), ("192.0.2.1", "2001:db8::1"))

    assert shake(chooses, None, came_to="192.0.2.1").shown == {"192.0.2.1", "2001:DB8:0:0:0:0:0:1"}
    assert "192.0.2.1" in shake(chooses, None, came_to="2001:db8::1").shown
    assert shake(chooses, None, came_to="10.0.0.1").shown == {"first.test"}
    assert shake(chooses, "other.test", came_to="192.0.2.1").shown == {"first.test"}


def test_strict_sni_takes_an_address_that_has_a_certificate_for_a_name() -> None:
    chooses = chooser(("a.test",), ("192.0.2.1",), strict=True)

    assert shake(chooses, None, came_to="192.0.2.1").shown == {"192.0.2.1"}
    with pytest.raises(HelloRefused):
        shake(chooses, None, came_to="192.0.2.2")


def test_of_two_certificates_for_a_name_the_earlier_one_is_shown() -> None:
    chooses = chooser(("a.test", "x.test"), ("a.test", "y.test"))

    assert shake(chooses, "a.test").shown == {"a.test", "x.test"}


@pytest.mark.parametrize("name", ["other.test", None])
def test_strict_sni_refuses_names_without_certificate_by_unrecognized_name(
    name: str | None,
) -> None:
    with pytest.raises(HelloRefused, match="no certificate for") as refused:
        shake(chooser(("a.test",), strict=True), name)

    assert alert_of(refused) == 112


def test_a_client_understands_the_alert() -> None:
    incoming = ssl.MemoryBIO()
    client = client_context().wrap_bio(incoming, ssl.MemoryBIO(), server_hostname="other.test")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    with pytest.raises(HelloRefused) as refused:
        shake(chooser(("a.test",), strict=True), "other.test")
    incoming.write(refused.value.alert)

    with pytest.raises(ssl.SSLError, match="UNRECOGNIZED_NAME"):
        client.do_handshake()


def test_a_hosts_minimum_version_really_applies() -> None:
    chooses = chooser(("a.test",), ("b.test",), b_test=TlsPolicy("1.3"))
    old = client_context()
    old.maximum_version = ssl.TLSVersion.TLSv1_2

    assert shake(chooses, "a.test", old).client.version() == "TLSv1.2"
    assert shake(chooses, "b.test").client.version() == "TLSv1.3"
    with pytest.raises(ssl.SSLError, match="UNSUPPORTED_PROTOCOL"):
        shake(chooses, "b.test", old)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_hosts_client_certificate_is_really_required(version: ssl.TLSVersion) -> None:
    chooses = chooser(("a.test",), ("b.test",), b_test=REQUIRED)

    def client(own=None):
        context = client_context(own=own)
        context.minimum_version = context.maximum_version = version
        return context

    assert shake(chooses, "a.test", client()).server.getpeercert() is None
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shake(chooses, "b.test", client())
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(chooses, "b.test", client(leaf("somebody", issuer=authority("Strangers"))))
    staff = client(leaf("somebody", issuer=STAFF))
    assert shake(chooses, "b.test", staff).server.getpeercert(binary_form=True)


def test_an_optional_client_certificate_has_to_be_good_if_there_is_one() -> None:
    chooses = chooser(("a.test",), a_test=OPTIONAL)

    assert shake(chooses, "a.test").server.getpeercert() is None
    with pytest.raises(ssl.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        shake(chooses, "a.test", client_context(own=leaf("x", issuer=authority("Strangers"))))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_ticket_of_an_open_host_opens_no_host_that_asks_for_a_certificate(
    version: ssl.TLSVersion,
) -> None:
    # The certificate is one: only the policies of its two names differ.
    chooses = chooser(("open.test", "closed.test"), closed_test=REQUIRED)
    client = client_context()
    client.minimum_version = client.maximum_version = version
    session = shake(chooses, "open.test", client).client.session

    assert session.has_ticket
    assert shake(chooses, "open.test", client, session=session).client.session_reused
    with pytest.raises(ssl.SSLError, match="PEER_DID_NOT_RETURN_A_CERTIFICATE"):
        shake(chooses, "closed.test", client, session=session)


def test_a_session_is_resumed_by_its_worker_and_begun_anew_by_another() -> None:
    one, another = chooser(("a.test",)), chooser(("a.test",))
    client = client_context()
    session = shake(one, "a.test", client).client.session

    assert shake(one, "a.test", client, session=session).client.session_reused
    assert not shake(another, "a.test", client, session=session).client.session_reused


def test_a_validation_of_a_name_gets_its_challenge_and_browsers_the_usual_certificate() -> None:
    challenge = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    show(challenge, leaf("a.test", "challenge.test"))
    challenge.set_alpn_protocols(["acme-tls/1"])
    asked = []

    def challenges(name: str) -> ssl.SSLContext | None:
        asked.append(name)
        return challenge if name in ("a.test", "1.0.0.127.in-addr.arpa") else None

    chooses = chooser(("a.test",), challenge=challenges)
    validator = client_context(alpn=("acme-tls/1",))

    validated = shake(chooses, "a.test", validator)
    assert "challenge.test" in validated.shown
    assert validated.client.selected_alpn_protocol() == "acme-tls/1"
    # The validation of an IP address asks for its name in reverse (RFC 8738, section 6).
    assert "challenge.test" in shake(chooses, "1.0.0.127.in-addr.arpa", validator).shown
    browser = shake(chooses, "a.test", client_context(alpn=("h2", "http/1.1")))
    assert browser.shown == {"a.test"}
    assert browser.client.selected_alpn_protocol() == "http/1.1"
    assert asked == ["a.test", "1.0.0.127.in-addr.arpa"]


@pytest.mark.parametrize(
    ("offered", "spoken"),
    [
        ((), None),
        (("http/1.1",), "http/1.1"),
        (("http/1.0",), "http/1.0"),
        (("h2", "http/1.0", "http/1.1"), "http/1.1"),
    ],
)
def test_the_protocol_is_the_newest_that_both_speak(
    offered: tuple[str, ...], spoken: str | None
) -> None:
    shaken = shake(chooser(("a.test",)), "a.test", client_context(alpn=offered))

    assert shaken.client.selected_alpn_protocol() == spoken


def test_a_client_with_a_certificate_resumes_its_session() -> None:
    chooses = chooser(("a.test",), a_test=REQUIRED)
    client = client_context(own=leaf("somebody", issuer=STAFF))
    session = shake(chooses, "a.test", client).client.session

    again = shake(chooses, "a.test", client, session=session)
    assert again.client.session_reused
    assert again.server.getpeercert(binary_form=True)


@pytest.mark.parametrize("alpn", [("h2",), ("acme-tls/1",), ("smtp", "h2")])
def test_a_client_that_speaks_nothing_of_ours_is_refused(alpn: tuple[str, ...]) -> None:
    with pytest.raises(HelloRefused, match="no protocol in common") as refused:
        shake(chooser(("a.test",)), "a.test", client_context(alpn=alpn))

    assert alert_of(refused) == 120


def test_a_client_hello_may_come_byte_by_byte() -> None:
    assert shake(chooser(("a.test",)), "a.test", step=1).shown == {"a.test"}


def test_contexts_are_made_when_needed_and_are_bounded() -> None:
    contexts = ServerContexts(PROTOCOLS, most=3)
    snapshot = certificates(*((f"{number}.test",) for number in range(6)))
    chooses = ContextChooser(snapshot, contexts)
    assert contexts.made == 0

    for number in (0, 1, 0, 2, 0, 3):
        assert shake(chooses, f"{number}.test").shown == {f"{number}.test"}
    assert (len(contexts), contexts.made) == (3, 4)

    # The one that is used most was kept, the one that was not used for longest made room.
    shake(chooses, "0.test")
    assert contexts.made == 4
    shake(chooses, "1.test")
    assert contexts.made == 5


def test_a_change_that_leaves_a_certificate_as_it_was_keeps_its_sessions() -> None:
    contexts = ServerContexts(PROTOCOLS)
    stays, goes = certificates(("a.test",)), certificates(("b.test",))
    both = Snapshot(certificates=(*stays.certificates, *goes.certificates))
    before = ContextChooser(both, contexts)
    client = client_context()
    session = shake(before, "a.test", client).client.session
    shake(before, "b.test")

    # What workers get is equal, not the same.
    contexts.keep_only(decode(encode(stays)).certificates)
    after = ContextChooser(decode(encode(stays)), contexts)
    assert len(contexts) == 1
    assert shake(after, "a.test", client, session=session).client.session_reused
    assert contexts.made == 2


def test_no_key_is_left_open_in_memory() -> None:
    before = os.listdir("/proc/self/fd")
    shake(chooser(("a.test",)), "a.test")

    assert len(os.listdir("/proc/self/fd")) == len(before)
