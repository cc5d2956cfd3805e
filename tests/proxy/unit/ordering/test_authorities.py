# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which authorities are asked, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sluice_proxy.ordering.policies.authorities import NoAuthority, course
from sluice_proxy.snapshot.issuing import CertificateAuthority


def ca(name: str, *, staging: bool = False) -> CertificateAuthority:
    return CertificateAuthority(name, f"https://{name}.test/", staging=staging)


ONE, TWO, TRIAL = ca("one"), ca("two"), ca("trial", staging=True)
ALL = (TRIAL, ONE, TWO)


def names(authorities: tuple[CertificateAuthority, ...]) -> list[str]:
    return [one.name for one in authorities]


@pytest.mark.parametrize(
    ("wanted", "trial", "not_before", "trials", "real"),
    [
        ("", False, {}, [], ["one", "two"]),
        ("two", False, {}, [], ["two"]),
        ("", True, {}, ["trial"], ["one", "two"]),
        ("two", True, {}, ["trial"], ["two"]),
        ("", False, {"one": 101.0}, [], ["two"]),
        ("", False, {"one": 99.0}, [], ["one", "two"]),
        ("one", False, {"one": 101.0}, [], []),
        ("", True, {"trial": 101.0}, [], ["one", "two"]),
    ],
)
def test_they_are_asked_in_the_order_of_the_configuration(
    wanted: str, trial: bool, not_before: dict[str, float], trials: list[str], real: list[str]
) -> None:
    to_ask = course(ALL, wanted, not_before, 100.0, trial=trial)

    assert names(to_ask.trials) == trials
    assert names(to_ask.real) == real


@pytest.mark.parametrize(
    ("configured", "wanted", "said"),
    [
        (ALL, "three", "there is no authority 'three' in issuing.acme.authorities"),
        (ALL, "trial", "the authority trial is a staging one, which issues for trials alone"),
        ((TRIAL,), "", "no authority issues for more than trials"),
        ((), "", "no authority issues for more than trials"),
    ],
)
def test_that_nobody_can_be_asked_is_said(
    configured: tuple[CertificateAuthority, ...], wanted: str, said: str
) -> None:
    with pytest.raises(NoAuthority, match=said):
        course(configured, wanted, {}, 0, trial=False)


@given(
    kinds=st.lists(st.booleans(), max_size=6),
    wanted=st.sampled_from(["", "0", "3"]),
    trial=st.booleans(),
    left_alone=st.dictionaries(st.sampled_from("012345"), st.floats(0, 200)),
)
def test_a_staging_one_never_issues_for_real(
    kinds: list[bool], wanted: str, trial: bool, left_alone: dict[str, float]
) -> None:
    configured = tuple(ca(str(n), staging=kind) for n, kind in enumerate(kinds))
    try:
        to_ask = course(configured, wanted, left_alone, 100.0, trial=trial)
    except NoAuthority:
        assert not any(not one.staging and wanted in ("", one.name) for one in configured)
        return

    assert not any(one.staging for one in to_ask.real)
    assert all(one.staging for one in to_ask.trials)
    assert trial or not to_ask.trials
    # Each real one is asked, or waited for.
    real = {one.name for one in configured if not one.staging and wanted in ("", one.name)}
    assert {*names(to_ask.real), *to_ask.later} == real
    assert all(moment > 100.0 for moment in to_ask.later.values())
