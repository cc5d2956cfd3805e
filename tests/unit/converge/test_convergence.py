# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What converging guarantees for any kind, whatever is there and whatever goes wrong."""

from __future__ import annotations

from typing import List

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.errors import (
    NotConverged,
    Refused,
)
from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import (
    Desired,
    make_plan,
)
from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import State
from ansible_collections.sluice.edge.plugins.module_utils._converge.runner import (
    ATTEMPTS,
    converge,
    revert,
)
from ansible_collections.sluice.edge.tests.unit.converge.toy import (
    Fault,
    Lamp,
    Lamps,
    ToyKernel,
    add_then_delete,
    break_after,
    break_before,
    break_for_good,
    break_half_way,
    half_change,
    interrupt,
    lamps,
    pretend,
    refuse,
    shall_be,
    states,
)


def steps(have: Lamps, want: Lamps) -> int:
    """Return how many operations lead from one state to the other."""
    return len(list(make_plan(have, shall_be(want)(have), add_then_delete)))


@given(states(), states())
def test_any_state_becomes_any_other_and_a_second_run_has_nothing_to_do(
    have: Lamps, want: Lamps
) -> None:
    kernel = ToyKernel(have)
    first = converge(kernel, shall_be(want), add_then_delete)
    assert kernel.present == want
    assert first.changed == (have != want)
    carried_out = kernel.carried_out
    assert not converge(kernel, shall_be(want), add_then_delete).changed
    assert kernel.carried_out == carried_out


@given(states(), states())
def test_there_is_one_operation_for_each_entry_that_differs(have: Lamps, want: Lamps) -> None:
    kernel = ToyKernel(have)
    converge(kernel, shall_be(want), add_then_delete)
    assert kernel.carried_out == sum(have.get(key) != want.get(key) for key in {**have, **want})


@given(states(), states())
def test_without_purge_what_is_not_declared_is_never_touched(have: Lamps, want: Lamps) -> None:
    kernel = ToyKernel(have)
    converge(kernel, shall_be(want, purge=False), add_then_delete)
    assert kernel.present == {**have, **want}


@given(states(), states(), st.sets(st.integers(1, 5)))
def test_only_what_is_declared_doomed_goes(have: Lamps, want: Lamps, doomed: set) -> None:
    kernel = ToyKernel(have)
    asked: List[Lamp] = []

    def dooms(lamp: Lamp) -> bool:
        asked.append(lamp)
        return lamp.key in doomed

    converge(kernel, lambda _have: Desired(want, dooms), add_then_delete)
    kept = {key: lamp for key, lamp in have.items() if key not in doomed}
    assert kernel.present == {**kept, **want}
    assert not any(lamp.key in want for lamp in asked)


@given(states(), states())
def test_check_mode_writes_nothing_and_foretells_the_operations_and_the_diff(
    have: Lamps, want: Lamps
) -> None:
    kernel = ToyKernel(have)
    foretold = converge(kernel, shall_be(want), add_then_delete, check=True)
    assert kernel.carried_out == 0
    done = converge(kernel, shall_be(want), add_then_delete)
    assert done.as_result("lamps", True) == foretold.as_result("lamps", True)


@pytest.mark.parametrize("fault", [refuse, half_change, break_before, break_after, break_half_way])
@given(states(), states())
def test_a_failure_at_any_operation_leaves_everything_as_it_was(
    fault: Fault, have: Lamps, want: Lamps
) -> None:
    for number in range(1, steps(have, want) + 1):
        kernel = ToyKernel(have)
        kernel.faults[number] = fault
        with pytest.raises(Refused) as caught:
            converge(kernel, shall_be(want), add_then_delete)
        assert kernel.present == have
        assert caught.value.not_undone == []
        assert "\n" not in str(caught.value)


@given(states(), states())
def test_an_interrupt_at_any_operation_leaves_everything_as_it_was(
    have: Lamps, want: Lamps
) -> None:
    for number in range(1, steps(have, want) + 1):
        kernel = ToyKernel(have)
        kernel.faults[number] = interrupt
        with pytest.raises(KeyboardInterrupt):
            converge(kernel, shall_be(want), add_then_delete)
        assert kernel.present == have


@given(states(), states())
def test_a_breakdown_while_undoing_is_undone_by_a_second_try(have: Lamps, want: Lamps) -> None:
    count = steps(have, want)
    for number in range(2, count + 1):
        kernel = ToyKernel(have)
        kernel.faults[number] = break_before
        kernel.faults[number + 1] = break_after
        with pytest.raises(Refused) as caught:
            converge(kernel, shall_be(want), add_then_delete)
        assert kernel.present == have
        assert caught.value.not_undone == []


