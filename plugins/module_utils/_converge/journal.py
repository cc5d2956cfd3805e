# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done, so that it can be taken back in reverse."""

from __future__ import annotations

from typing import Dict, Generic, List, Optional, Sequence, Tuple

from .errors import EdgeError
from .resource import Driver, Key, Operation, R, Refusal


class Journal(Generic[R]):
    """The operations a driver accepted, in order, and the entries it may have touched."""

    def __init__(self, driver: Driver[R]) -> None:
        self._driver = driver
        self._done: List[Operation[R]] = []
        self._original: Dict[Key, Optional[R]] = {}

    def apply(self, stage: Sequence[Operation[R]]) -> List[Tuple[Operation[R], Refusal]]:
        """Do one stage; return the refused operations with their refusals.

        When the driver breaks down in the middle (an exception instead of answers), what took
        effect is found by reading again, journalled, and the exception goes on.
        """
        try:
            answers = self._driver.apply(stage)
        except BaseException:
            self._record_what_is_found(stage)
            raise
        refused = []
        for operation, refusal in zip(stage, answers):
            if refusal is None:
                self._record(operation)
            else:
                refused.append((operation, refusal))
                if operation.verb == "change" and not refusal.stale:
                    self._original.setdefault(operation.subject.key, operation.before)
        return refused

    def undo(self) -> Tuple[List[str], List[str]]:
        """Take everything back, newest first; return (undone, not undone) as lines.

        Then read again: an entry that still differs from what was found at first (a refused
        change can leave one half changed) is set back too.
        """
        steps = [operation.inverse() for operation in reversed(self._done)]
        self._done = []
        try:
            undone, kept = self._take_back(steps)
            more_undone, more_kept = self._take_back(self._remaining(kept))
        except (EdgeError, OSError) as error:
            return [], ["%s: %s" % (operation, error) for operation in steps]
        return undone + more_undone, list(kept.values()) + list(more_kept.values())

    def _record(self, operation: Operation[R]) -> None:
        self._done.append(operation)
        self._original.setdefault(operation.subject.key, operation.before)

    def _take_back(self, steps: List[Operation[R]]) -> Tuple[List[str], Dict[Key, str]]:
        undone: List[str] = []
        kept: Dict[Key, str] = {}
        if not steps:
            return undone, kept
        for operation, refusal in zip(steps, self._driver.apply(steps)):
            gone_already = refusal is not None and refusal.stale and operation.after is None
            if refusal is None or gone_already:
                undone.append(str(operation))
            else:
                kept[operation.subject.key] = "%s: %s" % (operation, refusal.reason)
        return undone, kept

    def _remaining(self, kept: Dict[Key, str]) -> List[Operation[R]]:
        present = self._driver.read()
        return [
            Operation(present.get(key), original)
            for key, original in self._original.items()
            if key not in kept and present.get(key) != original
        ]

    def _record_what_is_found(self, stage: Sequence[Operation[R]]) -> None:
        present = self._driver.read()
        for operation in stage:
            key = operation.subject.key
            found = present.get(key)
            if found == operation.after:
                self._record(operation)
            elif operation.verb == "change" and found != operation.before:
                self._original.setdefault(key, operation.before)
