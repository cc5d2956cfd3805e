# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Planning, making and taking back changes at a running proxy, which does each batch as one."""

from __future__ import annotations

from contextlib import suppress
from typing import (
    Any,
    Callable,
    Dict,
    Iterable,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from .._converge.diff import render
from .._converge.errors import EdgeError, NotConverged, Refused
from .._converge.resource import Operation
from .._converge.telling import difference, undo_summary
from .._kernel.termination import termination_deferred
from .answers import CHANGES, Outdated, listed, planned, refusal
from .client import Answer, encoded
from .model import CERTIFICATE, FOLDERS, GIVEN, Batch, Change, Entry, Key

ATTEMPTS = 20
"""How often a plan is made anew when others change the same kind meanwhile."""
MOST_ASKED = 16
"""Names that are asked for one by one; for more, all are read: a request has no room for them."""
OK = 200
DRY_RUN = CHANGES + "?dry_run=true"

Operations = Tuple[Operation[Entry], ...]


class Api(Protocol):
    """Where requests go: to the admin socket, or to what stands for it."""

    def get(self, target: str) -> Answer:
        """Return the answer to a GET; raises Unavailable."""

    def post(self, target: str, value: Mapping[str, Any]) -> Answer:
        """Return the answer to a POST of a JSON value; raises Unavailable."""


class ProxyDriver:
    """One running proxy, and what was changed at it."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._made: List[Operation[Entry]] = []

    @property
    def made(self) -> Operations:
        """What was changed and not taken back, one operation for each entry."""
        return merged(self._made)

    def read(
        self, kind: str, ids: Sequence[str] = (), owner: Optional[str] = None
    ) -> Tuple[int, List[Entry]]:
        """Return the revision, and the entries of a kind: all, those of some ids, or an owner's."""
        pairs = [("id", each) for each in ids] if len(ids) <= MOST_ASKED else []
        if owner is not None:
            pairs.append(("owner", owner))
        query = "&".join("%s=%s" % (name, encoded(value)) for name, value in pairs)
        answer = self._api.get(FOLDERS[kind] + ("?" + query if query else ""))
        if answer.status != OK:
            raise refusal(answer.status, answer.body, Batch(kind))
        revision, entries = listed(answer.body)
        wanted = set(ids)
        return revision, [entry for entry in entries if not wanted or entry.id in wanted]

    def plan(self, declare: Callable[[], Batch]) -> Operations:
        """Return what the batch that ``declare`` makes would come to.

        It is asked again when somebody wrote meanwhile. Raises InvalidInput for what is wrong.
        """
        for _attempt in range(ATTEMPTS):
            with suppress(Outdated):
                return self._post(DRY_RUN, declare())
        raise _never_still()

    def converge(self, declare: Callable[[], Batch]) -> None:
        """Make the changes that ``declare`` returns, which is asked before each attempt.

        The proxy plans and makes a batch in one step, so that what is made is what was planned.
        What was changed is then planned once more, and there has to be nothing left to do. Raises
        Refused or NotConverged with what was taken back, and what could not be.
        """
        begun = len(self._made)
        left: Operations = ()
        try:
            for _attempt in range(ATTEMPTS):
                with suppress(Outdated):
                    batch = declare()
                    done = self._make(batch)
                    left = self._post(DRY_RUN, batch.about(done)) if done else ()
                    if not left:
                        return
            raise NotConverged(difference(left[0])) if left else _never_still()
        except EdgeError as error:
            if len(self._made) == begun and not isinstance(error, NotConverged):
                raise
            undone, kept = self.undo(begun)
            kind = NotConverged if isinstance(error, NotConverged) else Refused
            raise kind("%s (%s)" % (error, undo_summary(undone, kept)), undone, kept) from None
        except BaseException:
            self.undo(begun)
            raise

    def undo(self, begun: int = 0) -> Tuple[List[str], List[str]]:
        """Take back what was made, in one batch; return (undone, not undone) as lines.

        ``begun`` leaves alone what was made before that many operations.
        """
        made = merged(self._made[begun:])
        del self._made[begun:]
        steps = [operation.inverse() for operation in reversed(made)]
        possible = [step for step in steps if not _needs_secrets(step)]
        kept = [
            "%s: the proxy does not give its key away" % step
            for step in steps
            if _needs_secrets(step)
        ]
        if not possible:
            return [], kept
        changes = tuple(_inverse_change(step) for step in possible)
        try:
            with termination_deferred():
                self._post(CHANGES, Batch(changes[0].kind, changes))
        except EdgeError as error:
            return [], ["%s: %s" % (step, error) for step in possible] + kept
        return [str(step) for step in possible], kept

    def _make(self, batch: Batch) -> Operations:
        # The proxy carries a change out once it has the whole request. A signal waits for the
        # answer, so that there is no doubt what has to be taken back.
        with termination_deferred():
            done = self._post(CHANGES, batch)
            self._made.extend(done)
        return done

    def _post(self, target: str, batch: Batch) -> Operations:
        answer = self._api.post(target, batch.as_json())
        if answer.status != OK:
            raise refusal(answer.status, answer.body, batch)
        return planned(answer.body)


class Outcome(NamedTuple):
    """What a task came to, or would come to."""

    operations: Tuple[Operation[Any], ...]

    def as_result(self, title: str, with_diff: bool) -> Dict[str, Any]:
        """Return the keys every module's result has: changed, operations, and the diff."""
        result: Dict[str, Any] = {
            "changed": bool(self.operations),
            "operations": [str(operation) for operation in self.operations],
        }
        if with_diff:
            result["diff"] = render(self.operations, title)
        return result


def converged(proxy: ProxyDriver, declare: Callable[[], Batch], check: bool) -> Outcome:
    """Make what ``declare`` returns, or, in check, only predict it; raises as converge does."""
    if check:
        return Outcome(proxy.plan(declare))
    proxy.converge(declare)
    return Outcome(proxy.made)


def merged(operations: Iterable[Operation[Entry]]) -> Operations:
    """Return operations one after the other as one for each entry, in order."""
    found: Dict[Key, Operation[Entry]] = {}
    for operation in operations:
        key = operation.subject.key
        earlier = found.get(key)
        found[key] = operation if earlier is None else Operation(earlier.before, operation.after)
    return tuple(
        step for step in found.values() if step.before is not None or step.after is not None
    )


def _needs_secrets(step: Operation[Entry]) -> bool:
    after = step.after
    return (
        after is not None and after.kind == CERTIFICATE and after.document.get("provider") == GIVEN
    )


def _inverse_change(step: Operation[Entry]) -> Change:
    """Return the change for a step of undoing; only what is still as it was made is touched."""
    expected = 0 if step.before is None else step.before.version
    subject = step.subject
    if step.after is None:
        return Change(subject.kind, subject.id, None, None, expected)
    return Change(subject.kind, subject.id, step.after.document, step.after.owner, expected)


def _never_still() -> NotConverged:
    return NotConverged(
        "others change the same things of the proxy all the time: run the task again when they rest"
    )
