# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a plan looks as a diff."""

from __future__ import annotations

from hypothesis import given

from ansible_collections.sluice.edge.plugins.module_utils._converge.diff import joined, render
from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import make_plan
from ansible_collections.sluice.edge.tests.unit.converge.toy import (
    Lamps,
    add_then_delete,
    lamps,
    shall_be,
    states,
)


def diff(have: Lamps, want: Lamps) -> dict:
    return render(make_plan(have, shall_be(want)(have), add_then_delete), "lamps")


@given(states(9), states(9))
def test_each_side_has_one_line_for_each_entry_that_differs_and_is_sorted(
    have: Lamps, want: Lamps
) -> None:
    differing = [key for key in sorted({**have, **want}) if have.get(key) != want.get(key)]
    found = diff(have, want)
    before = [have[key].line() + "\n" for key in differing if key in have]
    after = [want[key].line() + "\n" for key in differing if key in want]
    assert (found["before"], found["after"]) == ("".join(before), "".join(after))


def test_the_headers_name_the_table() -> None:
    assert diff({}, lamps({1: "red"})) == {
        "before_header": "lamps",
        "after_header": "lamps",
        "before": "",
        "after": "lamp 1 red\n",
    }


def test_two_tables_of_one_task_have_one_diff() -> None:
    first = {"changed": True, "operations": ["a"], "diff": {"before": "1\n", "after": "2\n"}}
    second = {"changed": False, "operations": [], "diff": {"before": "3\n", "after": "4\n"}}
    both = joined(first, second)
    assert (both["changed"], both["operations"]) == (True, ["a"])
    assert (both["diff"]["before"], both["diff"]["after"]) == ("1\n3\n", "2\n4\n")
