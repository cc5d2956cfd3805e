# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run groups or single stages of the tests: ``run.py test``, ``run.py unit sanity``.

A stage that fails does not stop the later ones. A table closes the run, and its last line is
``N passed, N failed``: tests where a stage counts tests, else the stage itself.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from places import CHECKOUT, environment
from stages import Stage, select

# pytest's closing line, for example "3 failed, 120 passed, 1 error in 4.20s".
_CLOSING = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s")
_COUNT = re.compile(r"(\d+) ([a-z]+)")


@dataclass(frozen=True)
class Tally:
    """How many tests passed and failed."""

    passed: int = 0
    failed: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed"


@dataclass(frozen=True)
class Outcome:
    """What became of a stage; ``seconds`` is wall time."""

    stage: Stage
    result: str
    tally: Tally
    seconds: float


def read_closing(line: str) -> Tally | None:
    """Return the counts of a pytest closing line, None for any other line."""
    closing = _CLOSING.match(line)
    if closing is None:
        return None
    counts = {what.rstrip("s"): int(number) for number, what in _COUNT.findall(closing[1])}
    return Tally(counts.get("passed", 0), counts.get("failed", 0) + counts.get("error", 0))


Say = Callable[[str], None]
"""Takes text, with its line ends, as it comes."""


def run_stages(stages: list[Stage]) -> list[Outcome]:
    """Run stages in order, those that are beside at the same time; return what became of each."""
    with ThreadPoolExecutor() as pool:
        texts: dict[str, list[str]] = {stage.name: [] for stage in stages if stage.beside}
        started = {
            stage.name: pool.submit(run_stage, stage, texts[stage.name].append)
            for stage in stages
            if stage.beside
        }
        for name in started:
            say(f"\n=== {name}: started, goes on beside the others\n")
        done = {stage.name: run_stage(stage, say) for stage in stages if not stage.beside}
        for name, running in started.items():
            done[name] = running.result()
            say("".join(texts[name]))
    return [done[stage.name] for stage in stages]


def say(text: str) -> None:
    print(text, end="", flush=True)


def run_stage(stage: Stage, say: Say) -> Outcome:
    """Run a stage's commands, handing on what they say."""
    say(f"\n=== {stage.name}: {stage.what}\n")
    start = time.monotonic()
    tally = Tally()
    good = True
    for command in stage.commands:
        code, counted = _run(command, say)
        if counted is None or (code and not counted.failed):
            counted = (counted or Tally()) + Tally(int(code == 0), int(code != 0))
        tally += counted
        good = good and code == 0
    seconds = time.monotonic() - start
    result = "ok" if good else "FAILED"
    say(f"=== {stage.name}: {result} after {seconds:.1f} s\n")
    return Outcome(stage, result, tally, seconds)


def _run(command: tuple[str, ...], say: Say) -> tuple[int, Tally | None]:
    say(f"$ {' '.join(command)}\n")
    counted: Tally | None = None
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env=environment(),
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    with process:
        for line in process.stdout or ():
            say(line)
            closing = read_closing(line)
            if closing is not None:
                counted = (counted or Tally()) + closing
    return process.returncode, counted


def table(outcomes: list[Outcome]) -> str:
    """Return the closing table, with the total as its last line."""
    lines = ["", f"{'stage':<14} {'result':<8} {'seconds':>8}  tests"]
    for outcome in outcomes:
        name = outcome.stage.name
        lines.append(f"{name:<14} {outcome.result:<8} {outcome.seconds:>8.1f}  {outcome.tally}")
    total = sum((outcome.tally for outcome in outcomes), Tally())
    return "\n".join([*lines, "", str(total)])


def main() -> int:
    """Return 0 when every stage chosen passed."""
    try:
        chosen = select(sys.argv[1:])
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if not chosen or not os.access(CHECKOUT / ".venv" / "bin" / "python", os.X_OK):
        print("usage: run.py GROUP-OR-STAGE…, after make setup", file=sys.stderr)
        return 2
    outcomes = run_stages(chosen)
    print(table(outcomes), flush=True)
    return int(any(outcome.result == "FAILED" for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main())
