# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From two states to ordered operations. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Generic, Iterator, List, Mapping, Sequence, Tuple

from .resource import Key, Operation, R, State

Stages = Sequence[Sequence[Operation[R]]]
Arrange = Callable[[Sequence[Operation[R]], State[R]], Stages[R]]


def _nothing(_entry: object) -> bool:
    return False


@dataclass(frozen=True)
class Desired(Generic[R]):
    """What shall be: ``wanted`` entries by key, and which of the others shall go.

    ``doomed`` is asked only about existing entries that are not wanted; whatever it declines is
    foreign and is never touched.
    """

    wanted: Mapping[Key, R]
    doomed: Callable[[R], bool] = field(default=_nothing)


@dataclass(frozen=True)
class Plan(Generic[R]):
    """Operations in stages; a stage starts only after the one before it was accepted whole."""

    stages: Tuple[Tuple[Operation[R], ...], ...] = ()

    def __iter__(self) -> Iterator[Operation[R]]:
        for stage in self.stages:
            yield from stage

    def __bool__(self) -> bool:
        return bool(self.stages)


def make_plan(have: State[R], desired: Desired[R], arrange: Arrange[R]) -> Plan[R]:
    """Return the fewest operations that lead from ``have`` to ``desired``.

    ``arrange`` puts them into the stages that are safe for their kind (add before delete); it
    gets the observed state because an entry's place may depend on what exists.
    """
    operations: List[Operation[R]] = []
    wanted = desired.wanted
    for key, entry in wanted.items():
        present = have.get(key)
        if present is None:
            operations.append(Operation(None, entry))
        elif present != entry:
            operations.append(Operation(present, entry))
    doomed = desired.doomed
    if doomed is not _nothing:
        for key, entry in have.items():
            if key not in wanted and doomed(entry):
                operations.append(Operation(entry, None))
    if not operations:
        return Plan()
    return Plan(tuple(tuple(stage) for stage in arrange(operations, have) if stage))