@given(states(), states())
def test_a_kernel_that_never_answers_again_is_not_said_to_be_unchanged(
    have: Lamps, want: Lamps
) -> None:
    for number in range(1, steps(have, want) + 1):
        kernel = ToyKernel(have)
        kernel.faults[number] = break_for_good
        with pytest.raises(Refused, match="NOT undone") as caught:
            converge(kernel, shall_be(want), add_then_delete)
        changed = {key for key in {**have, **want} if have.get(key) != kernel.present.get(key)}
        for key in changed:
            assert any("lamp %d:" % key in line for line in caught.value.not_undone)


@given(states(), states())
def test_an_operation_that_cannot_be_undone_is_named(have: Lamps, want: Lamps) -> None:
    for number in range(2, steps(have, want) + 1):
        kernel = ToyKernel(have)
        kernel.faults = dict.fromkeys(range(number, 1000), refuse)
        with pytest.raises(Refused, match=r"NOT undone: .*not today") as caught:
            converge(kernel, shall_be(want), add_then_delete)
        changed = {key for key in {**have, **want} if have.get(key) != kernel.present.get(key)}
        assert len(caught.value.not_undone) == len(changed) == number - 1
        assert caught.value.undone == []


def test_a_refusal_says_what_was_refused_and_what_became_of_the_rest() -> None:
    kernel = ToyKernel({})
    kernel.faults[2] = refuse
    with pytest.raises(Refused) as caught:
        converge(kernel, shall_be(lamps({1: "red", 2: "blue"})), add_then_delete)
    assert caught.value.as_result() == {
        "msg": "cannot create lamp 2: not today (everything done before was undone)",
        "undone": ["delete lamp 1"],
        "not_undone": [],
    }


def test_a_refusal_of_the_first_operation_says_that_nothing_changed() -> None:
    kernel = ToyKernel({})
    kernel.faults[1] = refuse
    with pytest.raises(Refused, match=r"not today \(nothing was changed\)$"):
        converge(kernel, shall_be(lamps({1: "red"})), add_then_delete)


@given(states(), states(), st.lists(states(), max_size=ATTEMPTS - 2))
def test_others_who_change_things_meanwhile_are_planned_around(
    have: Lamps, want: Lamps, meddled: List[Lamps]
) -> None:
    kernel = ToyKernel(have)
    pending = list(meddled)

    def declare(_have: State[Lamp]) -> Desired[Lamp]:
        # Between the reading and the writing, another program puts its own state in place.
        if pending:
            kernel.present = dict(pending.pop(0))
        return Desired(want, lambda _lamp: True)

    converge(kernel, declare, add_then_delete)
    assert kernel.last_read == want


@given(states(), states())
def test_what_another_program_made_meanwhile_is_not_taken_back(have: Lamps, want: Lamps) -> None:
    foreign = Lamp(9, "green")

    def make_foreign(kernel: ToyKernel, operation: object) -> object:
        kernel.present[9] = foreign
        return refuse(kernel, operation)  # type: ignore[arg-type]

    for number in range(1, steps(have, want) + 1):
        kernel = ToyKernel(have)
        kernel.faults[number] = make_foreign  # type: ignore[assignment]
        with pytest.raises(Refused):
            converge(kernel, shall_be(want, purge=True), add_then_delete)
        assert kernel.present == {**have, 9: foreign}


@given(states(), states())
def test_a_kernel_that_says_yes_and_does_nothing_is_found_out(have: Lamps, want: Lamps) -> None:
    count = steps(have, want)
    kernel = ToyKernel(have)
    kernel.faults = dict.fromkeys(range(1, 1000), pretend)
    if count:
        with pytest.raises(NotConverged, match=r"did not converge: wanted .*, found "):
            converge(kernel, shall_be(want), add_then_delete)
        assert kernel.carried_out >= count * ATTEMPTS
    assert kernel.present == have


@given(states(), states(), states())
def test_reverting_restores_what_was_touched_and_nothing_else(
    have: Lamps, want: Lamps, later: Lamps
) -> None:
    kernel = ToyKernel(have)
    outcome = converge(kernel, shall_be(want), add_then_delete)
    touched = {operation.subject.key for operation in outcome.plan}
    kernel.present = {key: lamp for key, lamp in later.items() if key not in touched}
    others = dict(kernel.present)
    revert(kernel, outcome, add_then_delete)
    assert kernel.present == {**others, **{key: have[key] for key in touched if key in have}}


def test_a_stage_starts_only_after_the_one_before_was_accepted_whole() -> None:
    kernel = ToyKernel(lamps({1: "red"}))
    kernel.faults[1] = refuse
    with pytest.raises(Refused):
        converge(kernel, shall_be(lamps({2: "red", 3: "blue"})), add_then_delete)
    # Both lamps of the first stage were tried, one of them taken back; nothing was deleted.
    assert kernel.carried_out == 3
    assert kernel.present == lamps({1: "red"})
