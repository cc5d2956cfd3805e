# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done, so that it can be taken back in reverse."""

from __future__ import annotations

from contextlib import suppress
from typing import Dict, Generic, List, Optional, Sequence, Tuple

from .errors import EdgeError
from .resource import Driver, Key, Operation, R, Refusal


class Journal(Generic[R]):
    """The operations a driver accepted, in order, and the entries it may have touched."""

    def __init__(self, driver: Driver[R]) -> None:
        self._driver = driver
        self._done: List[Operation[R]] = []
        self._doubtful: List[Operation[R]] = []
        self._original: Dict[Key, Optional[R]] = {}

    def apply(self, stage: Sequence[Operation[R]]) -> List[Tuple[Operation[R], Refusal]]:
        """Do one stage; return the refused operations with their refusals.

        When the driver breaks down in the middle (an exception instead of answers), the exception
        goes on, and undo finds out what took effect.
        """
        try:
            answers = self._driver.apply(stage)
        except BaseException:
            self._doubtful = list(stage)
            raise
        refused = []
        for operation, refusal in zip(stage, answers):
            if refusal is None:
                self._record(operation)
            else:
                refused.append((operation, refusal))
                # It may be half changed, or have gone with something else of the stage.
                if operation.before is not None and not refusal.stale:
                    self._original.setdefault(operation.subject.key, operation.before)
        return refused

    def undo(self) -> Tuple[List[str], List[str]]:
        """Take everything back, newest first; return (undone, not undone) as lines.

        Then read again: an entry that still differs from what was found at first (a refused
        change can leave one half changed, and the undoing can break down too) is set back as well.
        """
        steps = _inverse(self._done + self._doubtful)
        try:
            self._settle_doubts()
            steps = _inverse(self._done)
            undone, kept = self._take_back_twice(steps)
        except (EdgeError, OSError) as error:
            return [], ["%s: %s" % (operation, error) for operation in steps]
        return undone, kept

    def _record(self, operation: Operation[R]) -> None:
        self._done.append(operation)
        self._original.setdefault(operation.subject.key, operation.before)

    def _settle_doubts(self) -> None:
        if not self._doubtful:
            return
        present = self._driver.read()
        for operation in self._doubtful:
            key = operation.subject.key
            found = present.get(key)
            if found == operation.after:
                self._record(operation)
            elif operation.verb == "change" and found != operation.before:
                self._original.setdefault(key, operation.before)

    def _take_back_twice(self, steps: List[Operation[R]]) -> Tuple[List[str], List[str]]:
        kept: Dict[Key, str] = {}
        # What it does before it breaks down shows in the reading that follows.
        with suppress(EdgeError, OSError):
            kept = self._take_back(steps)
        remaining = self._remaining(kept)
        kept.update(self._take_back(remaining))
        subjects = {operation.subject.key for operation in steps}
        more = [operation for operation in remaining if operation.subject.key not in subjects]
        undone = [str(step) for step in steps + more if step.subject.key not in kept]
        return undone, list(kept.values())

    def _take_back(self, steps: List[Operation[R]]) -> Dict[Key, str]:
        """Carry out steps; return those that were refused, as lines with the reason."""
        kept: Dict[Key, str] = {}
        if not steps:
            return kept
        for operation, refusal in zip(steps, self._driver.apply(steps)):
            gone_already = refusal is not None and refusal.stale and operation.after is None
            if refusal is not None and not gone_already:
                kept[operation.subject.key] = "%s: %s" % (operation, refusal.reason)
        return kept

    def _remaining(self, kept: Dict[Key, str]) -> List[Operation[R]]:
        present = self._driver.read()
        # Newest first: a service has to be there again before its servers.
        return [
            Operation(present.get(key), original)
            for key, original in reversed(list(self._original.items()))
            if key not in kept and present.get(key) != original
        ]


def _inverse(operations: List[Operation[R]]) -> List[Operation[R]]:
    return [operation.inverse() for operation in reversed(operations)]
