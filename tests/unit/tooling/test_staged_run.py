# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The staged runner counts what ran, goes on after a failure, and never hides one."""

from __future__ import annotations

from pathlib import Path

import pytest
import run
import stages
from run import Tally
from stages import Stage


@pytest.mark.parametrize(
    ("line", "tally"),
    [
        ("52 passed in 0.12s\n", Tally(52, 0)),
        ("3 failed, 120 passed, 2 errors in 4.20s\n", Tally(120, 5)),
        ("===== 1 failed, 2 passed, 1 warning in 61.00s (0:01:01) =====\n", Tally(2, 1)),
        ("no tests ran in 0.00s\n", None),
        ("ok: [host]\n", None),
        ("the 3 passed in 1 step\n", None),
    ],
)
def test_closing_lines_of_pytest_are_counted(line: str, tally: Tally | None) -> None:
    assert run.read_closing(line) == tally


def test_a_command_that_counts_nothing_is_one_test() -> None:
    assert run.run_stage(Stage("x", "", (("true",),)), run.say).tally == Tally(1, 0)
    assert run.run_stage(Stage("x", "", (("false",),)), run.say).tally == Tally(0, 1)


def test_a_failing_command_does_not_stop_the_next_and_fails_the_stage() -> None:
    outcome = run.run_stage(Stage("x", "", (("false",), ("true",))), run.say)
    assert (outcome.result, outcome.tally) == ("FAILED", Tally(1, 1))


def test_an_exit_code_counts_even_when_all_counted_tests_passed() -> None:
    crash = ("sh", "-c", "echo 5 passed in 0.10s; exit 3")
    outcome = run.run_stage(Stage("x", "", (crash,)), run.say)
    assert (outcome.result, outcome.tally) == ("FAILED", Tally(5, 1))


def test_the_table_ends_with_the_total() -> None:
    stage = Stage("x", "", ())
    outcomes = [run.Outcome(stage, "ok", Tally(2, 0), 1.0), run.Outcome(stage, "ok", Tally(1), 1.0)]
    assert run.table(outcomes).splitlines()[-1] == "3 passed, 0 failed"


def test_groups_and_single_stages_can_be_named() -> None:
    chosen = stages.select(["check", "sanity"])
    assert chosen == [*stages.GROUPS["check"], stages.SANITY]


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"nonsense is neither .* there are: check, lint, test"):
        stages.select(["nonsense"])


def test_a_stage_beside_runs_at_the_same_time_and_speaks_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sign = tmp_path / "sign"
    waits = f"""import os, time
while not os.path.exists({str(sign)!r}):
    time.sleep(0.01)
print("seen")"""
    makes = f"open({str(sign)!r}, 'w').close(); print('made')"
    stages = [
        Stage("first", "", (("python3", "-c", makes),)),
        Stage("second", "", (("python3", "-c", waits),), beside=True),
    ]
    outcomes = run.run_stages(stages)
    assert [outcome.stage.name for outcome in outcomes] == ["first", "second"]
    assert all(outcome.result == "ok" for outcome in outcomes)
    said = capsys.readouterr().out.splitlines()
    assert said.index("made") < said.index("seen")
