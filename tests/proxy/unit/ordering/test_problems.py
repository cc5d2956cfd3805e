# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose fault it is that an authority did not issue, and how that is said."""

from __future__ import annotations

import pytest
from sluice_proxy.acme.failures import (
    PREFIX,
    AcmeFailed,
    NotGranted,
    NotOffered,
    Problem,
    Subproblem,
    TransportFailed,
    WrongCertificate,
)
from sluice_proxy.ordering.policies.problems import (
    KINDS,
    Blame,
    NotSetUp,
    failure_of,
    not_answered,
    timed_out,
)


def problem(kind: str, status: int = 400, *parts: str) -> Problem:
    subproblems = tuple(Subproblem(PREFIX + part, "detail") for part in parts)
    return Problem(PREFIX + kind, "the detail", status, subproblems=subproblems, retry_after=7.0)


NAME, SETTINGS, OURS, AUTHORITY = Blame


@pytest.mark.parametrize(
    ("error", "validating", "blame", "kind", "down"),
    [
        (problem("dns"), True, NAME, "dns", False),
        (problem("connection"), True, NAME, "connection", False),
        (problem("tls"), True, NAME, "tls", False),
        (problem("incorrectResponse"), True, NAME, "incorrectResponse", False),
        (problem("caa", 403), False, NAME, "caa", False),
        (problem("rejectedIdentifier"), False, NAME, "rejectedIdentifier", False),
        (problem("unsupportedIdentifier"), False, NAME, "unsupportedIdentifier", False),
        (problem("unauthorized", 403), True, NAME, "unauthorized", False),
        (problem("unauthorized", 401), False, OURS, "unauthorized", False),
        (problem("accountDoesNotExist"), False, OURS, "accountDoesNotExist", False),
        (problem("badCSR"), False, OURS, "badCSR", False),
        (problem("userActionRequired", 403), False, OURS, "userActionRequired", False),
        (problem("externalAccountRequired"), False, OURS, "externalAccountRequired", False),
        (problem("rateLimited", 429), False, AUTHORITY, "rateLimited", False),
        (problem("badNonce"), False, AUTHORITY, "badNonce", False),
        (problem("serverInternal", 500), False, AUTHORITY, "serverInternal", True),
        (problem("serverInternal", 500), True, AUTHORITY, "serverInternal", True),
        (problem("malformed", 503), False, AUTHORITY, "malformed", True),
        (problem("newsOfTomorrow", 400), False, AUTHORITY, "other", False),
        (problem("newsOfTomorrow", 400), True, NAME, "other", False),
        (problem("compound", 400, "dns", "badCSR"), False, NAME, "compound", False),
        (problem("compound", 400, "badCSR"), False, OURS, "compound", False),
        (TransportFailed("refused"), False, AUTHORITY, "unreachable", True),
        (TransportFailed("a page", 200), False, AUTHORITY, "unreachable", True),
        (NotGranted("not done after 300 s"), False, AUTHORITY, "notGranted", False),
        (NotGranted("it is invalid"), True, NAME, "notGranted", False),
        (NotOffered("no profile x"), False, SETTINGS, "notOffered", False),
        (NotSetUp("set it"), False, SETTINGS, "notSetUp", False),
        (WrongCertificate("lacks a.test"), False, AUTHORITY, "wrongCertificate", False),
        (AcmeFailed("whatever"), False, AUTHORITY, "other", False),
    ],
)
def test_each_problem_has_somebody_to_blame(
    error: AcmeFailed, validating: bool, blame: Blame, kind: str, down: bool
) -> None:
    failure = failure_of("letsencrypt", error, validating=validating)

    assert failure.blame is blame
    assert failure.kind == kind
    assert failure.kind in KINDS
    assert failure.down is down
    assert failure.retry_after == error.retry_after
    assert failure.said == f"letsencrypt {blame.value}: {error}"


def test_what_is_not_the_authoritys_is_not_said_of_it() -> None:
    assert not_answered("one", "no key").said == "one could not be answered: no key"
    assert timed_out("one", 600).said == "one failed: the order was not done after 600 s"
    assert timed_out("one", 600).down
