# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The log files that are in use: put aside when they are due, opened anew when they were."""

from __future__ import annotations

import logging
from collections.abc import Callable

from ..observe.error_log import ErrorLog
from ..snapshot.observing import Logs
from .rotation import RotatedLog

_log = logging.getLogger("sluice_proxy.supervisor")


class LogFiles:
    """The logs of a snapshot; ``reopen_others`` has the workers open theirs anew."""

    def __init__(self, reopen_others: Callable[[], None]) -> None:
        self._reopen_others = reopen_others
        self._error_log: ErrorLog | None = None
        self._files: tuple[RotatedLog, ...] = ()
        self._trouble: dict[RotatedLog, str] = {}

    def use(self, error_log: ErrorLog, logs: Logs) -> None:
        """Write to ``error_log`` from now on, and look after all files of ``logs``."""
        error_log.use()
        self._error_log = error_log
        self._files = (RotatedLog(logs.access), RotatedLog(logs.error))

    async def look(self) -> None:
        """Put aside what is due."""
        # Each is looked at, whatever became of the one before it.
        to_be_opened = [log for log in self._files if self._is_to_be_opened_anew(log)]
        if to_be_opened:
            self.reopen()

    def reopen(self) -> None:
        """Have all processes open the files anew."""
        if self._error_log is not None:
            self._error_log.reopen()
        self._reopen_others()

    def _is_to_be_opened_anew(self, log: RotatedLog) -> bool:
        try:
            anew = log.look()
        except OSError as error:
            said = str(error) or type(error).__name__
            if self._trouble.get(log) != said:
                _log.error("a log cannot be put aside: %s", said)
            self._trouble = {**self._trouble, log: said}
            return False
        self._trouble.pop(log, None)
        return anew
