# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which clients wait for the supervisor, and what they get then."""

from __future__ import annotations

import ssl
from dataclasses import replace
from typing import Any

import pytest
from running.answers import Answers
from samples.certificates import leaf
from sluice_proxy.routes.model.host_pattern import parse_host_pattern
from sluice_proxy.snapshot.asking import Asking, Demand
from sluice_proxy.snapshot.snapshot import Snapshot
from sluice_proxy.snapshot.tls import Certificate, TlsSettings
from sluice_proxy.tls.certificate_names import may_be_certified
from sluice_proxy.tls.certificates import read_certificate
from sluice_proxy.tls.choosing import PROTOCOLS, ContextChooser
from sluice_proxy.tls.client_hello import ClientHello
from sluice_proxy.tls.server_contexts import ServerContexts
from sluice_proxy.tls.server_side import HelloRefused
from sluice_proxy.worker.late_contexts import MOST_CHALLENGES, LateContexts
from sluice_proxy.worker.questions import CERTIFICATE, TLS_ALPN_01, Reply

BROWSER = (b"h2", b"http/1.1")
AUTHORITY = (b"acme-tls/1",)
UNRECOGNIZED_NAME, NO_APPLICATION_PROTOCOL, INTERNAL_ERROR = 112, 120, 80


def certificate(*names: str) -> Certificate:
    def no_file(path: str) -> bytes:
        raise AssertionError(path)

    return read_certificate(leaf(*names).configured, no_file)


HELD = certificate("held.test")


class Plane:
    """What chooses under the snapshot in force."""

    def __init__(self, asking: Asking, *certificates: Certificate, strict: bool = True) -> None:
        self.answers = Answers(otherwise=None)
        self._late = LateContexts(self.answers.questions, self._choose_now)
        self._contexts = ServerContexts(PROTOCOLS)
        self.snapshot = Snapshot(
            certificates=certificates, tls=TlsSettings(strict_sni=strict), asking=asking
        )
        self.adopt(self.snapshot)

    def adopt(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.choose = ContextChooser(
            snapshot,
            self._contexts,
            challenge=self._late.challenge(snapshot.asking),
            on_demand=self._late.on_demand(snapshot.asking.demand),
        ).context_for

    def _choose_now(self, hello: ClientHello, came_to: str) -> Any:
        # Under the snapshot that is in force by then.
        return self.choose(hello, came_to)

    def hello(self, name: str | None, alpn: tuple[bytes, ...] = BROWSER) -> Any:
        return self.choose(ClientHello(name, alpn, (0x0304,)), "192.0.2.1")

    def waits(self, name: str, alpn: tuple[bytes, ...] = BROWSER) -> tuple[Any, list[int]]:
        """Return what is waited for, and a list that is longer when it is there."""
        later = self.hello(name, alpn)
        there: list[int] = []
        later.begin(lambda: there.append(1))
        assert there == []
        return later, there


def demand(*patterns: str, any_name: bool = False) -> Asking:
    known = tuple(map(parse_host_pattern, patterns))
    return Asking(demand=Demand(known, any_name, wait=7.0))


def alert(refused: pytest.ExceptionInfo[HelloRefused]) -> int:
    return refused.value.alert[-1]


def test_a_client_gets_the_certificate_that_was_got_for_it() -> None:
    plane = Plane(demand("*.shop.test"), HELD)
    later, there = plane.waits("a.shop.test")
    assert plane.answers.asked == [(CERTIFICATE, "a.shop.test")]
    assert (later.seconds, later.validates) == (7.0, False)

    got = certificate("a.shop.test")
    plane.adopt(replace(plane.snapshot, certificates=(HELD, got)))
    plane.answers.answer(Reply(found=True))

    assert there == [1]
    assert later.context() is plane.hello("a.shop.test")
    assert isinstance(later.context(), ssl.SSLContext)


def test_a_certificate_that_is_held_is_never_asked_about() -> None:
    plane = Plane(demand("*", any_name=True), HELD)

    assert isinstance(plane.hello("held.test"), ssl.SSLContext)
    assert plane.answers.asked == []


@pytest.mark.parametrize("strict", [True, False])
def test_a_permitted_name_waits_in_place_of_getting_the_first_certificate(strict: bool) -> None:
    plane = Plane(demand(".shop.test"), HELD, strict=strict)
    later, there = plane.waits("shop.test")

    plane.answers.answer(Reply(found=False))

    assert there == [1]
    with pytest.raises(HelloRefused, match=r"no certificate for shop\.test") as refused:
        later.context()
    assert alert(refused) == UNRECOGNIZED_NAME


@pytest.mark.parametrize("name", ["other.test", "a.b.shop.test", None])
def test_a_name_that_is_not_permitted_gets_what_it_got_before(name: str | None) -> None:
    with pytest.raises(HelloRefused) as refused:
        Plane(demand("*.shop.test"), HELD).hello(name)
    assert alert(refused) == UNRECOGNIZED_NAME

    first = Plane(demand("*.shop.test"), HELD, strict=False)
    assert first.hello(name) is first.hello("held.test")
    assert first.answers.asked == []


def test_any_name_may_be_asked_about_where_somebody_else_permits_names() -> None:
    plane = Plane(demand(any_name=True), HELD)
    plane.waits("customer.test")

    assert plane.answers.asked == [(CERTIFICATE, "customer.test")]


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("a.test", True),
        ("xn--bcher-kva.test", True),
        ("localhost", True),
        ("a_b.test", False),
        ("_acme-challenge.a.test", False),
        ("192.0.2", False),
        ("a.1", False),
        ("1.a", True),
    ],
)
def test_what_no_authority_certifies_is_not_asked_about(name: str, may: bool) -> None:
    assert may_be_certified(name) is may

    plane = Plane(demand(any_name=True), HELD, strict=False)
    waits = not isinstance(plane.hello(name), ssl.SSLContext)
    assert waits is may


