# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Any two tables, and a fake kernel that fails wherever it can."""

from __future__ import annotations

import errno
from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    EdgeError,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import Desired
from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import Outcome, converge
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.driver import IpvsDriver
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.model import Entry, Service, Table
from ansible_collections.sluice.edge.plugins.module_utils._ipvs.plan import arrange
from ansible_collections.sluice.edge.tests.fakes.ipvs import FakeIpvs
from ansible_collections.sluice.edge.tests.unit.ipvs.tables import (
    Pair,
    arrange_all,
    kernel_with,
    pairs,
)


def bring(fake: FakeIpvs, want: Table, purge: bool = True) -> Outcome[Entry]:
    driver = IpvsDriver(fake)
    return converge(driver, lambda _have: Desired(want, lambda _entry: purge), arrange)


@given(pairs())
def test_any_table_becomes_any_other_and_a_second_run_writes_nothing(pair: Pair) -> None:
    have, want = pair
    fake = kernel_with(have)
    bring(fake, want)
    assert IpvsDriver(fake).read() == want
    written = len(fake.log)
    assert not bring(fake, want).changed
    assert len(fake.log) == written


@given(pairs())
def test_without_purge_foreign_entries_stay_as_they_are(pair: Pair) -> None:
    have, want = pair
    fake = kernel_with(have)
    bring(fake, want, purge=False)
    assert IpvsDriver(fake).read() == {**have, **want}
    keys = {(entry.service, entry.dest) for entry in fake.log}
    assert len(keys) == sum(have.get(key) != entry for key, entry in want.items())


@given(pairs(), st.sampled_from([errno.ENOMEM, errno.EINVAL, errno.EPERM]))
def test_a_refusal_of_any_write_leaves_the_kernel_as_it_was(pair: Pair, error: int) -> None:
    have, want = pair
    for number in range(1, len(arrange_all(have, want)) + 1):
        fake = kernel_with(have)
        before = fake.snapshot()
        fake.fail_write(number, error)
        with pytest.raises(Refused) as caught:
            bring(fake, want)
        assert fake.snapshot() == before
        assert caught.value.not_undone == []
        assert "\n" not in str(caught.value)


@given(pairs(), st.booleans())
def test_a_breakdown_at_any_write_leaves_the_kernel_as_it_was(pair: Pair, after: bool) -> None:
    have, want = pair
    for number in range(1, len(arrange_all(have, want)) + 1):
        fake = kernel_with(have)
        before = fake.snapshot()
        fake.break_down(number, after)
        with pytest.raises(Refused, match="does not answer over netlink"):
            bring(fake, want)
        assert fake.snapshot() == before


@given(pairs())
def test_a_scheduler_lost_by_a_failed_change_is_bound_again(pair: Pair) -> None:
    have, want = pair
    writes = arrange_all(have, want)
    for number, operation in enumerate(writes, 1):
        if operation.verb != "change" or not isinstance(operation.subject, Service):
            continue
        fake = kernel_with(have)
        before = fake.snapshot()
        fake.lose_scheduler(number)
        with pytest.raises(Refused):
            bring(fake, want)
        assert fake.snapshot() == before


@given(pairs())
def test_entries_that_a_dump_repeats_are_there_once(pair: Pair) -> None:
    have, want = pair
    fake = kernel_with(have)
    fake.repeat_dumped_entries = True
    bring(fake, want)
    assert IpvsDriver(fake).read() == want


@given(pairs())
def test_servers_join_before_anything_is_removed_and_services_come_and_go_around_theirs(
    pair: Pair,
) -> None:
    have, want = pair
    fake = kernel_with(have)
    existing = set(fake.services)
    bring(fake, want)
    removed = False
    alive = {key: set(service[5]) for key, service in kernel_with(have).snapshot().items()}
    for entry in fake.log:
        removed = removed or entry.command.startswith("DEL")
        if entry.command == "NEW_DEST" and entry.service in existing:
            assert not removed
        if entry.command == "NEW_SERVICE":
            assert not removed
            alive[entry.service] = set()
        elif entry.command == "NEW_DEST":
            alive[entry.service].add(entry.dest)
        elif entry.command == "DEL_DEST":
            alive[entry.service].remove(entry.dest)
        elif entry.command == "DEL_SERVICE":
            assert alive.pop(entry.service) == set()


@given(pairs(), pairs(), st.lists(st.integers(1, 12), max_size=3, unique=True))
def test_what_others_write_at_any_moment_is_planned_around(
    pair: Pair, other: Pair, moments: List[int]
) -> None:
    have, want = pair
    fake = kernel_with(have)
    others = IpvsDriver(_Unlogged(fake))
    for moment in moments:
        fake.before_write(moment, lambda: others.apply(arrange_all(have, other[1])))
    bring(fake, want)
    assert IpvsDriver(fake).read() == want


class _Unlogged(FakeIpvs):
    """Another program's way to the same kernel."""

    def __init__(self, fake: FakeIpvs) -> None:
        super().__init__()
        self._fake = fake

    def batch(self, requests: list) -> list:  # type: ignore[override]
        return [self._fake.other_program(request) for request in requests]


def test_a_kernel_that_cannot_be_read_is_one_line() -> None:
    fake = FakeIpvs()
    fake.unreachable = True
    with pytest.raises(EdgeError, match=r"^the kernel's IPVS does not answer over netlink: No buf"):
        bring(fake, {})


def test_only_the_servers_of_the_services_asked_for_are_read() -> None:
    fake = FakeIpvs()
    IpvsDriver(fake, servers_of=frozenset()).read()
    assert fake.reads == 1
