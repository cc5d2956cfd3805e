# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read, plan, apply, read again: the one way by which anything is converged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, List, Tuple

from .diff import render
from .errors import EdgeError, NotConverged, Refused
from .journal import Journal
from .plan import Arrange, Desired, Plan, make_plan
from .resource import Driver, Operation, R, Refusal, State
from .telling import difference, undo_summary

ATTEMPTS = 20
"""How often a plan is made anew when others change the same entries meanwhile."""


@dataclass(frozen=True)
class Outcome(Generic[R]):
    """What a run found and planned; the same whether it was applied or only checked."""

    observed: State[R]
    plan: Plan[R]

    @property
    def changed(self) -> bool:
        return bool(self.plan)

    def as_result(self, title: str, with_diff: bool) -> Dict[str, Any]:
        """Return the keys every module's result has: changed, operations, and the diff."""
        result: Dict[str, Any] = {
            "changed": self.changed,
            "operations": [str(operation) for operation in self.plan],
        }
        if with_diff:
            result["diff"] = render(self.plan, title)
        return result


def converge(
    driver: Driver[R],
    declare: Callable[[State[R]], Desired[R]],
    arrange: Arrange[R],
    check: bool = False,
) -> Outcome[R]:
    """Bring what ``driver`` reads to what ``declare`` says of it, or, in check, only predict it.

    Raises Refused when the kernel refuses an operation and NotConverged when reading again shows
    something else; in both cases what had been done was undone in reverse, and the error says
    what was and what could not be.
    """
    observed = driver.read()
    first = make_plan(observed, declare(observed), arrange)
    outcome = Outcome(observed, first)
    if check or not first:
        return outcome
    journal: Journal[R] = Journal(driver)
    try:
        _apply(journal, driver, declare, arrange, first)
    except (EdgeError, OSError) as error:
        undone, kept = journal.undo()
        kind = NotConverged if isinstance(error, NotConverged) else Refused
        raise kind("%s (%s)" % (error, undo_summary(undone, kept)), undone, kept) from None
    except BaseException:
        journal.undo()
        raise
    return outcome


def revert(driver: Driver[R], outcome: Outcome[R], arrange: Arrange[R]) -> Outcome[R]:
    """Bring every entry that a converged ``outcome`` touched back to what had been observed.

    For work that goes on after converging and fails there. Returns what that took; raises as
    converge does.
    """
    original = {operation.subject.key: operation.before for operation in outcome.plan}
    wanted = {key: entry for key, entry in original.items() if entry is not None}

    def declare(_have: State[R]) -> Desired[R]:
        return Desired(wanted, lambda entry: entry.key in original)

    return converge(driver, declare, arrange)


def _apply(
    journal: Journal[R],
    driver: Driver[R],
    declare: Callable[[State[R]], Desired[R]],
    arrange: Arrange[R],
    plan: Plan[R],
) -> None:
    for attempt in range(ATTEMPTS):
        last = attempt == ATTEMPTS - 1
        for stage in plan.stages:
            refused = journal.apply(stage)
            if refused:
                _raise_unless_stale(refused, last)
                break
        present = driver.read()
        plan = make_plan(present, declare(present), arrange)
        if not plan:
            return
    raise NotConverged(difference(next(iter(plan))))


def _raise_unless_stale(refused: List[Tuple[Operation[R], Refusal]], last: bool) -> None:
    for operation, refusal in refused:
        if last or not refusal.stale:
            raise Refused("cannot %s: %s" % (operation, refusal.reason))
