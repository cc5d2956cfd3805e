# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest kind there can be: lamps with a colour, and a kernel that keeps them."""

from __future__ import annotations

from typing import Callable, Dict, List, Mapping, NamedTuple, Optional, Sequence

from hypothesis import strategies as st

from ansible_collections.sluice.edge.plugins.module_utils._converge.plan import Desired, Stages
from ansible_collections.sluice.edge.plugins.module_utils._converge.resource import (
    Operation,
    Refusal,
    State,
)

COLOURS = ("red", "green", "blue")


class Lamp(NamedTuple):
    key: int
    colour: str

    @property
    def name(self) -> str:
        return "lamp %d" % self.key

    def line(self) -> str:
        return "lamp %d %s" % (self.key, self.colour)


Lamps = Dict[int, Lamp]
Fault = Callable[["ToyKernel", Operation[Lamp]], Optional[Refusal]]


def lamps(colours: Mapping[int, str]) -> Lamps:
    return {key: Lamp(key, colour) for key, colour in colours.items()}


def states(keys: int = 5) -> st.SearchStrategy[Lamps]:
    """Any state of a few lamps."""
    return st.dictionaries(st.integers(1, keys), st.sampled_from(COLOURS)).map(lamps)


def shall_be(wanted: Lamps, purge: bool = True) -> Callable[[State[Lamp]], Desired[Lamp]]:
    return lambda _have: Desired(wanted, lambda _lamp: purge)


def add_then_delete(operations: Sequence[Operation[Lamp]], _have: State[Lamp]) -> Stages[Lamp]:
    return [
        [operation for operation in operations if operation.verb == verb]
        for verb in ("create", "change", "delete")
    ]


class ToyKernel:
    """A driver on a dictionary. ``faults`` act on the n-th operation from now on, from 1."""

    def __init__(self, present: Lamps) -> None:
        self.present = dict(present)
        self.faults: Dict[int, Fault] = {}
        self.last_read: Lamps = {}
        self.reachable = True
        self.carried_out = 0

    def read(self) -> Lamps:
        self._reach()
        self.last_read = dict(self.present)
        return dict(self.present)

    def apply(self, operations: Sequence[Operation[Lamp]]) -> List[Optional[Refusal]]:
        self._reach()
        return [self._one(operation) for operation in operations]

    def _reach(self) -> None:
        if not self.reachable:
            raise OSError("no answer")

    def _one(self, operation: Operation[Lamp]) -> Optional[Refusal]:
        self.carried_out += 1
        fault = self.faults.pop(self.carried_out, None)
        if fault is not None:
            return fault(self, operation)
        return self.do(operation)

    def do(self, operation: Operation[Lamp]) -> Optional[Refusal]:
        key = operation.subject.key
        if (operation.before is None) == (key in self.present):
            return Refusal("it exists" if key in self.present else "it is gone", stale=True)
        if operation.after is None:
            del self.present[key]
        else:
            self.present[key] = operation.after
        return None


def refuse(_kernel: ToyKernel, _operation: Operation[Lamp]) -> Refusal:
    return Refusal("not today")


def half_change(kernel: ToyKernel, operation: Operation[Lamp]) -> Refusal:
    """Refuse, but leave a changed entry in a state that is neither the old nor the new."""
    if operation.verb == "change":
        kernel.present[operation.subject.key] = Lamp(operation.subject.key, "flickering")
    return Refusal("it flickers")


def pretend(_kernel: ToyKernel, _operation: Operation[Lamp]) -> None:
    """Say yes and do nothing."""


def break_before(_kernel: ToyKernel, _operation: Operation[Lamp]) -> Refusal:
    raise OSError("broken pipe")


def break_after(kernel: ToyKernel, operation: Operation[Lamp]) -> Refusal:
    kernel.do(operation)
    raise OSError("broken pipe")


def break_half_way(kernel: ToyKernel, operation: Operation[Lamp]) -> Refusal:
    half_change(kernel, operation)
    raise OSError("broken pipe")


def break_for_good(kernel: ToyKernel, operation: Operation[Lamp]) -> Refusal:
    kernel.do(operation)
    kernel.reachable = False
    raise OSError("broken pipe")


def interrupt(kernel: ToyKernel, operation: Operation[Lamp]) -> Refusal:
    kernel.do(operation)
    raise KeyboardInterrupt
