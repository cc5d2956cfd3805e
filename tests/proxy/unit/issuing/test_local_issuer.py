# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates for the names of routes: for no others, each made once, and anew in time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from threading import Barrier, BrokenBarrierError

import pytest
from sluice_proxy.issuing.authority import Authority, CannotIssue, new_authority, read_authority
from sluice_proxy.issuing.local_issuer import LocalIssuer
from sluice_proxy.issuing.names import BadName
from sluice_proxy.issuing.registering import RegisteredNames
from sluice_proxy.routes.model.host_pattern import parse_host_pattern

START = datetime(2026, 5, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@cache
def authority() -> Authority:
    return read_authority(new_authority(START, host="desk"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer(clock: Clock) -> LocalIssuer:
    hosts = ("app.test", "*.app.test", "127.0.0.1")
    return LocalIssuer(authority(), RegisteredNames(map(parse_host_pattern, hosts)), clock, days=90)


@pytest.mark.parametrize(
    "names", [["bank.test"], ["app.test", "bank.test"], ["127.0.0.2"], ["a.b.app.test"]]
)
def test_a_name_that_no_route_has_gets_no_certificate(
    issuer: LocalIssuer, names: list[str]
) -> None:
    with pytest.raises(CannotIssue, match="is of no route: declare one"):
        issuer.certificate_for(names)


def test_what_is_no_name_is_refused_before_anybody_is_asked(issuer: LocalIssuer) -> None:
    with pytest.raises(BadName):
        issuer.certificate_for(["../app.test"])


def test_case_and_the_last_dot_make_no_other_name(issuer: LocalIssuer) -> None:
    assert issuer.certificate_for(["APP.test."]) is issuer.certificate_for(["app.test"])


def test_the_same_names_have_one_certificate_in_whatever_order(issuer: LocalIssuer) -> None:
    one = issuer.certificate_for(["app.test", "127.0.0.1"])

    assert issuer.certificate_for(["127.0.0.1", "app.test"]) is one
    assert issuer.certificate_for(["app.test"]) is not one


class SlowClock(Clock):
    """Gives others a while to come, as far as they can."""

    def __init__(self) -> None:
        super().__init__()
        self._others = Barrier(2)

    def __call__(self) -> datetime:
        with suppress(BrokenBarrierError):
            self._others.wait(0.05)
        return self.now


def test_all_who_ask_at_once_get_the_same_certificate() -> None:
    issuer = LocalIssuer(authority(), lambda _name: True, SlowClock())
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _n: issuer.certificate_for(["app.test"]), range(16)))

    assert len({one.fingerprint for one in found}) == 1


def test_a_certificate_is_kept_until_it_is_due_and_then_made_anew(
    issuer: LocalIssuer, clock: Clock
) -> None:
    first = issuer.certificate_for(["app.test"])
    clock.now = START + timedelta(days=59)
    assert issuer.due() == []
    assert issuer.certificate_for(["app.test"]) is first

    clock.now = START + timedelta(days=61)
    assert issuer.due() == [("app.test",)]
    second = issuer.certificate_for(["app.test"])
    assert second.lifetime.ends > first.lifetime.ends
    assert second.key != first.key
    assert issuer.due() == []


def test_a_name_that_lost_its_route_is_refused_though_a_certificate_is_known(
    issuer: LocalIssuer,
) -> None:
    issuer.certificate_for(["app.test"])
    issuer.registered = RegisteredNames([])

    with pytest.raises(CannotIssue, match="is of no route"):
        issuer.certificate_for(["app.test"])


def test_those_that_nobody_wants_are_forgotten(issuer: LocalIssuer) -> None:
    kept = issuer.certificate_for(["app.test", "127.0.0.1"])
    gone = issuer.certificate_for(["a.app.test"])
    issuer.keep_only([["127.0.0.1", "app.test"]])

    assert issuer.certificate_for(["app.test", "127.0.0.1"]) is kept
    assert issuer.certificate_for(["a.app.test"]) is not gone


def test_near_the_end_of_the_authority_what_is_valid_is_shown_on(
    issuer: LocalIssuer, clock: Clock
) -> None:
    ends = authority().lifetime.ends
    clock.now = ends - timedelta(days=2)
    last = issuer.certificate_for(["app.test"])
    clock.now = ends - timedelta(hours=1)

    assert issuer.due() == [("app.test",)]
    assert issuer.certificate_for(["app.test"]) is last
    with pytest.raises(CannotIssue, match="have a new CA made"):
        issuer.certificate_for(["127.0.0.1"])
    clock.now = ends + timedelta(hours=1)
    with pytest.raises(CannotIssue, match="have a new CA made"):
        issuer.certificate_for(["app.test"])


def test_renewing_does_not_spin_as_the_authority_comes_to_its_end(
    issuer: LocalIssuer, clock: Clock
) -> None:
    clock.now = authority().lifetime.ends - timedelta(days=90)
    made = {issuer.certificate_for(["app.test"]).fingerprint}
    for _hour in range(90 * 24):
        clock.now += timedelta(hours=1)
        made.add(issuer.certificate_for(["app.test"]).fingerprint)

    # Each is for a third of what was left.
    assert len(made) < 10
