# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One task's part in a record: read before the kernel is touched, written after it has agreed.

The kernel comes first, so that a record never holds what the kernel refused; a process that is
killed in between leaves a record that the next run of the same task completes. Reading comes
before both: a broken record stops a task that could change the kernel but not record it.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Callable, Dict, Generic, Iterator, List, Mapping, NamedTuple, Optional, Set

from .._converge.diff import joined, render
from .._converge.errors import EdgeError, InvalidInput, Refused
from .._converge.plan import Desired, Plan, make_plan
from .._converge.resource import Key, Operation, R, State
from .._converge.runner import Outcome
from .store import RecordName, Store, broken
from .text import Resources

PREFIX = "record: "

Declare = Callable[[State[R]], Desired[R]]
Seen = State[Any]


class Parts(NamedTuple):
    """What a task is about: the running kernel, the record, or both."""

    runtime: bool
    record: bool


def read_parts(params: Mapping[str, Any]) -> Parts:
    """Return what ``runtime`` and ``persist`` of a module's parameters ask for.

    Only a ``persist`` that is true records: the modules' argument specifications set it, so that
    other callers of the engine write no records unless they ask for it.
    """
    parts = Parts(params.get("runtime") is not False, bool(params.get("persist")))
    if not parts.runtime and not parts.record:
        raise InvalidInput("runtime: false needs persist: true: otherwise there is nothing to do")
    return parts


@dataclass(frozen=True)
class Form(Generic[R]):
    """How a kind's record is understood: resources to entries, and back in a constant order.

    ``read`` raises InvalidInput for the first resource that cannot be read.
    """

    kind: str
    read: Callable[[Resources], Dict[Key, R]]
    write: Callable[[State[R]], Resources]

    def entries(self, store: Store, name: RecordName) -> Dict[Key, R]:
        """Return the entries of a record; raises BrokenRecord and names the wrong one."""
        resources = store.read(name)
        try:
            return self.read(resources)
        except InvalidInput as error:
            raise broken(store.path(name), "is wrong: %s" % error) from None


def forget(
    form: Form[Any], store: Store, name: RecordName, goes: Callable[[State[Any]], Set[Key]]
) -> List[str]:
    """Drop from a record the entries whose keys ``goes`` returns; return what was, as lines.

    The kernel stays as it is. Raises EdgeError; then the record is as it was.
    """
    with store.sole_writer(name):
        have = form.entries(store, name)
        keys = goes(have)
        if keys:
            store.write(name, form.write({key: have[key] for key in have if key not in keys}))
    return [PREFIX + str(Operation(have[key], None)) for key in have if key in keys]


class Runtime(NamedTuple):
    """The kernel's part of a task: to do it, or in check mode predict it, and to take it back."""

    converge: Callable[[], Outcome[Any]]
    revert: Callable[[Outcome[Any]], object]


class Done(NamedTuple):
    """What a task did to the kernel, None when it was left out, and to the record."""

    outcome: Optional[Outcome[Any]]
    recorded: Plan[Any]

    def as_result(self, title: str, with_diff: bool) -> Dict[str, Any]:
        """Return a module's result for both parts together."""
        result: Dict[str, Any] = {
            "changed": bool(self.recorded),
            "operations": [PREFIX + str(operation) for operation in self.recorded],
        }
        if with_diff:
            diff = render(self.recorded, title)
            result["diff"] = dict(
                diff, before=_marked(diff["before"]), after=_marked(diff["after"])
            )
        if self.outcome is None:
            return result
        return joined(self.outcome.as_result(title, with_diff), result)


class Keeper(Generic[R]):
    """Keeps the record of one kind in one network namespace for one task."""

    def __init__(self, form: Form[R], params: Mapping[str, Any], store: Store) -> None:
        """``params`` are the module's; raises InvalidInput when they ask for nothing."""
        self.parts = read_parts(params)
        self._form = form
        self._name = RecordName(form.kind, params.get("netns"))
        self._store = store
        self.have: State[R] = {}
        """What the record holds, once it is opened."""

    def require_readable(self) -> None:
        """Raise BrokenRecord before long work, rather than at its end."""
        if self.parts.record:
            self._form.entries(self._store, self._name)

    @contextmanager
    def opened(self, check: bool) -> Iterator[None]:
        """Hold the record during the body; a body that fails leaves it as it was."""
        if not self.parts.record:
            yield
        elif check:
            self.have = self._form.entries(self._store, self._name)
            yield
        else:
            with self._store.sole_writer(self._name):
                self.have = self._form.entries(self._store, self._name)
                yield

    def run(
        self, check: bool, runtime: Optional[Runtime], declare: Callable[[Seen], Declare[R]]
    ) -> Done:
        """Do both parts of a task, the kernel's first; None for ``runtime`` leaves the kernel out.

        ``declare`` gets what the kernel had, and returns what the record shall hold, given what it
        holds. A failure leaves both as they were.
        """
        with self.opened(check):
            if runtime is None:
                return Done(None, self.keep(declare({}), check))
            outcome = runtime.converge()
            recorded = self.keep(
                declare(outcome.observed), check, outcome, lambda: runtime.revert(outcome)
            )
            return Done(outcome, recorded)

    def keep(
        self,
        declare: Declare[R],
        check: bool,
        outcome: Optional[Outcome[Any]] = None,
        undo: Callable[[], object] = lambda: None,
    ) -> Plan[R]:
        """Write what ``declare`` says of the record; return the operations on it.

        When that fails, ``undo`` takes back what the task did to the kernel, its ``outcome`` and
        whatever it did beside it.
        """
        if not self.parts.record:
            return Plan()
        try:
            plan = make_plan(self.have, declare(self.have), _at_once)
            if plan and not check:
                self._store.write(self._name, self._form.write(_applied(self.have, plan)))
            return plan
        except (EdgeError, OSError) as error:
            if check or outcome is None:
                raise
            raise _taken_back(error, outcome, undo) from None
        except BaseException:
            if not check:
                undo()
            raise


def _marked(text: str) -> str:
    return "".join(PREFIX + line for line in text.splitlines(True))


def _at_once(operations: Any, _have: Any) -> List[Any]:
    return [operations]


def _applied(have: State[R], plan: Plan[R]) -> Dict[Key, R]:
    entries = dict(have)
    for operation in plan:
        if operation.after is None:
            del entries[operation.subject.key]
        else:
            entries[operation.subject.key] = operation.after
    return entries


def _taken_back(error: Exception, outcome: Outcome[Any], undo: Callable[[], object]) -> Exception:
    steps = [str(operation.inverse()) for operation in _newest_first(outcome.plan)]
    try:
        undo()
    except (EdgeError, OSError) as failure:
        return Refused("%s; taking the changes back failed too: %s" % (error, failure), [], steps)
    if not steps:
        return error
    return Refused("%s (everything done before was undone)" % error, steps)


def _newest_first(plan: Plan[Any]) -> List[Operation[Any]]:
    return list(reversed(list(plan)))