def test_a_name_that_was_not_got_is_refused_at_once_for_a_while() -> None:
    plane = Plane(demand(any_name=True), HELD)
    plane.waits("a.test")
    plane.answers.answer(Reply(found=False, again=100.0))

    with pytest.raises(HelloRefused) as refused:
        plane.waits("a.test")
    assert alert(refused) == UNRECOGNIZED_NAME
    assert len(plane.answers.asked) == 1


def test_more_names_than_may_be_asked_about_are_refused() -> None:
    plane = Plane(demand(any_name=True), HELD)
    refusals = 0
    for number in range(1000):
        try:
            plane.waits(f"{number}.test")
        except HelloRefused:
            refusals += 1

    assert 100 <= len(plane.answers.asked) < 200
    assert refusals == 1000 - len(plane.answers.asked)


def test_a_certificate_that_is_gone_again_is_not_waited_for_twice() -> None:
    plane = Plane(demand(any_name=True), HELD)
    later, _there = plane.waits("a.test")
    plane.answers.answer(Reply(found=True))

    with pytest.raises(HelloRefused):
        later.context()
    assert len(plane.answers.asked) == 1


def test_who_is_forgotten_is_not_told() -> None:
    plane = Plane(demand(any_name=True), HELD)
    later, there = plane.waits("a.test")
    later.forget()
    plane.answers.answer(Reply(found=True))

    assert there == []


# Validations


def pems(*names: str) -> tuple[bytes, bytes]:
    one = certificate(*names)
    assert one.chain.text is not None
    assert one.key.text is not None
    return one.chain.text, one.key.text


def test_an_authority_is_shown_what_the_supervisor_knows() -> None:
    plane = Plane(Asking(validations=True), HELD)
    later, there = plane.waits("held.test", AUTHORITY)
    assert plane.answers.asked == [(TLS_ALPN_01, "held.test")]
    assert later.validates

    plane.answers.answer(Reply(found=True, payloads=pems("held.test")))

    assert there == [1]
    assert later.context() is not plane.hello("held.test")
    # It comes from several places at once, and is shown one context.
    assert later.context() is later.context()


def test_others_get_the_usual_certificate_during_a_validation() -> None:
    plane = Plane(Asking(validations=True), HELD)
    plane.waits("held.test", AUTHORITY)

    for alpn in (BROWSER, (), (*AUTHORITY, b"http/1.1"), (b"http/1.0",)):
        assert plane.hello("held.test", alpn) is plane.hello("held.test")


@pytest.mark.parametrize("alpn", [(b"acme-tls/1", b"h2"), (b"acme-tls/1", b"acme-tls/1")])
def test_only_who_offers_nothing_else_is_an_authority(alpn: tuple[bytes, ...]) -> None:
    plane = Plane(Asking(validations=True), HELD)

    with pytest.raises(HelloRefused) as refused:
        plane.hello("held.test", alpn)
    assert alert(refused) == NO_APPLICATION_PROTOCOL
    assert plane.answers.asked == []


def test_an_authority_that_names_no_host_or_is_not_expected_is_refused() -> None:
    for plane, name in (
        (Plane(Asking(validations=True), HELD), None),
        (Plane(Asking(), HELD), "held.test"),
    ):
        with pytest.raises(HelloRefused) as refused:
            plane.hello(name, AUTHORITY)
        assert alert(refused) == NO_APPLICATION_PROTOCOL
        assert plane.answers.asked == []


def test_a_validation_that_nobody_knows_is_refused_as_before() -> None:
    plane = Plane(Asking(validations=True), HELD)
    later, _there = plane.waits("held.test", AUTHORITY)
    plane.answers.answer(Reply(found=False))

    with pytest.raises(HelloRefused, match="no protocol in common") as refused:
        later.context()
    assert alert(refused) == NO_APPLICATION_PROTOCOL


@pytest.mark.parametrize("payloads", [(), (b"chain",), (b"chain", b"key")])
def test_an_answer_that_cannot_be_shown_is_refused(payloads: tuple[bytes, ...]) -> None:
    plane = Plane(Asking(validations=True), HELD)
    later, _there = plane.waits("held.test", AUTHORITY)
    plane.answers.answer(Reply(found=True, payloads=payloads))

    with pytest.raises(HelloRefused, match=r"validation of held\.test cannot be shown") as refused:
        later.context()
    assert alert(refused) == INTERNAL_ERROR


def test_contexts_of_validations_are_bounded() -> None:
    plane = Plane(Asking(validations=True), HELD)
    for number in range(MOST_CHALLENGES + 2):
        later, _there = plane.waits(f"{number}.test", AUTHORITY)
        plane.answers.answer(Reply(found=True, payloads=pems(f"{number}.test")))
        later.context()

    assert len(plane._late._challenges) == MOST_CHALLENGES
