# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What was done, so that it can be taken back in reverse."""

from __future__ import annotations

from typing import Generic, List, Sequence, Tuple

from .resource import Driver, Operation, R


class Journal(Generic[R]):
    """The operations a driver accepted, in order."""

    def __init__(self, driver: Driver[R]) -> None:
        self._driver = driver
        self._done: List[Operation[R]] = []

    def apply(self, stage: Sequence[Operation[R]]) -> List[Tuple[Operation[R], str, bool]]:
        """Do one stage; return the refused operations with reason and whether a re-read helps.

        When the driver breaks down in the middle (an exception instead of answers), what took
        effect is found by reading again, journalled, and the exception goes on.
        """
        try:
            answers = self._driver.apply(stage)
        except BaseException:
            self._done.extend(self._found_done(stage))
            raise
        refused = []
        for operation, refusal in zip(stage, answers):
            if refusal is None:
                self._done.append(operation)
            else:
                refused.append((operation, refusal.reason, refusal.stale))
        return refused

    def undo(self) -> Tuple[List[str], List[str]]:
        """Take everything back, newest first; return (undone, not undone) as lines."""
        steps = [operation.inverse() for operation in reversed(self._done)]
        self._done = []
        if not steps:
            return [], []
        try:
            answers = self._driver.apply(steps)
        except Exception as error:
            return [], ["%s: %s" % (operation, error) for operation in steps]
        undone, kept = [], []
        for operation, refusal in zip(steps, answers):
            gone_already = refusal is not None and refusal.stale and operation.after is None
            if refusal is None or gone_already:
                undone.append(str(operation))
            else:
                kept.append("%s: %s" % (operation, refusal.reason))
        return undone, kept

    def _found_done(self, stage: Sequence[Operation[R]]) -> List[Operation[R]]:
        present = self._driver.read()
        return [
            operation
            for operation in stage
            if present.get(operation.subject.key) == operation.after
        ]
