# Copyright: (c) 2026, The sluice.edge authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ending in good order: a signal becomes an error, so that what was begun is undone."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from types import FrameType
from typing import Iterator, Optional

from .._converge.errors import EdgeError

SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT)


class Terminated(EdgeError):
    """A signal asked the process to end."""


@contextmanager
def termination_as_error() -> Iterator[None]:
    """Raise Terminated in the body when SIGTERM, SIGHUP or SIGINT arrives.

    Only the first signal does: the undoing that follows is not to be cut short by the next.
    """
    before = {number: signal.signal(number, _raise) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def termination_deferred() -> Iterator[None]:
    """Have the signals wait until the body is done: for what cannot be left in the middle."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _raise(number: int, _frame: Optional[FrameType]) -> None:
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    raise Terminated("the task was ended by %s" % signal.Signals(number).name)
